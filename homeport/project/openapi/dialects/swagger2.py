"""OpenAPI 2.0 (Swagger), which REST APIs are often written in, as OpenAPI 3.0. Every value keeps its line.

``host``, ``schemes`` and ``basePath`` mean nothing to API Gateway's import by default, and are left out.
https://swagger.io/specification/v2/
https://docs.aws.amazon.com/apigateway/latest/developerguide/import-export-api-endpoints.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from homeport.project.model import ANY_METHOD
from homeport.project.openapi.extensions import METHODS
from homeport.project.schema.references import pointer_keys
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document

OPENAPI = "3.0.1"
"""The version in which API Gateway exports."""

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_FORMS = (_FORM, _MULTIPART)

_IN_SCHEMA = (
    *("type", "format", "items", "default", "enum", "pattern", "multipleOf", "minimum", "maximum", "minLength"),
    *("maxLength", "minItems", "maxItems", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems", "x-nullable"),
)
_IN_COMPONENTS = frozenset(("definitions", "parameters", "responses", "securityDefinitions"))
_MOVED = _IN_COMPONENTS | {"swagger", "host", "basePath", "schemes", "consumes", "produces", "paths", "components"}
_VALUES = frozenset(("default", "enum", "example", "examples"))
_NAMES = frozenset(("properties", "definitions", "patternProperties"))
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited"}
_PLACES = {"definitions": "schemas", "responses": "responses"}
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


def openapi_of_swagger(root: Cursor) -> Document:
    """Return a document of OpenAPI 2.0 as one of OpenAPI 3.0."""
    return DocumentBuilder().document(_Conversion(root).document(), root)


class _MediaTypes(NamedTuple):
    """The media types of an operation's bodies."""

    consumes: tuple[str, ...]
    produces: tuple[str, ...]


