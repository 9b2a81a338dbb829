"""API Gateway's own routes in OpenAPI's words, so that schemathesis calls them too. Hooks of schemathesis.

OpenAPI has no word for a route that takes every method, or for a variable that takes the rest of the path.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-any-method.html

Checks that schemathesis has not: it loads this module as its hooks.

https://schemathesis.readthedocs.io/en/stable/guides/extending/
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis import HookContext
from schemathesis.checks import CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.meta import CoveragePhaseData, CoverageScenario

from homeport.contract.fuzz import guard, identity
from homeport.contract.fuzz.labels import ANY_AS
from homeport.contract.fuzz.run import FLAVOR_VARIABLE
from homeport.project.model import ANY_METHOD
from homeport.project.schema.references import resolve_map

_WITHOUT_BODY = ("get", "delete")
_GREEDY = re.compile(r"\{([^{}]+)\+\}")


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Spell out the document that is tested."""
    if isinstance(raw_schema.get("paths"), dict):
        raw_schema["paths"] = spelled_out(raw_schema)


def spelled_out(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document's paths: any method as operations of their own, a greedy variable declared under its whole name.

    The first of the operations keeps the operationId, so links still lead to it.
    """
    return {
        path: _item(document, path, item) if isinstance(item, dict) else item
        for path, item in document["paths"].items()
    }


def _item(document: Mapping[str, Any], path: str, item: Mapping[str, Any]) -> dict[str, Any]:
    any_method = item.get(ANY_METHOD)
    free = [method for method in ANY_AS if method not in item] if isinstance(any_method, dict) else []
    made = {method: _operation(any_method, method, first=method == free[0]) for method in free}
    whole = {**item, **made}
    names = _GREEDY.findall(path)
    return {key: _declared(document, key, value, names) for key, value in whole.items()} if names else whole


def _operation(any_method: Any, method: str, *, first: bool) -> dict[str, Any]:
    operation = dict(any_method)
    if not first and "operationId" in operation:
        operation["operationId"] = f"{operation['operationId']}-{method}"
    if method in _WITHOUT_BODY:
        operation.pop("requestBody", None)
    return operation


def _declared(document: Mapping[str, Any], key: str, value: Any, names: list[str]) -> Any:
    """The path item's entry with its greedy variables declared as the path has them."""
    if key == "parameters" and isinstance(value, list):
        return [_renamed(document, parameter, names) for parameter in value]
    if key not in ANY_AS or not isinstance(value, dict):
        return value
    parameters = [_renamed(document, parameter, names) for parameter in value.get("parameters", [])]
    declared = {parameter.get("name") for parameter in parameters}
    schema = {"type": "string", "minLength": 1}
    parameters += [
        {"name": f"{name}+", "in": "path", "required": True, "schema": schema}
        for name in names
        if f"{name}+" not in declared
    ]
    return {**value, "parameters": parameters}


def _renamed(document: Mapping[str, Any], parameter: Any, names: list[str]) -> dict[str, Any]:
    plain: dict[str, Any] = dict(resolve_map(parameter, document))
    greedy = plain.get("in") == "path" and plain.get("name") in names
    return {**plain, "name": f"{plain['name']}+"} if greedy else dict(parameter)


# Their hooks are there once they are loaded.
__all__ = ["guard", "identity"]

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
