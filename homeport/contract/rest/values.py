"""The values of a run, by seed: bodies, ids and parameters that keep to the document, and invalid ones. Pure."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.rest import shapes
from homeport.contract.rest.examples import body_examples, parameter_examples
from homeport.contract.rest.invalid_values import Invalid, invalid_values
from homeport.contract.rest.lifetimes import with_lasting_values
from homeport.contract.rest.matching_text import matching_text
from homeport.contract.rest.random_value import random_value, whole_schema
from homeport.contract.rest.resource import Envelope, Resource
from homeport.contract.rest.spans import ends_of_spans
from homeport.contract.rest.telling_values import telling_values
from homeport.contract.rest.validity import is_valid
from homeport.project.model import Operation, Schema
from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value

__all__ = ["Invalid", "Values"]

_ID_TRIES = 20


@dataclass(frozen=True, slots=True)
class Values:
    """The source of values of a run. Each random choice is ``random``'s; ``document`` resolves references.

    Bodies and their schemas are without the envelopes of their operations, which the client puts around them.
    """

    document: Mapping[str, Any]
    random: random.Random
    envelopes: Mapping[str, Envelope] = field(default_factory=dict)

    def body(self, operation: Operation, resource: Resource) -> Any:
        """Return a valid request body that the API probably accepts: its richest example, with an id of its own.

        Returns None for an operation without a JSON body.
        """
        bodies = self.bodies(operation, resource)
        return bodies[0] if bodies else None

    def bodies(self, operation: Operation, resource: Resource) -> list[Any]:
        """Return valid bodies that the API may accept, the likeliest first; empty for an operation without one."""
        schema = self.body_schema(operation)
        if schema is None:
            return []
        keys = self._envelope(operation)
        written = [_value_at(one, keys) for one in body_examples(operation, self.document)]
        examples = [one for one in written if is_valid(one, schema, self.document)]
        examples.sort(key=lambda one: -len(one) if isinstance(one, dict | list) else 0)
        sample = sample_value(schema, self.document, direction="request")
        if is_valid(sample, schema, self.document):
            examples.append(sample)
        examples.append(self.valid(schema))
        found: list[Any] = []
        for example in examples:
            keep = ends_of_spans(operation, self.document, example) if isinstance(example, dict) else frozenset()
            made = self.with_own_id(with_lasting_values(example, schema, self.document, keep), resource)
            if made not in found:
                found.append(made)
        return found

    def _envelope(self, operation: Operation) -> tuple[str, ...]:
        return self.envelopes[operation.id].body if operation.id in self.envelopes else ()

    def with_own_id(self, value: Any, resource: Resource) -> Any:
        """Return a body with an id that no resource has, where the body has the resource's id."""
        name = resource.id_property
        if isinstance(value, dict) and name in value and not resource.keyed_by:
            return {**value, name: self.new_id(resource)}
        return value

    def body_schema(self, operation: Operation) -> Schema | None:
        """Return the schema of an operation's JSON body, its reference resolved; None: it has none."""
        schema = shapes.body_schema(operation)
        if schema is None:
            return None
        return resolve_map(shapes.at_keys(schema, self._envelope(operation), self.document), self.document)

    def new_id(self, resource: Resource) -> Any:
        """Return an id that no resource has, valid for the resource's path parameter."""
        schemas = [self._id_schema(resource)]
        own = resource.fields.get(resource.id_property)
        if own is not None:
            schemas.append(own.schema)
        for _ in range(_ID_TRIES):
            for value in self._id_candidates(schemas):
                if all(is_valid(value, schema, self.document, "response") for schema in schemas):
                    return value
        return self.valid(schemas[0]) if schemas[0] else self._uuid()

    def _id_schema(self, resource: Resource) -> Schema:
        for operation in resource.operations:
            for parameter in operation.parameters:
                if parameter.place == "path" and parameter.name == resource.id_parameter:
                    return parameter.schema
        return {}

    def _id_candidates(self, schemas: list[Schema]) -> list[Any]:
        own = self._uuid()
        bits = self.random.getrandbits(30)
        found: list[Any] = [own, own.replace("-", ""), own[:8], f"a{bits:x}", str(bits), bits, bits % 1_000_000]
        for schema in schemas:
            node = whole_schema(schema, self.document)
            if node.get("pattern"):
                least, most = int(node.get("minLength") or 8), node.get("maxLength")
                made = matching_text(str(node["pattern"]), self.random, min(least, most or least), most)
                found += [made] if made is not None else []
        return found

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def new_key(self) -> str:
        """Return a key that no request has had."""
        return self._uuid()

    def parameter(self, operation: Operation, name: str) -> Any:
        """Return a valid value for a parameter of an operation: its example, or else a random one."""
        schema = next((one.schema for one in operation.parameters if one.name == name), {})
        for example in parameter_examples(operation, name, self.document):
            if is_valid(example, schema, self.document):
                return example
        node = whole_schema(schema, self.document)
        if "default" in node and is_valid(node["default"], schema, self.document):
            return node["default"]
        return self.valid(schema) if schema else self._uuid()

    def valid(self, schema: Schema, name: str = "") -> Any:
        """Return a random valid value, of the plain kind that a service likely accepts; ``name`` is its property's."""
        return random_value(schema, self.document, self.random, name)

    def telling(self, schema: Schema, name: str = "") -> list[Any]:
        """Return valid values at which services go wrong, the most telling first, always the same ones.

        Texts with spaces around them, in other cases and Unicode forms, of the extreme lengths; numbers with many
        digits; empty texts and lists, null; times with an offset and of every precision. A number with more digits than
        a double holds comes last: https://www.rfc-editor.org/rfc/rfc8259#section-6 lets a service round it.
        ``name`` is the property's: one by which a resource ends has values that are far away.
        """
        return telling_values(schema, self.document, name=name)

    def invalid(self, schema: Schema, base: Any = None) -> list[Invalid]:
        """Return values that break a schema, each in one way; those of an object are changes of ``base``."""
        return invalid_values(schema, self.document, base)

    def is_valid(self, value: Any, schema: Schema) -> bool:
        """Return whether a value of a request keeps to its schema."""
        return is_valid(value, schema, self.document)


def _value_at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