class _Conversion:
    """The conversion of one document. Its methods return content for a ``DocumentBuilder``."""

    def __init__(self, root: Cursor) -> None:
        self.root = root

    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = {"openapi": Placed(OPENAPI, self.root.at("swagger"))}
        made |= {key: child for key, child in self.root.items() if key not in _MOVED}
        types = _media_types(self.root, _MediaTypes((_JSON,), (_JSON,)))
        if self.root.has("paths"):
            paths = self.root.map("paths")
            made["paths"] = Placed({path: self._path(item, types) for path, item in paths.items()}, paths)
        components = dict(self._components(types))
        if components:
            made["components"] = components
        return made

    def _components(self, types: _MediaTypes) -> Iterator[tuple[str, Placed]]:
        schemas = self.root.map("definitions")
        if schemas.value:
            yield "schemas", Placed({name: self.schema(child) for name, child in schemas.items()}, schemas)
        parameters = self.root.map("parameters")
        plain = {name: self._parameter(child) for name, child in parameters.items() if _is_plain(child)}
        if plain:
            yield "parameters", Placed(plain, parameters)
        bodies = {
            name: self._body(child, types.consumes)
            for name, child in parameters.items()
            if child.at("in").value == "body"
        }
        if bodies:
            yield "requestBodies", Placed(bodies, parameters)
        responses = self.root.map("responses")
        if responses.value:
            yield (
                "responses",
                Placed({name: self._response(it, types, name) for name, it in responses.items()}, responses),
            )
        schemes = self.root.map("securityDefinitions")
        if schemes.value:
            yield "securitySchemes", Placed({name: _security_scheme(it) for name, it in schemes.items()}, schemes)

    def _path(self, item: Cursor, types: _MediaTypes) -> Any:
        if item.name.startswith("x-") or not isinstance(item.value, dict):
            return item
        shared = list(item.list("parameters"))
        in_body = [each for each in shared if not _is_plain(self._target(each))]
        made: dict[str, Any] = {}
        for key, child in item.items():
            if key == "parameters":
                made[key] = Placed([self._parameter(each) for each in shared if each not in in_body], child)
            elif (key in METHODS or key == ANY_METHOD) and isinstance(child.value, dict):
                made[key] = self._operation(child, in_body, types)
            else:
                made[key] = child
        return Placed(made, item)

    def _operation(self, operation: Cursor, shared_in_body: list[Cursor], above: _MediaTypes) -> Placed:
        types = _media_types(operation, above)
        parameters = list(operation.list("parameters"))
        in_body = [each for each in parameters if not _is_plain(self._target(each))]
        made: dict[str, Any] = {}
        for key, child in operation.items():
            if key == "parameters":
                made[key] = Placed([self._parameter(each) for each in parameters if each not in in_body], child)
            elif key == "responses":
                responses = {status: self._response(each, types, status) for status, each in child.items()}
                made[key] = Placed(responses, child) if isinstance(child.value, dict) else child
            elif key not in ("consumes", "produces", "schemes"):
                made[key] = child
        body = self._request_body(in_body or shared_in_body, types.consumes)
        if body is not None:
            made["requestBody"] = body
        return Placed(made, operation)

    def _request_body(self, parameters: list[Cursor], consumes: tuple[str, ...]) -> Any:
        """Return the body that parameters in ``body`` or ``formData`` describe, None without any."""
        for parameter in parameters:
            target = self._target(parameter)
            if target.at("in").value == "body":
                reference = parameter.at("$ref").value
                if isinstance(reference, str):
                    return Placed({"$ref": f"#/components/requestBodies/{reference.rpartition('/')[2]}"}, parameter)
                return self._body(target, consumes)
        fields = [self._target(parameter) for parameter in parameters]
        return self._form(fields, consumes) if fields else None

    def _body(self, parameter: Cursor, consumes: tuple[str, ...]) -> Placed:
        schema = self.schema(parameter.at("schema")) if parameter.has("schema") else {}
        made = {key: child for key, child in parameter.items() if key in ("description", "required")}
        content = {media_type: {"schema": schema} for media_type in consumes}
        return Placed({**made, "content": content}, parameter)

    def _form(self, fields: list[Cursor], consumes: tuple[str, ...]) -> Placed:
        has_file = any(field.at("type").value == "file" for field in fields)
        usual = (_MULTIPART,) if has_file else (_FORM,)
        media_types = tuple(name for name in consumes if name in _FORMS) or usual
        schema: dict[str, Any] = {"type": "object"}
        schema["properties"] = {str(field.at("name").value): self._schema_of(field) for field in fields}
        required = [str(field.at("name").value) for field in fields if field.at("required").value is True]
        if required:
            schema["required"] = required
        return Placed({"content": {name: {"schema": schema} for name in media_types}}, fields[0])

    def _parameter(self, parameter: Cursor) -> Any:
        if not isinstance(parameter.value, dict):
            return parameter
        if "$ref" in parameter.value:
            return self._reference(parameter)
        moved = (*_IN_SCHEMA, "collectionFormat")
        made: dict[str, Any] = {key: child for key, child in parameter.items() if key not in moved}
        if parameter.at("type").value == "array":
            made |= _array_style(parameter)
        made["schema"] = self._schema_of(parameter)
        return Placed(made, parameter)

    def _schema_of(self, parameter: Cursor) -> Placed:
        """Return the schema of a parameter or header, whose keywords stand beside its name in OpenAPI 2.0."""
        parts = {key: child for key, child in parameter.items() if key in _IN_SCHEMA}
        return self._schema_content(parameter, parts)

    def _response(self, response: Cursor, types: _MediaTypes, status: str) -> Any:
        if not isinstance(response.value, dict) or status.startswith("x-"):
            return response
        if "$ref" in response.value:
            return self._reference(response)
        moved = ("schema", "headers", "examples")
        made: dict[str, Any] = {key: child for key, child in response.items() if key not in moved}
        made.setdefault("description", f"{status} response")
        if response.has("headers"):
            headers = response.map("headers")
            made["headers"] = Placed({name: self._header(header) for name, header in headers.items()}, headers)
        examples = response.map("examples")
        schema = self.schema(response.at("schema")) if response.has("schema") else None
        content: dict[str, Any] = {}
        for media_type in types.produces if schema is not None else examples.value:
            content[media_type] = {} if schema is None else {"schema": schema}
            if examples.has(media_type):
                content[media_type]["example"] = examples.at(media_type)
        if content:
            made["content"] = content
        return Placed(made, response)

    def _header(self, header: Cursor) -> Any:
        if not isinstance(header.value, dict) or "type" not in header.value:
            return header
        made = {key: child for key, child in header.items() if key not in (*_IN_SCHEMA, "collectionFormat")}
        return Placed({**made, "schema": self._schema_of(header)}, header)

    def schema(self, schema: Cursor) -> Any:
        """Return a schema as OpenAPI 3.0 has it."""
        match schema.value:
            case list():
                return Placed([self.schema(entry) for entry in schema.entries()], schema)
            case dict():
                return self._schema_content(schema, dict(schema.items()))
        return schema

    def _schema_content(self, schema: Cursor, parts: Mapping[str, Cursor]) -> Placed:
        made: dict[str, Any] = {}
        for key, child in parts.items():
            if key == "$ref":
                made[key] = self._pointer(child)
            elif key in _NAMES and isinstance(child.value, dict):
                made[key] = Placed({name: self.schema(each) for name, each in child.items()}, child)
            elif key == "x-nullable":
                made["nullable"] = child
            elif key == "discriminator" and isinstance(child.value, str):
                made[key] = Placed({"propertyName": child.value}, child)
            elif key == "type" and child.value == "file":
                made |= {"type": Placed("string", child), "format": Placed("binary", child)}
            else:
                made[key] = child if key in _VALUES or key.startswith("x-") else self.schema(child)
        return Placed(made, schema)

    def _reference(self, cursor: Cursor) -> Placed:
        return Placed({"$ref": self._pointer(cursor.at("$ref"))}, cursor)

    def _pointer(self, cursor: Cursor) -> Any:
        """Return a reference to where its target is in OpenAPI 3.0."""
        if not isinstance(cursor.value, str) or not cursor.value.startswith("#/"):
            return cursor
        first, _, rest = cursor.value.removeprefix("#/").partition("/")
        if first == "parameters":
            found = self.root.document.find(pointer_keys(cursor.value))
            in_body = found is not None and isinstance(found[0], dict) and found[0].get("in") == "body"
            return Placed(f"#/components/{'requestBodies' if in_body else 'parameters'}/{rest}", cursor)
        return Placed(f"#/components/{_PLACES[first]}/{rest}", cursor) if first in _PLACES else cursor

    def _target(self, cursor: Cursor) -> Cursor:
        """Return the target of a parameter's reference. One that leads nowhere is left to the reader of OpenAPI 3.0."""
        reference = cursor.at("$ref").value
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return cursor
        found = self.root
        for key in pointer_keys(reference):
            found = found.at(key)
        return found if isinstance(found.value, dict) and "$ref" not in found.value else cursor


