"""Validity of a value: whether it keeps to an OpenAPI schema, by the kit's translation of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs

from homeport.project.model import Schema
from homeport.project.schema.json_schema import Direction, to_json_schema
from homeport.project.schema.references import SchemaError

_MOST_KEPT = 4096
# A validator takes longer to build than to use. The schema is kept with it, so that its id is no other's.
_validators: dict[tuple[int, int, Direction], tuple[Schema, Mapping[str, Any], Callable[[Any], bool]]] = {}


def is_valid(value: Any, schema: Schema, document: Mapping[str, Any], direction: Direction = "request") -> bool:
    """Return whether a value keeps to a schema of ``document``; True where the schema can't be understood."""
    key = (id(schema), id(document), direction)
    if key not in _validators:
        if len(_validators) >= _MOST_KEPT:
            _validators.clear()
        _validators[key] = (schema, document, _validator(schema, document, direction))
    return _validators[key][2](value)


def _validator(schema: Schema, document: Mapping[str, Any], direction: Direction) -> Callable[[Any], bool]:
    try:
        validator = jsonschema_rs.Draft7Validator(to_json_schema(schema, document, direction), validate_formats=True)
    except (SchemaError, ValueError):
        return lambda value: True

    def check(value: Any) -> bool:
        try:
            return bool(validator.is_valid(value))
        except (ValueError, TypeError):
            # What is no JSON value, such as a lone surrogate.
            return False

    return check
