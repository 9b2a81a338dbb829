"""Steps: the writes that lead a resource from one of its states to another. Pure.

An action is one (``POST /posts/{id}/publish``), and so is a choice of a state in a body: in a PATCH, in an action, or
in what is added below (``POST /parcels/{id}/events`` with ``{"type": "delivered"}``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.contract.rest.counts import is_right_below
from homeport.contract.rest.random_value import whole_schema
from homeport.contract.rest.resource import ApiModel, Resource
from homeport.contract.rest.shapes import Document, body_schema, shape_of
from homeport.contract.rest.written_orders import words_of
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map


@dataclass(frozen=True, slots=True)
class StateStep:
    """A write ``operation`` with ``choice`` in its body, of a resource or of ``below``, a kind that it has below it."""

    operation: Operation
    choice: Mapping[str, str] = field(default_factory=dict)
    below: Resource | None = None

    @property
    def label(self) -> str:
        """The step in words."""
        chosen = "".join(f" with {name} {value}" for name, value in self.choice.items())
        return f"{self.operation.label}{chosen}"


def steps_of(resource: Resource, model: ApiModel, target: Operation | None = None) -> list[StateStep]:
    """Return the steps of a resource: those to states that the words of ``target`` name, its actions, then others."""
    actions = [one for one in resource.actions if one.method == "POST"]
    plain, chosen = [StateStep(one) for one in actions], list(_chosen_steps(resource, actions, model))
    words = "" if target is None else _words(target, model.document)
    named = [one for one in chosen if any(_is_named(value, words) for value in one.choice.values())]
    return [*named, *plain, *(one for one in chosen if one not in named)]


def entries_below(resource: Resource, model: ApiModel) -> list[StateStep]:
    """Return the creates of what is right below a resource, each as a step: a quiz is published with a question."""
    below = [one for one in model.resources if is_right_below(one, resource)]
    return [StateStep(one.create, {}, one) for one in below if one.create is not None]


def _chosen_steps(resource: Resource, actions: list[Operation], model: ApiModel) -> Iterator[StateStep]:
    document = model.document
    states = {
        value
        for one in resource.fields.values()
        if one.answered and one.name != resource.id_property
        for value in _choices(one.schema, document)
    }
    writers: list[tuple[Operation | None, Resource | None]] = [(one, None) for one in (*actions, resource.change)]
    below = [(one.operation, one.below) for one in entries_below(resource, model)]
    for write, owner in [*writers, *below] if states else ():
        properties = shape_of(body_schema(write), document).properties if write is not None else {}
        for name, schema in properties.items():
            for value in _choices(schema, document) if write is not None else ():
                if write is not None and value in states:
                    yield StateStep(write, {name: value}, owner)


def _choices(schema: Any, document: Document) -> list[str]:
    values = whole_schema(schema, document).get("enum")
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []


def _words(operation: Operation, document: Document) -> str:
    conflict = resolve_map(operation.responses.get("409"), document)
    return f"{words_of(document, operation)} {conflict.get('description') or ''}"


def _is_named(value: str, words: str) -> bool:
    spaced = value.replace("_", " ").replace("-", " ")
    return any(re.search(rf"\b{re.escape(one)}\b", words, re.IGNORECASE) for one in (value, spaced))
