"""Ids that the kit gives to resources, in place of random ones.

CloudFormation's ``Ref`` of a user pool, an app client, a key or a secret has an id of AWS's choice. The project's model
has chosen one that is the same at every start, and functions have it in their variables. A request of the kit that
makes the resource names the id in a header.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

HEADER = "x-homeport-ids"
_PATCHES = {
    "cognito-idp": ("cognito", {"_pool_id": "UserPoolId", "_client_id": "ClientId", "_client_secret": "ClientSecret"}),
    "kms": ("kms", {"new_uuid": "KeyId"}),
    "secretsmanager": ("secretsmanager", {"new_uuid": "Suffix"}),
}
"""The functions of ministack's modules that make an id, by service, each with its name in the header."""


class GivenIds:
    """The ids that the current request gives."""

    def __init__(self) -> None:
        self._given: ContextVar[dict[str, str] | None] = ContextVar("given_ids", default=None)
        self._patched: set[str] = set()

    def take_from(self, headers: Mapping[str, str], service: str) -> None:
        """Read the ids that a request gives; each is used once, by the first resource that needs one."""
        if HEADER not in headers or service not in _PATCHES:
            return
        name, functions = _PATCHES[service]
        if name not in self._patched:
            self._patched.add(name)
            module = importlib.import_module(f"ministack.services.{name}")
            for function, kind in functions.items():
                setattr(module, function, self._giving(kind, getattr(module, function)))
        self._given.set(json.loads(headers[HEADER]))

    def _giving(self, kind: str, make: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: (self._given.get() or {}).pop(kind, None) or make()
