"""The nodes of an expression's tree.

A parsed tree has ``Name`` and ``Placeholder`` nodes, as they are written. ``binding`` makes of it the same tree with
paths and values: a ``Name`` becomes its attribute's name, a ``Placeholder`` a ``Constant``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

AttributeValue: TypeAlias = Mapping[str, Any]
"""A value as DynamoDB's API writes it: ``{"S": "text"}``."""

Path: TypeAlias = tuple[str | int, ...]
"""A document path: names of attributes and indexes of lists, the first one a name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a path: an attribute's, or a ``#placeholder``."""

    text: str


@dataclass(frozen=True, slots=True)
class PathNode:
    """A document path as it is written: its first part is a name."""

    parts: tuple[Name | int, ...]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A ``:value``."""

    text: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """A bound document path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Constant:
    """A bound value."""

    value: AttributeValue


@dataclass(frozen=True, slots=True)
class FunctionTerm:
    """A function with its operands; ``+`` and ``-`` are the functions of these names."""

    function: str
    operands: tuple[Operand, ...]


Operand: TypeAlias = PathNode | Placeholder | Attribute | Constant | FunctionTerm


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands and what compares them: ``= <> < <= > >=``."""

    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """``a BETWEEN b AND c``."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class In:
    """``a IN (b, c)``: the first operand is the one that is looked for."""

    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Both conditions hold."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the conditions holds."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Negation:
    """The condition does not hold."""

    condition: Condition


Condition: TypeAlias = Comparison | Between | In | And | Or | Negation | FunctionTerm


@dataclass(frozen=True, slots=True)
class Assign:
    """``path = value`` in a SET section."""

    path: Operand
    value: Operand


@dataclass(frozen=True, slots=True)
class Remove:
    """A path in a REMOVE section."""

    path: Operand


@dataclass(frozen=True, slots=True)
class Add:
    """``path value`` in an ADD section."""

    path: Operand
    value: Operand


@dataclass(frozen=True, slots=True)
class Delete:
    """``path value`` in a DELETE section: members that leave a set."""

    path: Operand
    value: Operand


Action: TypeAlias = Assign | Remove | Add | Delete


@dataclass(frozen=True, slots=True)
class Update:
    """An update expression: its actions, and the names of its sections in the order in which they are written."""

    sections: tuple[str, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed expression; ``redundant`` says that it has parentheses around parentheses."""

    root: Condition | Update | tuple[Operand, ...]
    redundant: bool


def written_path(path: Path) -> str:
    """Return a path as DynamoDB's messages print it: ``[m, x, [0]]``."""
    return "[" + ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path) + "]"


def kind_of(value: AttributeValue) -> str:
    """Return the type of a value: ``S``, ``N`` and so on."""
    return next(iter(value), "")


def operands_of(node: Condition | Operand) -> tuple[Operand, ...]:
    """Return the operands directly below a node, none for one that joins conditions."""
    return node.operands if isinstance(node, Comparison | Between | In | FunctionTerm) else ()
