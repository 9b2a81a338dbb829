"""Models of a REST API: the schemas of request bodies, in the words that API Gateway imports.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.spec.jsonschema import resolve

_PREFIX = "#/components/schemas/"
_NO_MODEL = frozenset(
    ("default", "deprecated", "description", "discriminator", "example", "externalDocs", "title", "xml")
)
"""They say nothing about what is valid; some of them API Gateway refuses."""

_NAMES = frozenset(("properties",))
_VALUES = frozenset(("enum",))
_OTHER_TYPES = ("array", "boolean", "number", "object", "string")
_NULL = {"not": {"anyOf": [{"type": name} for name in _OTHER_TYPES]}}
"""What null alone fits. CloudFormation takes no null in a template, so ``enum: [null]`` can't be said."""


class Models:
    """``used`` collects the models that the schemas refer to, by their names."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        found = (document.get("components") or {}).get("schemas")
        self._schemas: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        self._by_identity = {id(schema): name for name, schema in self._schemas.items()}
        self.used: dict[str, Any] = {}

    def of(self, schema: Any) -> Any:
        """A schema of the document: a reference to a model, if it is one."""
        name = self._by_identity.get(id(schema))
        return self._model(name) if name is not None else self._cleaned(schema, ())

    def _model(self, name: str) -> dict[str, Any]:
        if name not in self.used:
            self.used[name] = {}
            self.used[name] = self._cleaned(self._schemas[name], ())
        return {"$ref": f"{_PREFIX}{name}"}

    def _cleaned(self, schema: Any, unfolding: tuple[str, ...]) -> Any:
        if isinstance(schema, list):
            return [self._cleaned(entry, unfolding) for entry in schema]
        if not isinstance(schema, Mapping):
            return schema
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], unfolding)
        words = {key: self._word(key, value, unfolding) for key, value in schema.items() if not _is_no_word(key)}
        return _with_null(words) if None in (words.get("enum") or ()) else words

    def _word(self, key: str, value: Any, unfolding: tuple[str, ...]) -> Any:
        if key in _VALUES:
            return value
        if key in _NAMES and isinstance(value, Mapping):
            return {name: self._cleaned(inner, unfolding) for name, inner in value.items()}
        return self._cleaned(value, unfolding)

    def _reference(self, reference: str, unfolding: tuple[str, ...]) -> Any:
        """API Gateway knows references to whole models only: what another one leads to takes its place."""
        name = reference.removeprefix(_PREFIX)
        if name in self._schemas:
            return self._model(name)
        if reference in unfolding:
            return {}
        return self._cleaned(resolve(reference, self._document), (*unfolding, reference))


def _with_null(words: Mapping[str, Any]) -> dict[str, Any]:
    """A schema whose ``enum`` has null, without saying null."""
    others = [value for value in words["enum"] if value is not None]
    choice = {"anyOf": [{"enum": others}, _NULL]} if others else _NULL
    kept = {key: value for key, value in words.items() if key != "enum"}
    return {**kept, "allOf": [*kept.get("allOf", ()), choice]}


def _is_no_word(key: str) -> bool:
    return key in _NO_MODEL or key.startswith("x-")
