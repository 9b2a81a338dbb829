"""Notes on a document by the answers of a run: what they never had, always had, or had beside it. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from homeport.contract.document.examples import is_json, schema_name
from homeport.contract.document.finding_at import finding_at, show
from homeport.contract.document.flat_schema import FlatSchema, flatten
from homeport.contract.document.places import DocumentMap, OperationPlace, ResponsePlace, SpecPath, map_document
from homeport.contract.document.sums import AnswerSums
from homeport.contract.document.validators import DocumentValidators
from homeport.contract.finding import Finding
from homeport.contract.http_exchange import HttpExchange
from homeport.http_headers import header_value
from homeport.project.project import Project

PROPERTY = "properties-are-documented"
UNSEEN_STATUS = "documented-success-comes"
UNSEEN_PROPERTY = "documented-property-comes"
UNSEEN_VALUE = "documented-value-comes"
ALWAYS_NULL = "property-is-not-always-null"

_ENOUGH = 10
"""Values that tell something: fewer may all be alike by chance."""

_MOST_VALUES = 200
_DEEPEST = 20
_ORIGIN = "the document's responses"


def answer_findings(project: Project, exchanges: Iterable[tuple[str, HttpExchange]]) -> tuple[Finding, ...]:
    """Return what the answers of a whole run say about the document, and the sums in them that are wrong.

    ``exchanges`` come with the label of their operation, ``GET /items/{itemId}``.
    """
    document = map_document(project.contract or project.documents.spec)
    observed, sums = ObservedAnswers(document), AnswerSums(document)
    for label, exchange in exchanges:
        observed.add(label, exchange)
        sums.add(label, exchange)
    return (*observed.findings(), *sums.findings())


class ObservedAnswers:
    """Counts what answers have, by the places of the document that describe it."""

    def __init__(self, document: DocumentMap) -> None:
        self._document = document
        self._operations = {operation.label: operation for operation in document.operations}
        self._validators = DocumentValidators(document)
        self._flat = cache(lambda path: flatten(document, path))
        self._statuses: Counter[tuple[str, str]] = Counter()
        self._answered: Counter[str] = Counter()
        self._objects: Counter[SpecPath] = Counter()
        self._labels: dict[SpecPath, str] = {}
        self._present: Counter[tuple[SpecPath, str]] = Counter()
        self._null: Counter[tuple[SpecPath, str]] = Counter()
        self._values: dict[SpecPath, Counter[str]] = {}
        self._unknown: dict[tuple[SpecPath, str], tuple[str, HttpExchange]] = {}

    def add(self, label: str, exchange: HttpExchange) -> None:
        """Count an answer; one that API Gateway gave itself, or that is not documented, is left out."""
        operation = self._operations.get(label)
        if operation is None or operation.method not in (exchange.method, "ANY") or not exchange.status:
            return
        response = documented_response(operation, exchange.status)
        self._answered[label] += 1
        if response is None:
            return
        self._statuses[label, response.status] += 1
        # An error of API Gateway may have the same media type as the operation's own.
        if not 200 <= exchange.status < 300:
            return
        kind = (header_value(exchange.reply_headers, "content-type") or "").partition(";")[0].strip().lower()
        content = next((each for each in response.content if each.media_type.partition(";")[0] == kind), None)
        if content is None or content.schema is None or not is_json(kind):
            return
        try:
            value = json.loads(exchange.reply_body)
        except (ValueError, RecursionError):
            return
        for path, name in self._count(value, content.schema, label, 0):
            self._unknown.setdefault((path, name), (label, exchange))

    def _count(self, value: Any, schema: SpecPath, label: str, depth: int) -> Iterator[tuple[SpecPath, str]]:
        """Count a value, and yield the properties in it that no schema has."""
        flat = self._flat(schema)
        if depth > _DEEPEST:
            return
        chosen = [each for each in flat.choices if self._validators.is_valid(value, each, "response")]
        for each in chosen:
            inner = list(self._count(value, each, label, depth + 1))
            # What another alternative has, one of them need not have.
            yield from inner if len(chosen) == 1 and not flat.properties else ()
        if isinstance(flat.keywords.get("enum"), list):
            seen = self._values.setdefault(flat.path, Counter())
            self._labels.setdefault(flat.path, label)
            seen[json.dumps(value, sort_keys=True)] += 1
        if isinstance(value, list) and isinstance(flat.keywords.get("items"), dict):
            for item in value[:_MOST_VALUES]:
                yield from self._count(item, flat.place("items"), label, depth + 1)
        elif isinstance(value, dict):
            yield from self._count_object(value, flat, label, depth)

    def _count_object(
        self, value: dict[str, Any], flat: FlatSchema, label: str, depth: int
    ) -> Iterator[tuple[SpecPath, str]]:
        self._objects[flat.path] += 1
        self._labels.setdefault(flat.path, label)
        is_described = bool(flat.properties) and "additionalProperties" not in flat.keywords and not flat.choices
        for name, inner in value.items():
            if name in flat.properties:
                self._present[flat.path, name] += 1
                self._null[flat.path, name] += inner is None
                yield from self._count(inner, flat.properties[name], label, depth + 1)
            elif is_described:
                yield flat.path, name

    def findings(self) -> tuple[Finding, ...]:
        """Return what the counts say: a warning for a property that is not documented, else notes."""
        return (*self._unknown_properties(), *self._unseen_statuses(), *self._properties(), *self._enums())

    def _unknown_properties(self) -> Iterator[Finding]:
        for (path, name), (label, exchange) in self._unknown.items():
            found = finding_at(
                self._document,
                path,
                PROPERTY,
                "An answer has the properties that the document describes",
                f"{label} answered with the property {name!r}, which {schema_name(path)} does not have",
                _ORIGIN,
                operation=label,
                severity="warning",
                subject=f"{schema_name(path)}/{name}",
            )
            yield replace(found, exchanges=(exchange,))

    def _unseen_statuses(self) -> Iterator[Finding]:
        for label, operation in self._operations.items():
            for response in operation.responses if self._answered[label] else ():
                if response.status.startswith("2") and not self._statuses[label, response.status]:
                    yield self._note(
                        response.path,
                        UNSEEN_STATUS,
                        "A documented success is what an operation can answer",
                        f"none of {self._answered[label]} answers of {label} was {response.status}",
                        label,
                        f"{label} {response.status}",
                    )

    def _properties(self) -> Iterator[Finding]:
        for path, count in self._objects.items():
            flat = self._flat(path)
            for name, place in flat.properties.items() if count >= _ENOUGH else ():
                present, null = self._present[path, name], self._null[path, name]
                schema = self._document.resolve(place)[1]
                label = f"{name!r} of {schema_name(path)}"
                if not present and name not in flat.required and schema.get("writeOnly") is not True:
                    text = f"none of {count} values had {label}"
                    promise = "A documented property is one that answers can have"
                    yield self._note(place, UNSEEN_PROPERTY, promise, text, self._labels[path])
                elif present >= _ENOUGH and null == present and schema.get("enum") != [None]:
                    text = f"{label} was null in all {present} values"
                    promise = "A property is not always null"
                    yield self._note(place, ALWAYS_NULL, promise, text, self._labels[path])

    def _enums(self) -> Iterator[Finding]:
        for path, seen in self._values.items():
            listed = self._flat(path).keywords["enum"]
            unseen = [value for value in listed if json.dumps(value, sort_keys=True) not in seen]
            if unseen and seen.total() >= _ENOUGH:
                text = f"none of {seen.total()} values of {schema_name(path)} was {', '.join(map(show, unseen[:5]))}"
                promise = "A value of an enum is one that answers can have"
                yield self._note((*path, "enum"), UNSEEN_VALUE, promise, text, self._labels[path])

    def _note(self, path: SpecPath, check: str, promise: str, text: str, label: str, subject: str = "") -> Finding:
        return finding_at(
            self._document, path, check, promise, text, _ORIGIN, operation=label, severity="note", subject=subject
        )


def documented_response(operation: OperationPlace, status: int) -> ResponsePlace | None:
    """Return what an operation documents for a status, None for nothing."""
    documented = {response.status.upper(): response for response in operation.responses}
    keys = (str(status), f"{status // 100}XX", "DEFAULT")
    return next((documented[key] for key in keys if key in documented), None)
