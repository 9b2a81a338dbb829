"""Attributes, elements and entries of Terraform's values.

https://developer.hashicorp.com/terraform/language/expressions/references
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.terraform.evaluation.values import (
    EvaluationError,
    LazyObject,
    SetOf,
    StandInText,
    as_number,
    as_text,
    describe,
)


def attribute_of(target: Any, name: str) -> Any:
    """Return an attribute of an object. Raises EvaluationError."""
    match target:
        case LazyObject():
            return target.attribute(name)
        case dict() if name in target:
            return target[name]
        case StandInText():
            return StandInText(f"{target}-{name}")
        case list() if len(target) == 1 and isinstance(target[0], LazyObject):
            raise EvaluationError(f"a list has no attribute {name!r}", hint=f"write [0].{name}")
    raise EvaluationError(f"{describe(target)} has no attribute {name!r}")


def index_of(target: Any, key: Any) -> Any:
    """Return an element of a list or a map. Raises EvaluationError."""
    match target:
        case list():
            position = as_number(key)
            if not isinstance(position, int) or not 0 <= position < len(target):
                raise EvaluationError(f"a list of {len(target)} has no element {as_text(key)}")
            return target[position]
        case dict():
            name = as_text(key)
            if name not in target:
                raise EvaluationError(f"the map has no key {name!r}")
            return target[name]
        case LazyObject():
            return target.attribute(as_text(key))
        case StandInText():
            return StandInText(target)
    raise EvaluationError(f"{describe(target)} has no elements")


def entries_of(collection: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the keys (positions) and values of a collection; of a set each value twice. Raises EvaluationError."""
    match collection:
        case LazyObject():
            yield from collection.to_map().items()
        case dict():
            # Terraform goes through maps in the order of their keys.
            yield from sorted(collection.items())
        case SetOf():
            yield from ((element, element) for element in collection)
        case list():
            yield from enumerate(collection)
        case StandInText():
            return
        case _:
            raise EvaluationError(f"{describe(collection)} has no elements")