def _is_plain(parameter: Cursor) -> bool:
    return parameter.at("in").value not in ("body", "formData")


def _media_types(cursor: Cursor, above: _MediaTypes) -> _MediaTypes:
    consumes = cursor.texts("consumes") if cursor.has("consumes") else above.consumes
    produces = cursor.texts("produces") if cursor.has("produces") else above.produces
    return _MediaTypes(consumes or above.consumes, produces or above.produces)


def _array_style(parameter: Cursor) -> dict[str, Any]:
    """Return style and explode of a list: OpenAPI 2.0 separates the entries by commas unless it says otherwise."""
    word = parameter.at("collectionFormat")
    if parameter.at("in").value != "query":
        return {}
    if word.value == "multi":
        return {"explode": Placed(True, word)}
    style = _STYLES.get(str(word.value))
    return {"explode": False} if style is None else {"style": Placed(style, word), "explode": False}


def _security_scheme(scheme: Cursor) -> Any:
    if not isinstance(scheme.value, dict):
        return scheme
    kind = scheme.at("type")
    moved = ("type", "flow", "authorizationUrl", "tokenUrl", "scopes")
    if kind.value == "basic":
        rest = {key: child for key, child in scheme.items() if key != "type"}
        return Placed({"type": Placed("http", kind), "scheme": "basic", **rest}, scheme)
    if kind.value != "oauth2":
        return scheme
    made: dict[str, Any] = {"type": kind, **{key: child for key, child in scheme.items() if key not in moved}}
    flow: dict[str, Any] = {key: scheme.at(key) for key in ("authorizationUrl", "tokenUrl") if scheme.has(key)}
    flow["scopes"] = scheme.at("scopes") if scheme.has("scopes") else {}
    made["flows"] = Placed({_FLOWS.get(str(scheme.at("flow").value), "implicit"): flow}, scheme)
    return Placed(made, scheme)
