"""Operations as schemathesis sees them: their labels, and API Gateway's own kinds of routes in OpenAPI's terms. Pure.

OpenAPI has no notation for a route that takes every method, or for a variable that takes the rest of the path.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-any-method.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from homeport.contract.signing import caller_keys
from homeport.dynamodb.embedded import READ_ACTIONS
from homeport.http_client import is_local
from homeport.project.integrations import FailingIntegration
from homeport.project.integrations.http_api import HttpApiProxy
from homeport.project.integrations.rest_api import HttpCustom, HttpProxy
from homeport.project.model import ANY_METHOD, Api, Function, Operation
from homeport.project.project import Project
from homeport.project.schema.references import resolve_map

# A route of any method is tested with these. HEAD has no body to check, and OPTIONS may be CORS's.
_TESTED_METHODS = ("get", "post", "put", "patch", "delete")
_WITHOUT_BODY = ("get", "delete")
_UNSIGNED = {
    True: "it takes signed requests alone (AWS_IAM), and no caller of iam.callers in deploy/stages.yaml may call it",
    False: "it takes signed requests alone (AWS_IAM), and the run has no keys for this URL",
}
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_GREEDY = re.compile(r"\{([^{}]+)\+\}")


def labels(operation: Operation) -> tuple[str, ...]:
    """Return schemathesis' names for an operation, ``GET /items/{itemId}``.

    A route of any method has several; the spec may give some of those methods to other operations.
    """
    methods = [method.upper() for method in _TESTED_METHODS] if operation.method == "ANY" else [operation.method]
    return tuple(f"{method} {operation.path}" for method in methods)


def collection_writes(api: Api) -> tuple[str, ...]:
    """Return the labels of operations that change resources whose owner no id in the path tells.

    A POST that creates nothing may be one of them, unless its function may only read.
    """
    found = (label for operation in api.operations for label in labels(operation) if _is_shared(api, operation, label))
    return tuple(dict.fromkeys(found))


def operations_without_answer(project: Project, *, is_own_stack: bool) -> dict[str, str]:
    """Return the labels of operations that are not called, each with the reason.

    They can't answer here, or what answers is not on this machine. In a stack of the run's own, ``is_own_stack``, the
    run has the keys of the stage's callers, and no guard protects the data of others.
    """
    found: dict[str, str] = {}
    for operation in project.api.operations:
        failing = operation.integration.reason if isinstance(operation.integration, FailingIntegration) else ""
        can_sign = not operation.iam or (is_own_stack and bool(caller_keys(project, operation)))
        unsigned = "" if can_sign else _UNSIGNED[is_own_stack]
        reason = operation.denied or unsigned or failing or (_elsewhere(project, operation) if is_own_stack else "")
        found.update(dict.fromkeys(labels(operation), reason) if reason else {})
    return found


def _elsewhere(project: Project, operation: Operation) -> str:
    """Return the reason why a backend is left alone, ``""`` for one on this machine."""
    integration = operation.integration
    if not isinstance(integration, HttpCustom | HttpProxy | HttpApiProxy):
        return ""
    variables = project.stage.variables
    uri = _STAGE_VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), integration.uri)
    backend = uri if "://" in uri else f"http://{uri}"
    host = urlsplit(backend).hostname or "its backend"
    return "" if is_local(backend) else f"{host} answers it, which is not on this machine: data of others may be there"


def undescribed_operations(api: Api) -> tuple[str, ...]:
    """Return the labels of operations that describe no response but any: nothing says which requests they accept."""
    silent = (operation for operation in api.operations if set(operation.responses) <= {"default"})
    return tuple(dict.fromkeys(label for operation in silent for label in labels(operation)))


def _is_shared(api: Api, operation: Operation, label: str) -> bool:
    if "{" in operation.path:
        return False
    if label.startswith("POST "):
        writes = operation.function is None or _may_write(api.functions[operation.function])
        return writes and not {"201", "2XX"} & set(operation.responses)
    return label.startswith(("DELETE ", "PATCH ", "PUT "))


def _may_write(function: Function) -> bool:
    actions = {action for allowed in function.access.values() for action in allowed}
    return bool(function.policies or actions - READ_ACTIONS)


def expand_paths(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document's paths with a route of any method as operations, and greedy variables declared as ``name+``.

    The first of a route's operations keeps the operationId, so that links still lead to it.
    """
    return {
        path: _expand_item(document, path, item) if isinstance(item, dict) else item
        for path, item in document["paths"].items()
    }


def _expand_item(document: Mapping[str, Any], path: str, item: Mapping[str, Any]) -> dict[str, Any]:
    any_method = item.get(ANY_METHOD)
    free = [method for method in _TESTED_METHODS if method not in item] if isinstance(any_method, dict) else []
    made = {method: _operation_of_any(any_method, method, first=method == free[0]) for method in free}
    whole = {**item, **made}
    names = _GREEDY.findall(path)
    return {key: _declare_greedy(document, key, value, names) for key, value in whole.items()} if names else whole


def _operation_of_any(any_method: Any, method: str, *, first: bool) -> dict[str, Any]:
    operation = dict(any_method)
    if not first and "operationId" in operation:
        operation["operationId"] = f"{operation['operationId']}-{method}"
    if method in _WITHOUT_BODY:
        operation.pop("requestBody", None)
    return operation


def _declare_greedy(document: Mapping[str, Any], key: str, value: Any, names: list[str]) -> Any:
    """Return an entry of a path item with its greedy variables declared as the path has them."""
    if key == "parameters" and isinstance(value, list):
        return [_rename_greedy(document, parameter, names) for parameter in value]
    if key not in _TESTED_METHODS or not isinstance(value, dict):
        return value
    parameters = [_rename_greedy(document, parameter, names) for parameter in value.get("parameters", [])]
    declared = {parameter.get("name") for parameter in parameters}
    schema = {"type": "string", "minLength": 1}
    parameters += [
        {"name": f"{name}+", "in": "path", "required": True, "schema": schema}
        for name in names
        if f"{name}+" not in declared
    ]
    return {**value, "parameters": parameters}


def _rename_greedy(document: Mapping[str, Any], parameter: Any, names: list[str]) -> dict[str, Any]:
    plain: dict[str, Any] = dict(resolve_map(parameter, document))
    greedy = plain.get("in") == "path" and plain.get("name") in names
    return {**plain, "name": f"{plain['name']}+"} if greedy else dict(parameter)


def is_routed(paths: Mapping[str, Any], method: str, path: str) -> bool:
    """Return whether some path of the spec, a template or a greedy one, takes ``method`` for a ``path``."""
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
