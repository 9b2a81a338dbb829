"""The rule for OpenAPI 3.0's own structure: the fields of each object, and which of them are required.

https://spec.openapis.org/oas/v3.0.4.html

The official JSON Schema says the same, and a test holds this table against it. A table of our own names the nearest
field to a misspelt one, gives a hint for a keyword of OpenAPI 3.1, and knows API Gateway's extensions.

The rules ``model_names`` and ``model_keywords`` are for the models that a REST API makes of schemas: JSON Schema draft
4 with keywords missing. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from homeport.errors import Problem
from homeport.project.load import Project
from homeport.project.model import ANY_METHOD
from homeport.project.openapi.extensions import METHODS
from homeport.project.source.cursor import (
    Check,
    Cursor,
    MapCheck,
    by_type,
    choice,
    flag,
    free,
    integer,
    list_of,
    map_of,
    number,
    text,
)


def _object(subject: str, needed: str = "", **fields: Check) -> MapCheck:
    named = {key.rstrip("_"): check for key, check in fields.items()}
    return MapCheck(subject, lambda: named, tuple(needed.split()), extensible=True)


def _referable(subject: str, fields: Mapping[str, Check], needed: str = "") -> MapCheck:
    return MapCheck(subject, lambda: fields, tuple(needed.split()), extensible=True, referable=True)


def _or_reference(check: Check) -> Check:
    """Make a check that passes a ``$ref`` as well."""
    return lambda cursor: None if isinstance(cursor.value, dict) and "$ref" in cursor.value else check(cursor)


def _only_in_3_1(hint: str) -> Check:
    """Make a check that rejects a keyword of JSON Schema that only OpenAPI 3.1 has."""
    return lambda cursor: cursor.error(f"OpenAPI 3.0 has no {cursor.name!r}", hint)


def _schema(cursor: Cursor) -> None:
    SCHEMA(cursor)


_TYPES = choice("array", "boolean", "integer", "number", "object", "string", "null")


def _type(cursor: Cursor) -> None:
    if isinstance(cursor.value, list):
        cursor.error("'type' is one word in OpenAPI 3.0, not a list", "for a value that may be null add nullable: true")
    else:
        _TYPES(cursor)


def _properties(cursor: Cursor) -> None:
    # Property names are free: one may start with x-.
    if cursor.is_a(dict, "a map from names to schemas"):
        for _, child in cursor.items():
            SCHEMA(child)


def _header(cursor: Cursor) -> None:
    HEADER(cursor)


def _path_item(cursor: Cursor) -> None:
    PATH_ITEM(cursor)


_EXTERNAL_DOCS = _object("externalDocs", "url", description=text, url=text)
_EXAMPLES = map_of(
    _referable("an example", {"summary": text, "description": text, "value": free, "externalValue": text})
)
_SERVERS = list_of(
    _object(
        "a server",
        "url",
        url=text,
        description=text,
        variables=map_of(_object("a server variable", "default", enum=list_of(text), default=free, description=text)),
    )
)
_SECURITY = list_of(map_of(list_of(text)))

SCHEMA = _referable(
    "a schema",
    {
        **dict.fromkeys(("title", "description", "format", "pattern"), text),
        **dict.fromkeys(("multipleOf", "maximum", "minimum"), number),
        **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"), integer),
        **dict.fromkeys(
            ("exclusiveMaximum", "exclusiveMinimum", "uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated"),
            flag,
        ),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), list_of(_schema)),
        **dict.fromkeys(
            ("contains", "else", "if", "then", "unevaluatedProperties"), _only_in_3_1("use allOf, anyOf, oneOf, not")
        ),
        **dict.fromkeys(
            ("dependentRequired", "dependentSchemas", "propertyNames"), _only_in_3_1("check it in the function")
        ),
        **dict.fromkeys(("$anchor", "$defs", "$id"), _only_in_3_1("define schemas under components")),
        # API Gateway's own models begin with it: http://json-schema.org/draft-04/schema#
        "$schema": text,
        "const": _only_in_3_1("write enum with one value"),
        "examples": _only_in_3_1("write example"),
        "patternProperties": _only_in_3_1("use additionalProperties"),
        "prefixItems": _only_in_3_1("use items"),
        **dict.fromkeys(("default", "example", "xml"), free),
        "additionalProperties": by_type(bool, flag, _schema),
        "discriminator": _object("a discriminator", "propertyName", propertyName=text, mapping=map_of(text)),
        "enum": list_of(free),
        "externalDocs": _EXTERNAL_DOCS,
        "items": _schema,
        "not": _schema,
        "properties": _properties,
        "required": list_of(text),
        "type": _type,
    },
)

_HEADERS = map_of(_header)
MEDIA_TYPE = _object(
    "a media type",
    schema=_schema,
    example=free,
    examples=_EXAMPLES,
    encoding=map_of(
        _object("an encoding", contentType=text, headers=_HEADERS, style=text, explode=flag, allowReserved=flag)
    ),
)
_CONTENT = map_of(MEDIA_TYPE)
_PARAMETER_FIELDS: dict[str, Check] = {
    "description": text,
    "required": flag,
    "deprecated": flag,
    "allowEmptyValue": flag,
    "style": choice("deepObject", "form", "label", "matrix", "pipeDelimited", "simple", "spaceDelimited"),
    "explode": flag,
    "allowReserved": flag,
    "schema": _schema,
    "example": free,
    "examples": _EXAMPLES,
    "content": _CONTENT,
}
HEADER = _referable("a header", _PARAMETER_FIELDS)
PARAMETER = _referable("a parameter", {"name": text, "in": text, **_PARAMETER_FIELDS})
REQUEST_BODY = _referable("a request body", {"description": text, "content": _CONTENT, "required": flag}, "content")
_SERVER = _object("a server", "url", url=text, description=text, variables=free)
LINK = _referable(
    "a link",
    {
        "operationRef": text,
        "operationId": text,
        "parameters": map_of(free),
        "requestBody": free,
        "description": text,
        "server": _SERVER,
    },
)
RESPONSE = _referable(
    "a response", {"description": text, "headers": _HEADERS, "content": _CONTENT, "links": map_of(LINK)}, "description"
)
CALLBACK = _or_reference(map_of(_path_item))
_COMMON = {"summary": text, "description": text, "servers": _SERVERS, "parameters": list_of(PARAMETER)}
OPERATION = MapCheck("an operation", lambda: _OPERATION_FIELDS, extensible=True)
_OPERATION_FIELDS: dict[str, Check] = {
    **_COMMON,
    "tags": list_of(text),
    "externalDocs": _EXTERNAL_DOCS,
    "operationId": text,
    "requestBody": REQUEST_BODY,
    "responses": map_of(RESPONSE),
    "callbacks": map_of(CALLBACK),
    "deprecated": flag,
    "security": _SECURITY,
}
_ANY_OPERATION = MapCheck("an operation", lambda: {**_OPERATION_FIELDS, "isDefaultRoute": flag}, extensible=True)
PATH_ITEM = _referable("a path", {**_COMMON, **dict.fromkeys(METHODS, OPERATION), ANY_METHOD: _ANY_OPERATION})
_FLOW = _object("an OAuth flow", "scopes", authorizationUrl=text, tokenUrl=text, refreshUrl=text, scopes=map_of(text))
SECURITY_SCHEME = _referable(
    "a security scheme",
    {
        "type": choice("apiKey", "http", "oauth2", "openIdConnect"),
        "description": text,
        "name": text,
        "in": choice("query", "header", "cookie"),
        "scheme": text,
        "bearerFormat": text,
        "flows": _object(
            "OAuth flows", implicit=_FLOW, password=_FLOW, clientCredentials=_FLOW, authorizationCode=_FLOW
        ),
        "openIdConnectUrl": text,
    },
    "type",
)
DOCUMENT = _object(
    "an OpenAPI document",
    "info paths",
    openapi=text,
    info=_object(
        "info",
        "title version",
        title=text,
        description=text,
        termsOfService=text,
        contact=_object("a contact", name=text, url=text, email=text),
        license=_object("a license", "name", name=text, url=text),
        version=by_type(float, number, by_type(int, number, text)),
    ),
    servers=_SERVERS,
    paths=map_of(PATH_ITEM),
    components=_object(
        "components",
        schemas=map_of(SCHEMA),
        responses=map_of(RESPONSE),
        parameters=map_of(PARAMETER),
        examples=_EXAMPLES,
        requestBodies=map_of(REQUEST_BODY),
        headers=map_of(HEADER),
        securitySchemes=map_of(SECURITY_SCHEME),
        links=map_of(LINK),
        callbacks=map_of(CALLBACK),
    ),
    security=_SECURITY,
    tags=list_of(_object("a tag", "name", name=text, description=text, externalDocs=_EXTERNAL_DOCS)),
    externalDocs=_EXTERNAL_DOCS,
)


def structure(project: Project) -> Iterator[Problem]:
    """The document has OpenAPI 3.0's structure: no unknown fields, no missing ones, no wrong types."""
    cursor = Cursor.root(project.documents.spec)
    DOCUMENT(cursor)
    yield from cursor.diagnostics.all()


