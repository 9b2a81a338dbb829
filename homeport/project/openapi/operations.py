"""Parameters, request body and responses of an operation.

The reference at the top of a schema is resolved, those inside are left in place: a schema may refer to itself.

``paths``: every method of every path as an Operation, and the handler that serves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from homeport.project.model import ANY_METHOD, Operation, Parameter, RequestBody, RequestValidator, Schema
from homeport.project.names import camel_case, snake_case
from homeport.project.openapi.extensions import METHODS, X_HOMEPORT
from homeport.project.openapi.functions import Handler, Handlers, OperationSource
from homeport.project.openapi.gateway import VALIDATOR, chosen_validator
from homeport.project.openapi.integrations import INTEGRATION, read_integration
from homeport.project.openapi.security import Flavor, Schemes, function_in, read_requirements, refuse_iam
from homeport.project.openapi.x_homeport import XHomeport, read_x_homeport
from homeport.project.source.cursor import Cursor

PLACES = ("path", "query", "header", "cookie")

_OPERATION_ID = r"[A-Za-z][A-Za-z0-9_.-]*"


def read_parameters(item: Cursor, operation: Cursor) -> tuple[Parameter, ...]:
    """Read the parameters of the path and the operation, whose own win where name and place are the same."""
    merged = {**_parameters_of(item), **_parameters_of(operation)}
    return tuple(merged.values())


def _parameters_of(cursor: Cursor) -> dict[tuple[str, str], Parameter]:
    found: dict[tuple[str, str], Parameter] = {}
    for entry in cursor.list("parameters"):
        target = entry.target_map()
        parameter = _parameter(target) if target is not None else None
        if target is None or parameter is None:
            continue
        # Header names have no case.
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        if (name, parameter.place) in found:
            target.error(f"the {parameter.place} parameter {parameter.name!r} is declared twice", "remove one of them")
        found[name, parameter.place] = parameter
    return found


def _parameter(cursor: Cursor) -> Parameter | None:
    name, place = cursor.text("name"), cursor.choice("in", PLACES, "")
    for key in ("name", "in"):
        if not cursor.has(key):
            cursor.error(f"a parameter needs {key!r}", "write for example {name: limit, in: query}")
    if not name or not place:
        return None
    return Parameter(
        name,
        cast(Literal["path", "query", "header", "cookie"], place),
        cursor.flag("required"),
        _parameter_schema(cursor),
        style=cursor.text("style"),
        explode=cursor.flag("explode") if cursor.has("explode") else None,
        media_type=next((media_type for media_type, _ in cursor.map("content").items()), ""),
    )


def _parameter_schema(cursor: Cursor) -> Schema:
    if not cursor.has("content"):
        return read_schema(cursor.at("schema"))
    media_types = [media for _, media in cursor.map("content").items() if media.is_a(dict, "a map")]
    return read_schema(media_types[0].at("schema")) if media_types else {}


def read_schema(cursor: Cursor) -> Schema:
    """Read a schema, the reference at its top resolved; ``{}`` if there is none."""
    schema = cursor.target_map("a schema, a map") if cursor.value is not None else None
    return cast(Schema, schema.value) if schema is not None else {}


def read_body(cursor: Cursor) -> RequestBody | None:
    """Read the operation's request body; None if it takes none."""
    body = cursor.at("requestBody").target_map() if cursor.has("requestBody") else None
    if body is None:
        return None
    content = {
        media_type: read_schema(media.at("schema"))
        for media_type, media in body.map("content").items()
        if media.is_a(dict, "a map")
    }
    return RequestBody(body.flag("required"), content)


def read_responses(cursor: Cursor) -> dict[str, Any]:
    """Read the operation's responses by status."""
    responses = {}
    for status, entry in cursor.map("responses").items():
        if status.startswith("x-"):
            continue
        response = entry.target_map("a response, a map")
        if response is not None:
            responses[status] = response.value
    return responses


