"""Gives each generated request the credentials that its operation asks for. Hooks of schemathesis.

With two users, ``object_level_authorization`` asks for what one of them made as the other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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
    bearer = {name for name, one in schemes.items() if isinstance(one, dict) and one.get("type") in _TOKENS}
    schemes.update({name: {"type": "http", "scheme": "bearer"} for name in bearer})
    for item in (raw_schema.get("paths") or {}).values():
        for operation in item.values() if isinstance(item, dict) else ():
            if isinstance(operation, dict) and bearer & set(_asked(raw_schema, operation)):
                responses = operation.get("responses", {})
                # API Gateway's answer to a token that isn't good has a body without a Content-Type:
                # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
                if "401" in responses:
                    operation["responses"] = {**responses, "401": {"description": "No good token."}}


def _asked(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    for way in operation.get("security", document.get("security")) or ():
        yield from way


@schemathesis.hook
def after_load_schema(context: HookContext, schema: Any) -> None:
    """Have the run's users make its requests."""
    users = from_json(os.environ.get(VARIABLE) or "{}")
    if users:
        names = list(users)
        providers: list[AuthProvider[Credentials]] = [User(by_operation) for by_operation in users.values()]
        peers = tuple(names) if len(names) > 1 else ()
        schema.auth.providers.append(EscalatingAuthProvider(providers, names, peers=peers, pinned=names[0]))
