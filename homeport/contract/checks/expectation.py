"""The representation that a resource must have after a write, and how the one that came differs from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.checks.client import Answer
from homeport.contract.checks.equality import MISSING, Equality, ValueDifference
from homeport.contract.rest.resource import NO_DEFAULT, Field, Resource
from homeport.project.model import Operation

# Properties that may be another with each read, as their names say.
_VOLATILE = re.compile(
    r"(^|_)(now|age|ttl|views?|hits|reads|elapsed|remaining|expires?_?in|server_?time|request_?id|trace_?id|last_?(seen|read|access\w*|"
    r"view\w*|used))$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"(^|_)(position|rank|ordinal|order|index|place|sort_?order|sequence)(_?(index|number|no))?$", re.IGNORECASE
)
"""Names of places among others, which change with the writes of those."""
_CREATED = re.compile(r"^(?!.*(?:_?by|user|name)$).*(creat|insert|regist|added)", re.IGNORECASE)
_TIME_NAME = re.compile(r"(At|On|Time|Date|Timestamp|_(at|on|time|date|timestamp)|^(created|modified|updated))$")
_UPDATED = re.compile(r"^(?!.*(?:_?by|user|name)$).*(updat|modif|chang)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expectations of the representations of a resource, as the document allows them."""

    resource: Resource
    equality: Equality

    def kept_fields(self, operation: Operation) -> dict[str, Field]:
        """Return the properties that an operation writes and answers show as they were sent."""
        return {
            field.name: field
            for field in self.resource.fields.values()
            if operation.id in field.written
            and field.answered
            and not (field.server_set or field.write_only or field.name == self.resource.id_property)
            and not any(part.get("format") == "password" for part in self.equality.parts(field.schema))
        }

    def after(self, operation: Operation, sent: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
        """Return the values that properties have after a write: those sent, and defaults where it writes the whole."""
        expected = {}
        for name, field in self.kept_fields(operation).items():
            if name in sent:
                expected[name] = sent[name]
            elif whole and field.default is not NO_DEFAULT:
                expected[name] = field.default
        return expected

    def differences(
        self, expected: Mapping[str, Any], answer: Answer, *, is_merged: bool = False
    ) -> Iterator[ValueDifference]:
        """Yield what an answer with the resource shows otherwise than ``expected``, one place of each property.

        ``is_merged``: an object of ``expected`` may have been merged into the one before, and so have more members.
        """
        shown = answer.json
        if not answer.ok or not isinstance(shown, Mapping):
            return
        for name, value in expected.items():
            field, found = self.resource.fields[name], shown.get(name, MISSING)
            if found is MISSING and not (self.documents(answer, name) and (field.always or value != field.default)):
                continue
            if value is None and not field.nullable:
                continue
            schema = {"allOf": [field.schema, *self._answered_schemas(answer, name)]}
            every = self.equality.differences(value, found, schema, f"/{name}")
            yield from [one for one in every if not (is_merged and one.expected is MISSING)][:1]

    def _answered_schemas(self, answer: Answer, name: str) -> list[Any]:
        """Return what the document has for a property of an answer: parts of it may be the service's own."""
        schema = answer_schema(answer)
        for key in (*answer.envelope, name):
            schema = self.equality.property_schema(schema, key)
        return [] if schema is None else [schema]

    def documents(self, answer: Answer, name: str) -> bool:
        """Return whether the document's schema for an answer has a property."""
        schema = answer_schema(answer)
        for key in answer.envelope:
            schema = self.equality.property_schema(schema, key)
        return self.equality.property_schema(schema, name) is not None

    @property
    def created(self) -> list[str]:
        """The names of the properties that have the time of creation."""
        return [name for name in self._times() if _CREATED.search(name) and not _UPDATED.search(name)]

    @property
    def updated(self) -> list[str]:
        """The names of the properties that have the time of the last write."""
        return [name for name in self._times() if _UPDATED.search(name)]

    def is_stable(self, name: str) -> bool:
        """Return whether a property has the same value in each read."""
        if name in self.resource.background_properties:
            return False
        field = self.resource.fields.get(name)
        text = str(field.schema.get("description", "")) if field else ""
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
        return not _VOLATILE.search(snake) and not re.search(r"\b(each|every) (read|time|request)", text)

    def independent(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stable properties that writes of other resources leave alone: no place among them."""
        return {
            name: value
            for name, value in self.stable(shown).items()
            if not (isinstance(value, int) and _RELATIVE.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)))
        }

    def stable(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of a representation that have the same value in each read."""
        return {name: value for name, value in shown.items() if self.is_stable(name)}

    def lasting(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties that a write leaves alone unless it names them: clients' own, id, creation."""
        own = {*self.created, self.resource.id_property}
        return {
            name: value
            for name, value in self.stable(shown).items()
            if name in own or ((field := self.resource.fields.get(name)) is not None and self._is_clients(field))
        }

    def _is_clients(self, field: Field) -> bool:
        return bool(field.written) and not field.server_set and field.name != self.resource.version

    def _times(self) -> list[str]:
        """Return the names of the properties that the service sets to a time, as their format or name says."""
        return [
            name
            for name, field in self.resource.fields.items()
            if field.answered
            and (field.server_set or not field.written)
            and (
                _TIME_NAME.search(name)
                or any(part.get("format") == "date-time" for part in self.equality.parts(field.schema))
            )
        ]


def answer_schema(answer: Answer) -> Any:
    """Return the schema that the document has for an answer's body, None where it has none."""
    responses, status = answer.operation.responses, str(answer.status)
    response = responses.get(status) or responses.get(f"{status[0]}XX") or responses.get("default") or {}
    content = response.get("content") or {}
    return next((kind.get("schema") for name, kind in content.items() if "json" in name), None)
