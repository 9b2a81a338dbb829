"""The rule for OpenAPI 3.0's own structure: the fields of each object, and which of them are required.

https://spec.openapis.org/oas/v3.0.4.html

The official JSON Schema says the same, and a test holds the table in ``source/structures.yaml`` against it. A table of
our own names the nearest field to a misspelt one, gives a hint for a keyword of OpenAPI 3.1, and knows API Gateway's
extensions.

The rules ``model_names``, ``model_keywords`` and ``nullable_models`` are for the models that a REST API makes of
schemas: JSON Schema draft 4 with keywords missing.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.errors import Problem
from homeport.project.features import words
from homeport.project.project import Project
from homeport.project.schema.references import resolve_map
from homeport.project.source.cursor import Cursor
from homeport.project.source.structure import check_structure


def structure(project: Project) -> Iterator[Problem]:
    """The document has OpenAPI 3.0's structure: no unknown fields, no missing ones, no wrong types."""
    cursor = Cursor.root(project.documents.spec)
    check_structure(cursor, "an OpenAPI document")
    yield from cursor.diagnostics.all()


_SCHEMAS = ("components", "schemas")
_DOCUMENTED_AS_UNSUPPORTED = frozenset(words("keywords that models lack"))
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


def nullable_models(project: Project) -> Iterator[Problem]:
    """A body that a REST API validates has no null: its models know no ``nullable``, and refuse it."""
    if project.stage.flavor == "http":
        return
    for operation in project.api.operations:
        if operation.body is None or operation.validator is None or not operation.validator.body:
            continue
        names: dict[str, None] = {}
        for media_type, schema in operation.body.content.items():
            if "json" in media_type.lower():
                names |= dict.fromkeys(_nullable_names(schema, project.api.document, frozenset()))
        if names:
            yield project.operation_at(operation, "requestBody").warning(
                f"{operation.route_key} refuses null for {', '.join(names)}: a REST API's models ignore nullable",
                "take the type out there and check it in the function, or let the validator not look at bodies",
            )


def _nullable_names(schema: object, document: Mapping[str, Any], seen: frozenset[str], name: str = "") -> Iterator[str]:
    """Yield the names of the properties, ``""`` for the whole body, whose schema is of a type and nullable."""
    if not isinstance(schema, Mapping) or schema.get("$ref") in seen:
        return
    reference = str(schema.get("$ref", ""))
    seen = seen | {reference} if reference else seen
    node = resolve_map(schema, document)
    if node.get("nullable") is True and "type" in node:
        yield name or "the body"
    for key, one in (node.get("properties") or {}).items():
        yield from _nullable_names(one, document, seen, str(key))
    parts = [node.get("items"), *(one for key in ("allOf", "anyOf", "oneOf") for one in node.get(key) or ())]
    for one in parts:
        yield from _nullable_names(one, document, seen, name)


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
