"""The document that ``/docs`` shows: the contract, with values in each form of "Execute" that can be sent as they are.

Swagger UI fills in the example of each parameter, of those too that may be left out: an example of a cursor would have
the API refuse the first request. Here only required parameters have one; of others the description says it. Pure.
https://swagger.io/docs/specification/v3_0/adding-examples/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value

Node = Mapping[str, Any]
_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))


def document_to_execute(document: Node) -> dict[str, Any]:
    """Return an OpenAPI document with the parameters of each operation resolved and filled in."""
    paths = document.get("paths")
    if not isinstance(paths, Mapping):
        return dict(document)
    return {**document, "paths": {path: _path(resolve_map(item, document), document) for path, item in paths.items()}}


def _path(item: Node, document: Node) -> dict[str, Any]:
    shared = _by_name(item.get("parameters"), document)
    return {
        name: _operation(value, shared, document) if name in _METHODS and isinstance(value, Mapping) else value
        for name, value in item.items()
        if name != "parameters"
    }


def _operation(operation: Node, shared: dict[tuple[str, str], Node], document: Node) -> dict[str, Any]:
    found = {**shared, **_by_name(operation.get("parameters"), document)}
    parameters = [_parameter(each, document) for each in found.values()]
    return {**operation, "parameters": parameters} if parameters else dict(operation)


def _by_name(parameters: Any, document: Node) -> dict[tuple[str, str], Node]:
    resolved = [resolve_map(each, document) for each in parameters or ()]
    return {(str(each.get("in")), str(each.get("name"))): each for each in resolved}


def _parameter(parameter: Node, document: Node) -> dict[str, Any]:
    schema = dict(resolve_map(parameter.get("schema"), document))
    example = _example(parameter, schema, document)
    rest = {name: value for name, value in parameter.items() if name not in ("example", "examples")}
    if "schema" in rest:
        rest["schema"] = {name: value for name, value in schema.items() if name not in ("example", "examples")}
    if example is None or "content" in parameter:
        return dict(parameter)
    if parameter.get("required"):
        return {**rest, "example": example}
    text = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
    about = str(parameter.get("description", "")).rstrip()
    return {**rest, "description": f"{about} For example: `{text}`".strip()}


def _example(parameter: Node, schema: Node, document: Node) -> Any:
    if "example" in parameter:
        return parameter["example"]
    examples = parameter.get("examples")
    for each in examples.values() if isinstance(examples, Mapping) else ():
        value = resolve_map(each, document)
        if "value" in value:
            return value["value"]
    return sample_value(schema, document, direction="request") if parameter.get("required") else schema.get("example")
