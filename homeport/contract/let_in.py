"""Gives each generated request the credentials that its operation asks for. Hooks of schemathesis."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, HookContext

from homeport.contract.credentials import VARIABLE

Credentials = Mapping[str, Mapping[str, str]]


class LetIn:
    """What the project's schemathesis.toml says of an operation's security schemes comes first."""

    def get(self, case: Case[Any], context: AuthContext) -> list[Mapping[str, str]] | None:
        """What to send, None if there is nothing to."""
        schema = case.operation.schema
        if schema.apply_auth(case, context):
            return None
        asked = case.operation.definition.raw.get("security", schema.raw_schema.get("security", []))
        return wanted(asked, _known()) or None

    def set(self, case: Case[Any], data: list[Mapping[str, str]], context: AuthContext) -> None:
        """Put them into the request."""
        for one in data:
            container = case.query if one["place"] == "query" else case.headers
            container[one["name"]] = one["value"]


@schemathesis.hook
def after_load_schema(context: HookContext, schema: Any) -> None:
    """Use it where there is anything to give. Without an interval nothing is kept from one operation to the next."""
    if _known():
        schema.auth(refresh_interval=None)(LetIn)


def wanted(asked: Sequence[Mapping[str, Any]], known: Credentials) -> list[Mapping[str, str]]:
    """The credentials of the first way in that can be satisfied whole, none if there is none."""
    for way in asked:
        if way and all(name in known for name in way):
            return [known[name] for name in way]
    return []


def _known() -> Credentials:
    known: Credentials = json.loads(os.environ.get(VARIABLE, "{}"))
    return known
