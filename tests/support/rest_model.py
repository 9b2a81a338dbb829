"""Small OpenAPI documents as models, without files: for the tests of what is inferred of an API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.project.integrations import LambdaProxy
from homeport.project.model import ANY_METHOD, Api, Operation, Parameter, RequestBody, Security, Source
from homeport.project.schema.references import resolve_map

METHODS = ("get", "post", "put", "patch", "delete", ANY_METHOD)
TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}


def api_of(document: Mapping[str, Any]) -> Api:
    """Return the API of a document; each operation has a function of its own name."""
    operations = []
    for path, item in document["paths"].items():
        for method in (key for key in METHODS if key in item):
            operations.append(_operation(path, method, item, document))
    return Api("Test", "1", tuple(operations), {}, document=document)


def _operation(path: str, method: str, item: Mapping[str, Any], document: Mapping[str, Any]) -> Operation:
    node = item[method]
    upper = "ANY" if method == ANY_METHOD else method.upper()
    parameters = [resolve_map(one, document) for one in (*item.get("parameters", ()), *node.get("parameters", ()))]
    content = node.get("requestBody", {}).get("content", {})
    return Operation(
        id=node.get("operationId") or f"{upper} {path}",
        method=upper,
        path=path,
        integration=LambdaProxy("function"),
        source=Source("openapi.yaml", 1),
        parameters=tuple(
            Parameter(
                one["name"], cast(Any, one["in"]), bool(one.get("required")), resolve_map(one["schema"], document)
            )
            for one in parameters
        ),
        body=RequestBody(True, {kind: resolve_map(one["schema"], document) for kind, one in content.items()})
        if content
        else None,
        security=tuple(Security(name) for one in node.get("security", ()) for name in one),
        responses={status: resolve_map(one, document) for status, one in node.get("responses", {}).items()},
    )


def model_of(paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> ApiModel:
    """Return the model of paths and component schemas."""
    return infer_model(api_of({"paths": paths, "components": {"schemas": schemas or {}}}))


def resource_of(paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None, name: str = "") -> Resource:
    """Return the resource of a model, the only one or the one of a name."""
    resources = model_of(paths, schemas).resources
    found = [one for one in resources if one.name == name or not name]
    assert len(found) == 1, [one.name for one in resources]
    return found[0]


def answers(schema: Any = None, status: str = "200", **headers: Any) -> dict[str, Any]:
    """Return an operation that answers with JSON of a schema, None: without a body."""
    response: dict[str, Any] = {"description": "."}
    if schema is not None:
        response["content"] = {"application/json": {"schema": schema}}
    if headers:
        response["headers"] = {name: {"schema": TEXT} for name in headers}
    return {"responses": {status: response}}


def takes(body: Any, operation: dict[str, Any]) -> dict[str, Any]:
    """Return an operation with a JSON body."""
    return {**operation, "requestBody": {"content": {"application/json": {"schema": body}}}}


def asks(operation: dict[str, Any], place: str = "query", **schemas: Any) -> dict[str, Any]:
    """Return an operation with parameters, required where the schema says ``x-required``."""
    made = [
        {"name": name, "in": place, "schema": schema, "required": bool(schema.get("x-required"))}
        for name, schema in schemas.items()
    ]
    return {**operation, "parameters": [*operation.get("parameters", ()), *made]}


def objects(*required: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object."""
    return {"type": "object", "properties": properties, "required": list(required)}


def arrays(items: Any, **more: Any) -> dict[str, Any]:
    """Return the schema of an array."""
    return {"type": "array", "items": items, **more}
