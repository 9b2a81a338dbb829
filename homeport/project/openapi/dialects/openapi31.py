"""OpenAPI 3.1, which FastAPI and Powertools write, as OpenAPI 3.0. Every value keeps its line.

The schemas of 3.1 are those of JSON Schema.
https://spec.openapis.org/oas/v3.1.0
https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0
"""

from __future__ import annotations

from typing import Any

from homeport.project.model import ANY_METHOD
from homeport.project.schema.references import pointer_keys
from homeport.project.source.builder import DocumentBuilder, Placed
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document

_VERSION = "3.0.3"
_NOT_IN_3_0 = {
    (): frozenset(("jsonSchemaDialect", "webhooks")),
    ("info",): frozenset(("summary",)),
    ("info", "license"): frozenset(("identifier",)),
    ("components",): frozenset(("pathItems",)),
}
_ANNOTATIONS = frozenset(("$anchor", "$comment", "$id", "$schema", "contentEncoding", "contentMediaType"))
"""Keywords of schemas that 3.0 lacks and that check nothing. Those that check stay, and ``check`` names them."""
_NAMES = frozenset(("properties", "$defs", "dependentSchemas", "patternProperties"))
_SCHEMAS = frozenset(
    (
        *("allOf", "contains", "contentSchema", "else", "if", "items", "not", "prefixItems", "propertyNames"),
        *("then", "unevaluatedItems", "unevaluatedProperties"),
    )
)
_FORMATS = {"contentMediaType": ("application/octet-stream", "binary"), "contentEncoding": ("base64", "byte")}
_PATH_ITEMS = ("components", "pathItems")
_VALUES = frozenset(("default", "enum", "example"))
_LIMITS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}

Content = dict[str, Any]


def openapi_of_3_1(root: Cursor) -> Document:
    """Return a document of OpenAPI 3.1 as one of OpenAPI 3.0; webhooks, which are no routes of the API, are named."""
    if root.map("webhooks").value:
        root.at("webhooks").warning("webhooks are no routes of the API: they are left out", "document them elsewhere")
    content = dict(_object(root).content)
    content["openapi"] = Placed(_VERSION, root.at("openapi"))
    return DocumentBuilder().document(content, root)


def _part(cursor: Cursor) -> Any:
    """Return any value of the document but a schema."""
    match cursor.value:
        case dict():
            return _object(cursor)
        case list():
            return Placed([_part(entry) for entry in cursor.entries()], cursor)
    return cursor


def _object(cursor: Cursor) -> Placed:
    if len(cursor.path) == 2 and cursor.path[0] == "paths":
        cursor = _path_item(cursor)
    left_out = _NOT_IN_3_0.get(cursor.path, frozenset())
    made: Content = {}
    for key, child in cursor.items():
        if key in left_out:
            continue
        if key == "schema":
            made[key] = _schema(child)
        elif cursor.path == ("components",) and key == "schemas" and isinstance(child.value, dict):
            made[key] = Placed({name: _schema(each) for name, each in child.items()}, child)
        else:
            is_free = key in _VALUES or (key.startswith("x-") and key != ANY_METHOD)
            made[key] = child if is_free else _part(child)
    return Placed(made, cursor)


def _path_item(cursor: Cursor) -> Cursor:
    """Return the path item of the components that this one refers to, which 3.0 does not have, or this one."""
    found = cursor.at("$ref").value
    if not isinstance(found, str) or pointer_keys(found)[:2] != _PATH_ITEMS:
        return cursor
    target = cursor.resolve()
    return target if target is not None and isinstance(target.value, dict) else cursor


def _schema(cursor: Cursor) -> Any:
    match cursor.value:
        case True:
            return Placed({}, cursor)
        case False:
            return Placed({"not": {}}, cursor)
        case list():
            return Placed([_schema(entry) for entry in cursor.entries()], cursor)
        case dict():
            return Placed(_keywords(cursor), cursor)
    return cursor


def _keywords(schema: Cursor) -> Content:
    made: Content = {}
    for key, child in schema.items():
        if key in _ANNOTATIONS:
            continue
        if key in _NAMES and isinstance(child.value, dict):
            made[key] = Placed({name: _schema(each) for name, each in child.items()}, child)
        elif key == "type" and (isinstance(child.value, list) or child.value == "null"):
            made |= _types(child)
        elif key == "const":
            made["enum"] = Placed([child], child)
            made |= {"nullable": True} if child.value is None else {}
        elif key == "examples" and isinstance(child.value, list):
            made |= {"example": next(child.entries())} if child.value and not schema.has("example") else {}
        elif key in ("anyOf", "oneOf") and isinstance(child.value, list):
            made |= _alternatives(key, child)
        elif key in _SCHEMAS or (key == "additionalProperties" and not isinstance(child.value, bool)):
            made[key] = _schema(child)
        else:
            made[key] = child
    return _beside_reference(made | _bounds(schema) | _format(schema), schema)


def _beside_reference(made: Content, schema: Cursor) -> Content:
    """Return keywords in which nothing stands beside a reference: 3.0 ignores it there, and 3.1 does not."""
    if "$ref" not in made or len(made) == 1:
        return made
    return {"allOf": Placed([{"$ref": made.pop("$ref")}], schema), **made}


def _bounds(schema: Cursor) -> Content:
    """Return the bounds of a number, of which the exclusive ones are flags in 3.0. The narrower of two is kept."""
    made: Content = {}
    for exclusive, inclusive in _LIMITS.items():
        bound, other = schema.at(exclusive), schema.at(inclusive)
        if isinstance(bound.value, bool) or not isinstance(bound.value, int | float):
            continue
        sign = 1 if inclusive == "minimum" else -1
        if isinstance(other.value, int | float) and sign * other.value > sign * bound.value:
            made |= {exclusive: Placed(False, bound)}
        else:
            made |= {inclusive: bound, exclusive: Placed(True, bound)}
    return made


def _format(schema: Cursor) -> Content:
    """Return the format of a text that holds bytes, which 3.1 says by its encoding or media type."""
    for key, (value, format) in _FORMATS.items():
        if schema.at(key).value == value and not schema.has("format"):
            return {"format": Placed(format, schema.at(key))}
    return {}


def _types(types: Cursor) -> Content:
    """Return the keywords for a list of types, of which ``null`` may be one."""
    if types.value == "null":
        return {"enum": Placed([None], types), "nullable": True}
    named = [entry for entry in types.entries() if entry.value != "null"]
    made: Content = {"nullable": True} if len(named) < len(types.value) else {}
    if len(named) == 1:
        return {"type": named[0], **made}
    return {"anyOf": Placed([{"type": each} for each in named], types), **made} if named else made


def _alternatives(keyword: str, alternatives: Cursor) -> Content:
    """Return the keywords for alternatives, of which ``{type: null}`` may be one."""
    kept = [each for each in alternatives.entries() if each.at("type").value != "null"]
    nullable: Content = {"nullable": True} if len(kept) < len(alternatives.value) else {}
    return {keyword: Placed([_schema(each) for each in kept], alternatives), **nullable} if kept else nullable
