"""JSON Schema draft 4, judged as API Gateway does.

REST APIs validate bodies with https://github.com/java-json-tools/json-schema-validator: its messages reach clients
through ``$context.error.validationErrorString``, so its order matters. The keywords of one schema are checked
alphabetically; what is inside an object or array is looked at only while nothing was found yet, members by name.
``draft4_words.py`` has the keywords.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.gateway.draft4_values import KINDS, exact
from homeport.gateway.draft4_words import COMPOSITIONS, KEYWORDS, Check, Messages
from homeport.spec.jsonschema import resolve
from homeport.spec.model import Schema


class Draft4:
    """A schema of ``document``, compiled. Raises SchemaError for a reference or pattern that can't be used."""

    def __init__(self, schema: Schema, document: Mapping[str, Any]) -> None:
        self._root = _Compiler(document).node(schema)

    def messages(self, value: Any) -> Messages:
        """What is wrong with a value, in the library's words; empty if it is valid.

        Numbers are ``int`` and ``Decimal`` (see ``exact``). Raises RecursionError if value or schema are too deep.
        """
        found: Messages = []
        self._root.judge(value, found)
        return found


class _Node:
    """One schema: its own keywords by kind of value, and the schemas of what is inside."""

    __slots__ = ("additional", "checks", "items", "properties")

    def __init__(self) -> None:
        self.checks: dict[str, tuple[Check, ...]] = {}
        self.properties: dict[str, _Node] = {}
        self.additional: _Node | None = None
        self.items: _Node | None = None

    def judge(self, value: Any, found: Messages) -> None:
        kind = KINDS[type(value)]
        for check in self.checks[kind]:
            check(value, found)
        if found:
            return
        if kind == "array" and self.items is not None:
            for item in value:
                self.items.judge(item, found)
        elif kind == "object" and (self.properties or self.additional is not None):
            for name in sorted(value):
                inside = self.properties.get(name, self.additional)
                if inside is not None:
                    inside.judge(value[name], found)

    def accepts(self, value: Any) -> bool:
        found: Messages = []
        self.judge(value, found)
        return not found


class _Compiler:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._references: dict[str, _Node] = {}

    def node(self, schema: Schema) -> _Node:
        """The node of a schema; what stands beside a ``$ref`` means nothing."""
        reference = schema.get("$ref")
        if reference is None:
            return self._fill(_Node(), schema)
        if reference not in self._references:
            self._references[reference] = node = _Node()
            self._fill(node, self._target(reference))
        return self._references[reference]

    def _target(self, reference: str) -> Schema:
        seen = set()
        target: Schema = {"$ref": reference}
        while "$ref" in target and target["$ref"] not in seen:
            seen.add(target["$ref"])
            target = resolve(target["$ref"], self._document)
        return {} if "$ref" in target else target

    def _fill(self, node: _Node, schema: Schema) -> _Node:
        checks = [(*self._check(word, schema), word) for word in (*KEYWORDS, *COMPOSITIONS) if word in schema]
        checks.sort(key=lambda entry: entry[2])
        node.checks = {kind: tuple(check for kinds, check, _ in checks if kind in kinds) for kind in KINDS.values()}
        node.properties = {name: self.node(inside) for name, inside in (schema.get("properties") or {}).items()}
        node.additional = self._inside(schema, "additionalProperties")
        node.items = self._inside(schema, "items")
        return node

    def _inside(self, schema: Schema, word: str) -> _Node | None:
        return self.node(schema[word]) if isinstance(schema.get(word), Mapping) else None

    def _check(self, word: str, schema: Schema) -> tuple[frozenset[str], Check]:
        if word in KEYWORDS:
            kinds, keyword = KEYWORDS[word]
            return kinds, keyword(exact(schema[word]), schema)
        parts = [schema[word]] if isinstance(schema[word], Mapping) else schema[word]
        return frozenset(KINDS.values()), COMPOSITIONS[word]([self.node(part).accepts for part in parts])
