"""Validators for the schemas of a document, in one direction or the other. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from homeport.contract.document.places import DocumentMap, SpecPath
from homeport.project.schema.json_schema import Direction, to_json_schema
from homeport.project.schema.references import SchemaError
from homeport.recordings.drift import path_below

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class SchemaMistake:
    """A mistake that a validator found: where in the value, against which keyword at which place of the document."""

    pointer: str
    message: str
    keyword: str
    place: SpecPath


class DocumentValidators:
    """The validators of a document, each made when it is needed first."""

    def __init__(self, document: DocumentMap) -> None:
        self._document = document
        self._validator = cache(self._make)

    def mistakes(self, value: Any, schema: SpecPath, direction: Direction) -> list[SchemaMistake]:
        """Return the mistakes of a value; none where no validator can be made, which ``homeport check`` reports."""
        validator = self._validator(schema, direction)
        return list(self._mistakes(validator, value, schema)) if validator is not None else []

    def is_valid(self, value: Any, schema: SpecPath, direction: Direction) -> bool:
        """Return whether a value keeps to a schema, or no validator can be made."""
        validator = self._validator(schema, direction)
        return validator is None or bool(validator.is_valid(value))

    def without(self, keyword: str, schema: Mapping[str, Any], value: Any) -> list[str]:
        """Return the keywords that a value breaks in a schema without one of its keywords."""
        rest = {key: part for key, part in schema.items() if key != keyword}
        validator = _compile(rest, self._document.root, "response")
        if validator is None:
            return []
        return [str(error.evaluation_path[-1]) for error in validator.iter_errors(value) if error.evaluation_path]

    def _mistakes(self, validator: jsonschema_rs.Validator, value: Any, schema: SpecPath) -> Iterator[SchemaMistake]:
        for error in validator.iter_errors(value):
            steps = [str(step) for step in error.evaluation_path]
            pointer = "".join(f"/{step}" for step in error.instance_path)
            place = path_below(self._document.document, schema, [step for step in steps if step != "$ref"])
            yield SchemaMistake(pointer, _plain(error.message), steps[-1] if steps else "", place)

    def _make(self, schema: SpecPath, direction: Direction) -> jsonschema_rs.Validator | None:
        found = self._document.get(schema)
        return _compile(found, self._document.root, direction) if isinstance(found, Mapping) else None


def _compile(
    schema: Mapping[str, Any], root: Mapping[str, Any], direction: Direction
) -> jsonschema_rs.Validator | None:
    try:
        translated = to_json_schema(schema, root, direction)
        return jsonschema_rs.Draft7Validator(translated, validate_formats=True)
    except (SchemaError, ValueError, TypeError, RecursionError):
        return None


def _plain(message: str) -> str:
    # The translation of a property that the direction forbids is false.
    text = "is readOnly or writeOnly here" if message.startswith("False schema") else " ".join(message.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def parsed_text(value: Any) -> Any:
    """Return the JSON value of a text, or the text itself where it is not JSON.

    An example may be a text where YAML could not say the same.
    https://spec.openapis.org/oas/v3.0.3#example-object
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
