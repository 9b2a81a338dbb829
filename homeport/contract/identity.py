"""Gives each generated request the credentials that its operation asks for. Hooks of schemathesis.

With two users, ``object_level_authorization`` asks for what one of them made as the other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, HookContext
from schemathesis.auths import AuthProvider
from schemathesis.wfc.escalation import EscalatingAuthProvider

from homeport.contract.credentials import VARIABLE, Credentials, from_json

_TOKENS = ("oauth2", "openIdConnect")


class User:
    """What the project's schemathesis.toml says of an operation's security schemes comes first."""

    def __init__(self, by_operation: Mapping[str, Credentials]) -> None:
        self._by_operation = by_operation

    def get(self, case: Case[Any], context: AuthContext) -> Credentials | None:
        """What to send, None if there is nothing to."""
        if case.operation.schema.apply_auth(case, context):
            return None
        return self._by_operation.get(context.operation.label)

    def set(self, case: Case[Any], data: Credentials, context: AuthContext) -> None:
        """Put it into the request."""
        case.headers.update(data.header)
        if data.query:
            case.query = {**(case.query or {}), **data.query}


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Word the schemes of JWT authorizers as the bearer tokens that they are: ``ignored_auth`` checks only those."""
    schemes = (raw_schema.get("components") or {}).get("securitySchemes") or {}
    for name, scheme in schemes.items():
        if isinstance(scheme, dict) and scheme.get("type") in _TOKENS:
            schemes[name] = {"type": "http", "scheme": "bearer"}


@schemathesis.hook
def after_load_schema(context: HookContext, schema: Any) -> None:
    """Have the run's users make its requests."""
    users = from_json(os.environ.get(VARIABLE) or "{}")
    if users:
        names = list(users)
        providers: list[AuthProvider[Credentials]] = [User(by_operation) for by_operation in users.values()]
        peers = tuple(names) if len(names) > 1 else ()
        schema.auth.providers.append(EscalatingAuthProvider(providers, names, peers=peers, pinned=names[0]))
