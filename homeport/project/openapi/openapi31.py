"""OpenAPI 3.1, which FastAPI and Powertools write, as OpenAPI 3.0. Every value keeps its line.

The schemas of 3.1 are those of JSON Schema.
https://spec.openapis.org/oas/v3.1.0
https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0
"""

from __future__ import annotations

from typing import Any

from homeport.project.model import ANY_METHOD
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
_NAMES = frozenset(("properties", "$defs"))
_VALUES = frozenset(("default", "enum", "example"))
_LIMITS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}

Content = dict[str, Any]


def openapi_of_3_1(root: Cursor) -> Document:
    """Return a document of OpenAPI 3.1 as one of OpenAPI 3.0."""
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
        elif key == "type" and isinstance(child.value, list):
            made |= _types(child)
        elif key == "const":
            made["enum"] = Placed([child], child)
        elif key == "examples" and isinstance(child.value, list):
            made |= {"example": next(child.entries())} if child.value and not schema.has("example") else {}
        elif key in _LIMITS and not isinstance(child.value, bool):
            made |= {_LIMITS[key]: child, key: Placed(True, child)}
        elif key in ("anyOf", "oneOf") and isinstance(child.value, list):
            made |= _alternatives(key, child)
        elif key == "additionalProperties" and isinstance(child.value, bool):
            made[key] = child
        else:
            made[key] = child if key in _VALUES or key.startswith("x-") else _schema(child)
    return made


def _types(types: Cursor) -> Content:
    """Return the keywords for a list of types, of which ``null`` may be one."""
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
