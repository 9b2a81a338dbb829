"""Links of answers, which lead to operations with values of the answer. Pure.

https://spec.openapis.org/oas/v3.0.3#link-object
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from homeport.contract.document.finding_at import finding_at, show
from homeport.contract.document.places import DocumentMap, OperationPlace, ResponsePlace, SpecPath, as_map
from homeport.contract.finding import Finding
from homeport.project.names import did_you_mean
from homeport.project.schema.references import pointer_keys

CHECK = "links-lead-somewhere"

_PROMISE = "A link leads to an operation, with parameters that this has and values that the answer has"
_ORIGIN = "OpenAPI 3.0, Link Object"
_EXPRESSION = re.compile(r"\{(\$[^}]*)\}")
_SOURCES = re.compile(r"\$(url|method|statusCode|(?:request|response)\.(?:header\.|query\.|path\.|body(?=#|$)).*)")
_PLACES = ("path", "query", "header", "cookie")
# Headers that a server sends without the document's word.
_UNDOCUMENTED_HEADERS = frozenset(("content-length", "content-type", "date"))


def check_links(document: DocumentMap) -> Iterator[Finding]:
    """Yield a finding for each link that leads to nothing, or with what is not there."""
    by_id = {operation.id: operation for operation in document.operations if operation.id}
    for operation in document.operations:
        for response in operation.responses:
            for name in as_map(response.value.get("links")):
                path, link = document.resolve((*response.path, "links", str(name)))
                yield from _Link(document, operation, response, path, str(name)).check(by_id, link)


class _Link:
    """A link of an answer of an operation."""

    def __init__(
        self, document: DocumentMap, owner: OperationPlace, response: ResponsePlace, path: SpecPath, name: str
    ) -> None:
        self._document = document
        self._owner = owner
        self._response = response
        self._path = path
        self._name = f"the link {name} of the answer {response.status} of {owner.label}"

    def check(self, by_id: dict[str, OperationPlace], link: Any) -> Iterator[Finding]:
        """Yield what is wrong with the link."""
        target: OperationPlace | None = None
        if isinstance(link.get("operationId"), str):
            target = by_id.get(link["operationId"])
            if target is None:
                hint = did_you_mean(link["operationId"], by_id)
                yield self._finding("operationId", f"leads to {link['operationId']!r}, which no operation is", hint)
        elif str(link.get("operationRef", "")).startswith("#/"):
            keys = pointer_keys(link["operationRef"])
            target = next((each for each in self._document.operations if each.path == keys), None)
            if self._document.get(keys) is None:
                yield self._finding("operationRef", f"leads to {link['operationRef']}, where nothing is")
        for name, value in as_map(link.get("parameters")).items():
            if target is not None and not _has_parameter(target, str(name)):
                known = {parameter.name for parameter in target.parameters}
                message = f"sets the parameter {name!r}, which {target.label} does not have"
                yield self._finding(f"parameters/{name}", message, did_you_mean(str(name), known))
            yield from self._values(f"parameters/{name}", value)
        yield from self._values("requestBody", link.get("requestBody"))

    def _values(self, key: str, value: Any) -> Iterator[Finding]:
        if not isinstance(value, str):
            return
        for expression in [value] if value.startswith("$") else _EXPRESSION.findall(value):
            fault = self._fault(expression)
            if fault:
                yield self._finding(key, f"takes {expression}, and {fault}")

    def _fault(self, expression: str) -> str:
        """Return what is wrong with a runtime expression, ``""`` if nothing is."""
        if not _SOURCES.fullmatch(expression):
            return "that is no runtime expression of OpenAPI"
        side, _, rest = expression.removeprefix("$").partition(".")
        place, _, name = rest.partition(".")
        if place in ("header", "query", "path"):
            return self._header_fault(name) if side == "response" else self._parameter_fault(place, name)
        if "#" not in rest:
            return ""
        steps = pointer_keys(rest.partition("#")[2])
        contents = self._response.content if side == "response" else self._owner.body
        schemas = [content.schema for content in contents if content.schema is not None]
        if side == "response" and not contents and not self._response.status.startswith("d"):
            return "the answer has no content"
        if not schemas or any(_may_have(self._document, schema, steps) for schema in schemas):
            return ""
        return f"no schema of the {side} has {'/'.join(steps)}"

    def _header_fault(self, name: str) -> str:
        known = {header.name.lower() for header in self._response.headers} | _UNDOCUMENTED_HEADERS
        return "" if name.lower() in known else f"the answer documents no header {name}"

    def _parameter_fault(self, place: str, name: str) -> str:
        same = [each.name for each in self._owner.parameters if each.place == place]
        found = name in same or (place == "header" and name.lower() in {each.lower() for each in same})
        # Every request may have the headers that OpenAPI describes by other means.
        found = found or (place == "header" and name.lower() in ("accept", "authorization", "content-type"))
        return "" if found else f"{self._owner.label} has no {place} parameter {show(name)}"

    def _finding(self, key: str, happened: str, hint: str = "") -> Finding:
        path = (*self._path, *key.split("/", 1))
        return finding_at(
            self._document,
            path,
            CHECK,
            _PROMISE,
            f"{self._name} {happened}",
            _ORIGIN,
            operation=self._owner.label,
            hint=hint,
        )


def _has_parameter(operation: OperationPlace, name: str) -> bool:
    place, _, rest = name.partition(".")
    if place in _PLACES and rest:
        return any(each.place == place and _same(each.name, rest, place) for each in operation.parameters)
    return any(each.name == name for each in operation.parameters)


def _same(name: str, other: str, place: str) -> bool:
    return name.lower() == other.lower() if place == "header" else name == other


def _may_have(
    document: DocumentMap, schema: SpecPath, steps: tuple[str, ...], seen: frozenset[SpecPath] = frozenset()
) -> bool:
    """Return whether a schema has a value at a pointer, or leaves open what is there."""
    where, value = document.resolve(schema)
    if not steps or not value or where in seen:
        return not steps or not value
    parts = [
        (*where, key, str(index)) for key in ("allOf", "anyOf", "oneOf") for index, _ in enumerate(value.get(key) or ())
    ]
    if parts:
        if any(_may_have(document, part, steps, seen | {where}) for part in parts):
            return True
        if not value.get("properties"):
            return False
    if value.get("items") and (steps[0].isdecimal() or steps[0] == "-"):
        return _may_have(document, (*where, "items"), steps[1:])
    properties = as_map(value.get("properties"))
    if steps[0] in properties:
        return _may_have(document, (*where, "properties", steps[0]), steps[1:])
    if value.get("additionalProperties"):
        return True
    # A map of free names says nothing of each.
    return not properties and not value.get("items") and value.get("type", "object") == "object" and not parts
