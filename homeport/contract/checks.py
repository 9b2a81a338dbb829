"""Checks that schemathesis has not: it loads this module as its hooks.

https://schemathesis.readthedocs.io/en/stable/guides/extending/
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario

from homeport.contract import any_method, guard, identity
from homeport.contract.any_method import ANY_METHOD
from homeport.contract.fuzz import FLAVOR_VARIABLE

# Their hooks are there once they are loaded.
__all__ = ["any_method", "guard", "identity"]

# What API Gateway says of a method that a path has not. It never says 405.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_REFUSALS = {"http": (404,), "rest": (403,)}


class UndeclaredMethodAnswered(Failure):
    """A route answers a method that the spec does not give it."""

    __slots__ = ()


@schemathesis.check
def undeclared_method(ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
    """A method that is not in the spec is refused as API Gateway refuses it: 404 by an HTTP API, 403 by a REST API."""
    data = case.meta.phase.data if case.meta else None
    if not isinstance(data, CoveragePhaseData) or data.scenario != CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        return None
    method = response.request.method or ""
    expected = _REFUSALS.get(os.environ.get(FLAVOR_VARIABLE, ""), (403, 404))
    if method == "OPTIONS" or response.status_code in {*expected, 429}:
        return None
    if is_routed(case.operation.schema.raw_schema.get("paths", {}), method, case.formatted_path):
        return None
    wanted = " or ".join(map(str, expected))
    raise UndeclaredMethodAnswered(
        operation=case.operation.label,
        title="Undeclared method answered",
        message=f"{method} is not declared for this path, but got {response.status_code} instead of {wanted}.\n\n"
        "Declare it in openapi.yaml, or let no route answer it",
    )


def is_routed(paths: Mapping[str, Any], method: str, path: str) -> bool:
    """Whether some path of the spec, a template or a greedy one, takes ``method`` for a ``path`` without a query."""
    return any(
        bool({method.lower(), ANY_METHOD} & set(item)) and (template == "/$default" or _matches(template, path))
        for template, item in paths.items()
    )


def _matches(template: str, path: str) -> bool:
    parts = re.split(r"(\{[^}]+\})", template)
    pattern = "".join(
        re.escape(part) if not part.startswith("{") else "(?s:.+)" if part.endswith("+}") else "[^/]+" for part in parts
    )
    return re.fullmatch(pattern, path) is not None
