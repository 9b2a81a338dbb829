"""The nodes of HCL: expressions, attributes and blocks. ``line`` counts from 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class HclError(Exception):
    """A text that is no HCL; ``line`` counts from 1, ``hint`` says what to do."""

    def __init__(self, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


@dataclass(frozen=True, slots=True)
class HclLiteral:
    """A number, a text without interpolation, true, false or null."""

    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class TemplateIf:
    """The directive ``%{ if }`` of a template, with the parts of its branches."""

    condition: Expression
    then: tuple[TemplatePart, ...]
    otherwise: tuple[TemplatePart, ...]


@dataclass(frozen=True, slots=True)
class TemplateFor:
    """The directive ``%{ for }`` of a template; ``key`` is ``""`` where it has one name only."""

    key: str
    name: str
    collection: Expression
    parts: tuple[TemplatePart, ...]


@dataclass(frozen=True, slots=True)
class HclTemplate:
    """A text with interpolations and directives."""

    parts: tuple[TemplatePart, ...]
    line: int


@dataclass(frozen=True, slots=True)
class TupleExpression:
    """``[a, b]``."""

    items: tuple[Expression, ...]
    line: int


@dataclass(frozen=True, slots=True)
class ObjectExpression:
    """``{ a = b }``. A key that is a bare name is a ``HclLiteral``."""

    items: tuple[tuple[Expression, Expression], ...]
    line: int


@dataclass(frozen=True, slots=True)
class HclName:
    """The first name of a reference: ``var``, ``aws_lambda_function``, the name of a ``for``."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class GetAttribute:
    """``target.name``."""

    target: Expression
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class HclIndex:
    """``target[key]``."""

    target: Expression
    key: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Splat:
    """``target[*].a.b``: ``each`` is what is worked out for every element, which it names ``ELEMENT``."""

    target: Expression
    each: Expression
    line: int


ELEMENT = "*"
"""The name of a splat's element in its ``each``; no owner can write it."""


@dataclass(frozen=True, slots=True)
class HclCall:
    """``name(arguments)``; with ``expands`` the last argument is a list of arguments (``...``)."""

    name: str
    arguments: tuple[Expression, ...]
    expands: bool
    line: int


@dataclass(frozen=True, slots=True)
class UnaryOperation:
    """``!operand`` or ``-operand``."""

    operator: str
    operand: Expression
    line: int


@dataclass(frozen=True, slots=True)
class BinaryOperation:
    """``left operator right``."""

    operator: str
    left: Expression
    right: Expression
    line: int


@dataclass(frozen=True, slots=True)
class ConditionalExpression:
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression
    line: int


@dataclass(frozen=True, slots=True)
class ForExpression:
    """``[for …]``, or with a ``result_key`` ``{for …}``; ``groups`` is its ``...``, ``key`` may be ``""``."""

    key: str
    name: str
    collection: Expression
    result_key: Expression | None
    result: Expression
    groups: bool
    condition: Expression | None
    line: int


Expression = (
    HclLiteral
    | HclTemplate
    | TupleExpression
    | ObjectExpression
    | HclName
    | GetAttribute
    | HclIndex
    | Splat
    | HclCall
    | UnaryOperation
    | BinaryOperation
    | ConditionalExpression
    | ForExpression
)
TemplatePart = str | Expression | TemplateIf | TemplateFor


@dataclass(frozen=True, slots=True)
class HclAttribute:
    """``name = expression`` of a body, in a file."""

    name: str
    expression: Expression
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """``type "label" { … }``, in a file."""

    type: str
    labels: tuple[str, ...]
    body: HclBody
    file: str
    line: int


@dataclass(slots=True)
class HclBody:
    """The attributes and blocks in a pair of braces, or of a file."""

    attributes: dict[str, HclAttribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def of_type(self, type: str) -> Iterator[Block]:
        """Yield the blocks of a type."""
        return (block for block in self.blocks if block.type == type)
