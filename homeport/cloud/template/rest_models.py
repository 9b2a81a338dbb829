"""Schemas of request bodies as models, in the keywords that API Gateway imports.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.schema.references import resolve_reference

_PREFIX = "#/components/schemas/"
_IGNORED_KEYWORDS = frozenset(
    ("default", "deprecated", "description", "discriminator", "example", "externalDocs", "title", "xml")
)
"""Keywords that do not affect validation. API Gateway rejects some of them."""

_NAMES = frozenset(("properties",))
_VALUES = frozenset(("enum",))
_OTHER_TYPES = ("array", "boolean", "number", "object", "string")
_NULL = {"not": {"anyOf": [{"type": name} for name in _OTHER_TYPES]}}
"""A schema that accepts null only. CloudFormation takes no null in a template, so ``enum: [null]`` is impossible."""


class Models:
    """Schemas of request bodies as models. ``used`` collects the models that the schemas refer to, by name."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        found = (document.get("components") or {}).get("schemas")
        self._schemas: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        self._by_identity = {id(schema): name for name, schema in self._schemas.items()}
        self.used: dict[str, Any] = {}

    def of(self, schema: Any) -> Any:
        """Return a schema of the document for API Gateway, a reference if the schema is a model."""
        name = self._by_identity.get(id(schema))
        return self._model(name) if name is not None else self._clean(schema, ())

    def _model(self, name: str) -> dict[str, Any]:
        if name not in self.used:
            self.used[name] = {}
            self.used[name] = self._clean(self._schemas[name], ())
        return {"$ref": f"{_PREFIX}{name}"}

    def _clean(self, schema: Any, unfolding: tuple[str, ...]) -> Any:
        if isinstance(schema, list):
            return [self._clean(entry, unfolding) for entry in schema]
        if not isinstance(schema, Mapping):
            return schema
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], unfolding)
        words = {key: self._keyword(key, value, unfolding) for key, value in schema.items() if not _is_ignored(key)}
        return _with_null(words) if None in (words.get("enum") or ()) else words

    def _keyword(self, key: str, value: Any, unfolding: tuple[str, ...]) -> Any:
        if key in _VALUES:
            return value
        if key in _NAMES and isinstance(value, Mapping):
            return {name: self._clean(inner, unfolding) for name, inner in value.items()}
        return self._clean(value, unfolding)

    def _reference(self, reference: str, unfolding: tuple[str, ...]) -> Any:
        """Return a reference to a model. API Gateway takes no other, so the target of another one replaces it."""
        name = reference.removeprefix(_PREFIX)
        if name in self._schemas:
            return self._model(name)
        if reference in unfolding:
            return {}
        return self._clean(resolve_reference(reference, self._document), (*unfolding, reference))


def _with_null(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose ``enum`` has null without the word null."""
    others = [value for value in words["enum"] if value is not None]
    choice = {"anyOf": [{"enum": others}, _NULL]} if others else _NULL
    kept = {key: value for key, value in words.items() if key != "enum"}
    return {**kept, "allOf": [*kept.get("allOf", ()), choice]}


def _is_ignored(key: str) -> bool:
    return key in _IGNORED_KEYWORDS or key.startswith("x-")