class OperationReader:
    """Reads the operations of one document, and remembers their ids to find duplicates."""

    def __init__(
        self,
        root: Cursor,
        flavor: Flavor,
        handlers: Handlers,
        schemes: Schemes,
        validators: Mapping[str, RequestValidator],
    ) -> None:
        self.root = root
        self.flavor = flavor
        self.handlers = handlers
        self.schemes = schemes
        self.validators = validators
        self.served: dict[str, OperationSource] = {}
        """The operations that functions serve, by operation id; complete once ``read`` has ended."""
        self._ids: dict[str, tuple[str, int]] = {}

    def read(self) -> Iterator[Operation]:
        """Yield the operations in the document's order."""
        for path, entry in self.root.map("paths").items():
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                entry.error(f"the path {path!r} does not start with /", f"write /{path}")
                continue
            item = entry.target_map("a map from methods to operations")
            if item is not None:
                yield from self._of_path(path, item)

    def _of_path(self, path: str, item: Cursor) -> Iterator[Operation]:
        for key in item.value:
            if key in METHODS or key == ANY_METHOD:
                cursor = item.at(key)
                if cursor.is_a(dict, "an operation, a map"):
                    yield from self._operation(path, "ANY" if key == ANY_METHOD else key.upper(), item, cursor)

    def _operation(self, path: str, method: str, item: Cursor, cursor: Cursor) -> Iterator[Operation]:
        x_homeport = read_x_homeport(cursor.at(X_HOMEPORT), operation=True)
        name = self._id(path, method, cursor, x_homeport)
        integration = read_integration(cursor, self.flavor, lambda: self._function(name, cursor, x_homeport))
        if name is None or integration is None:
            return
        refuse_iam(cursor)
        secured = cursor if cursor.has("security") else self.root
        security, api_key_required = read_requirements(secured.at("security"), self.schemes)
        served = self.served.get(name)
        yield Operation(
            id=name,
            method=method,
            path=path,
            integration=integration,
            source=cursor.source,
            parameters=read_parameters(item, cursor),
            body=read_body(cursor),
            responses=read_responses(cursor),
            security=security,
            api_key_required=api_key_required,
            validator=self._validator(cursor),
            throttle=x_homeport.throttle,
            summary=cursor.text("summary"),
            handler=served.handler.setting if served is not None else "",
            named=cursor.has("operationId"),
        )

    def _function(self, name: str | None, cursor: Cursor, x_homeport: XHomeport) -> str | None:
        """Return the name of the function that serves the operation, None after an error."""
        handler = self._handler(name, cursor, x_homeport)
        if name is None or handler is None:
            return None
        self.served[name] = OperationSource(name, cursor, x_homeport, handler)
        return self.served[name].function

    def _id(self, path: str, method: str, cursor: Cursor, x_homeport: XHomeport) -> str | None:
        at = cursor.at("operationId")
        if at.value is None:
            return self._default_id(path, method, cursor, x_homeport)
        if not at.is_a(str, "text"):
            return None
        name = cast(str, at.value)
        if not re.fullmatch(_OPERATION_ID, name):
            at.error(f"the operationId {name!r} can't name a handler", "use letters, digits and _, a letter first")
            return None
        taken = self._ids.get(snake_case(name))
        if taken is None:
            self._ids[snake_case(name)] = (name, at.line)
            return name
        other, line = taken
        if other == name:
            at.error(f"the operationId {name!r} is taken (line {line})", "give each operation its own")
        else:
            file = f"{snake_case(name)}.py"
            at.error(f"the operationIds {name!r} and {other!r} (line {line}) both name {file}", "rename one of them")
        return None

    def _default_id(self, path: str, method: str, cursor: Cursor, x_homeport: XHomeport) -> str | None:
        if x_homeport.handler is None and self._function_name(cursor) is None:
            cursor.error(
                f"{method} {path} has no operationId, which names its handler",
                "add one such as operationId: listItems, or x-homeport: {handler: …}",
            )
            return None
        base = "default" if path == "/$default" else camel_case(f"{method} {path}")
        name, number = base, 2
        while snake_case(name) in self._ids:
            name, number = f"{base}{number}", number + 1
        self._ids[snake_case(name)] = (name, cursor.line)
        return name

    def _handler(self, name: str | None, cursor: Cursor, x_homeport: XHomeport) -> Handler | None:
        if x_homeport.handler is not None:
            return self.handlers.by_setting(x_homeport.handler)
        if not cursor.has("operationId"):
            function = self._function_name(cursor)
            return self.handlers.by_name(function, cursor.at(INTEGRATION)) if function is not None else None
        return self.handlers.by_name(name, cursor.at("operationId")) if name is not None else None

    @staticmethod
    def _function_name(cursor: Cursor) -> str | None:
        """Return the name of the function in the integration's ``uri``."""
        integration = cursor.at(INTEGRATION)
        resolved = integration.resolve() if integration.value is not None else None
        return function_in(resolved.at("uri")) if resolved is not None else None

    def _validator(self, cursor: Cursor) -> RequestValidator | None:
        # HTTP APIs validate nothing: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
        if self.flavor == "http":
            return None
        return chosen_validator(cursor if cursor.has(VALIDATOR) else self.root, self.validators)