_SCHEMAS = ("components", "schemas")
_DOCUMENTED_AS_UNSUPPORTED = frozenset(
    (
        "additionalProperties",
        "anyOf",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "minItems",
        "oneOf",
        "readOnly",
    )
)
_FORMATS = frozenset(("decimal", "int32", "int64"))
_NAMES = frozenset(("properties",))
_VALUES = frozenset(("default", "enum", "example", "xml"))


def model_names(project: Project) -> Iterator[Problem]:
    """A model's name has letters and digits only."""
    if project.stage.flavor == "http":
        return
    for name in _schemas(project):
        if not (name.isascii() and name.isalnum()):
            yield project.documents.spec.at(*_SCHEMAS, name).error(
                f"a REST API's model can't have the name {name!r}", "rename the schema: letters and digits only"
            )


def model_keywords(project: Project) -> Iterator[Problem]:
    """A model has only keywords that a REST API accepts, and that AWS promises to check."""
    if project.stage.flavor == "http":
        return
    spec = project.documents.spec
    unsupported: dict[str, tuple[str, ...]] = {}
    for path, schema in _schemas_in(_SCHEMAS, _schemas(project), names=True):
        if "discriminator" in schema:
            yield spec.at(*path, "discriminator").error(
                "a REST API's models have no 'discriminator'",
                "remove it; oneOf alone says as much to the function's validator",
            )
        for keyword in _DOCUMENTED_AS_UNSUPPORTED & schema.keys():
            unsupported.setdefault(keyword, (*path, keyword))
        if schema.get("format") in _FORMATS:
            unsupported.setdefault(f"format {schema['format']}", (*path, "format"))
    if unsupported and any(operation.validator and operation.validator.body for operation in project.api.operations):
        first = min(unsupported.values(), key=spec.line)
        yield spec.at(*first).warning(
            f"AWS documents {', '.join(sorted(unsupported))} as unsupported in a REST API's models",
            "let the function check them too",
        )


def _schemas(project: Project) -> dict[str, object]:
    found = project.documents.spec.find(_SCHEMAS)
    return found[0] if found is not None and isinstance(found[0], dict) else {}


def _schemas_in(
    path: tuple[str, ...], value: object, *, names: bool
) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Yield every schema in a value; ``names`` tells that its keys are names, not keywords."""
    if isinstance(value, dict):
        if not names:
            yield path, value
        for key, child in value.items():
            if names or key not in _VALUES:
                yield from _schemas_in((*path, key), child, names=not names and key in _NAMES)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _schemas_in((*path, str(index)), child, names=False)
