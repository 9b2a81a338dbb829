"""OpenAPI 3.0 schema objects as JSON Schema draft-07.

OpenAPI 3.0's schema is a dialect: part of an old JSON Schema draft, and words of its own. This module says the same in
draft-07, which validators and other tools understand. Sources:
https://spec.openapis.org/oas/v3.0.3#schema-object
https://github.com/OAI/OpenAPI-Specification/blob/main/proposals/2019-10-31-Clarify-Nullable.md

Decisions where the specification leaves room:

- ``nullable`` lets null in beside whatever else the schema says, next to ``allOf`` and ``$ref`` too, as most tools
  read it. An ``enum`` has the last word: null is let in only if the list has it.
- Everything else next to a ``$ref`` is ignored, as the specification has it.
- A property that is ``readOnly`` is forbidden in a request (and ``writeOnly`` in a response), since ignoring it would
  let a client believe that it had been set. It is then not required either.
- ``oneOf`` or ``anyOf`` with a ``discriminator`` whose alternatives are all references is a choice by that property,
  so that a mistake is reported for the alternative that was meant. Any other discriminator is only a hint.
- ``int32`` and ``int64`` are ranges; ``float`` and ``double`` aren't: JSON numbers have no width.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from homeport.project.model import Schema
from homeport.project.schema.references import SchemaError, pointer_keys, resolve_reference, resolve_references

Direction = Literal["request", "response"]
JsonSchema = dict[str, Any]

_KEPT = (
    "enum",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "type": (str, "a word"),
    "pattern": (str, "a text"),
    "format": (str, "a word"),
    "enum": (list, "a list"),
    "required": (list, "a list"),
    "properties": (Mapping, "a map"),
    "additionalProperties": ((bool, Mapping), "true, false or a schema"),
    "discriminator": (Mapping, "a map"),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), (list, "a list")),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), ((int, float), "a number")),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), (int, "a whole number")),
    **dict.fromkeys(("minProperties", "maxProperties"), (int, "a whole number")),
}
_TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))
_COMPOSED = ("allOf", "anyOf", "oneOf", "not")
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def to_json_schema(schema: Schema, document: Mapping[str, Any], direction: Direction = "request") -> JsonSchema:
    """Translate a schema of ``document`` into JSON Schema draft-07, complete in itself.

    References become references into its ``definitions``, recursive ones included. ``direction`` tells a
    schema of requests from one of responses. Raises SchemaError for a reference that leads nowhere.
    """
    translation = Translator(document, direction)
    root = translation.schema(schema)
    return {**root, "definitions": translation.definitions} if translation.definitions else root


class Translator:
    """Translates schemas of one document; ``definitions`` collects the targets of their references.

    Schemas that are translated by one translator share its definitions.
    """

    def __init__(self, document: Mapping[str, Any], direction: Direction = "request") -> None:
        self.definitions: dict[str, JsonSchema] = {}
        self.document = document
        self._forbidden = "readOnly" if direction == "request" else "writeOnly"
        self._names: dict[str, str] = {}

    def schema(self, node: Any) -> JsonSchema:
        """Translate a schema; its references lead into ``definitions``. Raises SchemaError."""
        _check_keywords(node)
        nullable = node.get("nullable") is True
        if "$ref" in node:
            return _or_null({"$ref": f"#/definitions/{self._definition(node['$ref'])}"}, nullable)
        composed = any(key in node for key in _COMPOSED)
        translated = {
            **_types(node, nullable and not composed),
            **{key: node[key] for key in _KEPT if key in node},
            **_bounds(node),
            **self._object(node),
            **({"items": self.schema(node["items"])} if "items" in node else {}),
            **self._composition(node),
        }
        return _or_null(translated, nullable and composed and None in node.get("enum", [None]))

    def _definition(self, reference: str) -> str:
        name = self._names.get(reference)
        if name is None:
            resolve_references({"$ref": reference}, self.document)
            name = self._names[reference] = _free_name(pointer_keys(reference)[-1:], self.definitions)
            self.definitions[name] = {}
            self.definitions[name] = self.schema(resolve_reference(reference, self.document))
        return name

    def _object(self, node: Mapping[str, Any]) -> JsonSchema:
        properties = node.get("properties", {})
        forbidden = {name for name, prop in properties.items() if self._is_forbidden(prop, frozenset())}
        translated: JsonSchema = {}
        if properties:
            translated["properties"] = {
                name: False if name in forbidden else self.schema(prop) for name, prop in properties.items()
            }
        required = [name for name in node.get("required", ()) if name not in forbidden]
        if required:
            translated["required"] = required
        additional = node.get("additionalProperties", True)
        if additional is not True:
            translated["additionalProperties"] = additional if additional is False else self.schema(additional)
        return translated

    def _is_forbidden(self, node: Any, seen: frozenset[str]) -> bool:
        if not isinstance(node, Mapping):
            return False
        reference = node.get("$ref")
        if reference is not None:
            return reference not in seen and self._is_forbidden(
                resolve_reference(reference, self.document), seen | {reference}
            )
        return node.get(self._forbidden) is True or any(
            self._is_forbidden(part, seen) for part in node.get("allOf", ())
        )

    def _composition(self, node: Mapping[str, Any]) -> JsonSchema:
        translated: JsonSchema = {}
        choosing = "oneOf" if "oneOf" in node else "anyOf"
        choices = list(self._choices(node, choosing))
        parts = [self.schema(part) for part in node.get("allOf", ())]
        if parts or choices:
            translated["allOf"] = parts + choices
        for key in ("anyOf", "oneOf"):
            if key in node and not (choices and key == choosing):
                translated[key] = [self.schema(part) for part in node[key]]
        if "not" in node:
            translated["not"] = self.schema(node["not"])
        return translated

    def _choices(self, node: Mapping[str, Any], key: str) -> Iterator[JsonSchema]:
        discriminator = node.get("discriminator")
        alternatives = node.get(key, ())
        if not discriminator or not alternatives or not all("$ref" in part for part in alternatives):
            return
        name = discriminator["propertyName"]
        values: dict[str, list[str]] = {part["$ref"]: [part["$ref"].rpartition("/")[2]] for part in alternatives}
        for value, target in (discriminator.get("mapping") or {}).items():
            reference = target if target.startswith("#") else f"#/components/schemas/{target}"
            if reference in values:
                values = {key: [v for v in known if v != value] for key, known in values.items()}
                values[reference].append(value)
        known = [value for group in values.values() for value in group]
        yield {"type": "object", "required": [name], "properties": {name: {"enum": known}}}
        for reference, group in values.items():
            if group:
                chosen = {"required": [name], "properties": {name: {"enum": group}}}
                yield {"if": chosen, "then": {"$ref": f"#/definitions/{self._definition(reference)}"}}


def _check_keywords(node: Any) -> None:
    """Raise SchemaError for a keyword that would make a validator fail with each request."""
    if not isinstance(node, Mapping):
        raise SchemaError(f"a schema must be a map, not {node!r}")
    for word, (kind, words) in _KINDS.items():
        value = node.get(word)
        mistaken = isinstance(value, bool) and word != "additionalProperties"
        if word in node and (mistaken or not isinstance(value, kind)):
            raise SchemaError(f"{word} must be {words}, not {value!r}")
    if node.get("type", "object") not in _TYPES:
        raise SchemaError(f"there is no type {node['type']}", f"use {', '.join(sorted(_TYPES))}")
    if node.get("multipleOf", 1) <= 0:
        raise SchemaError(f"multipleOf must be greater than 0, not {node['multipleOf']}")


def _types(node: Mapping[str, Any], nullable: bool) -> JsonSchema:
    if "type" not in node:
        return {}
    return {"type": [node["type"], "null"] if nullable else node["type"]}


def _or_null(schema: JsonSchema, nullable: bool) -> JsonSchema:
    return {"anyOf": [schema, {"type": "null"}]} if nullable else schema


def _bounds(node: Mapping[str, Any]) -> JsonSchema:
    bounds: JsonSchema = {}
    low, high = _RANGES.get(node.get("format", ""), (None, None)) if node.get("type") == "integer" else (None, None)
    for word, exclusive, edge, tighter in (
        ("minimum", "exclusiveMinimum", low, max),
        ("maximum", "exclusiveMaximum", high, min),
    ):
        declared = node.get(word)
        if declared is not None and node.get(exclusive) is True:
            bounds[exclusive] = declared
            declared = None
        limits = [limit for limit in (declared, edge) if limit is not None]
        if limits:
            bounds[word] = tighter(limits)
    return bounds


def _free_name(keys: tuple[str, ...], taken: Mapping[str, Any]) -> str:
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", "".join(keys)) or "schema"
    candidates = (stem if count == 1 else f"{stem}.{count}" for count in range(1, len(taken) + 2))
    return next(candidate for candidate in candidates if candidate not in taken)
