"""Nodes of expressions that are no references: literals, and operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.vtl.errors import TemplateError
from homeport.vtl.nodes import Expression, TemplateBlock
from homeport.vtl.operators import BINARY_OPERATORS
from homeport.vtl.state import Output, RenderState
from homeport.vtl.values import is_number


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a boolean, or a string without references."""

    value: object

    def evaluate(self, state: RenderState) -> object:
        """Return the value."""
        return self.value

    def is_true(self, state: RenderState) -> bool:
        """Return whether this is ``true``: Velocity takes no other literal as true."""
        return self.value is True


@dataclass(frozen=True, slots=True)
class QuotedTemplate:
    """A string in double quotes that has references or directives: a template of its own."""

    block: TemplateBlock

    def evaluate(self, state: RenderState) -> object:
        """Return the text that the string renders as."""
        out = Output(state.meter)
        self.block.render(state, out)
        return out.text()

    def is_true(self, state: RenderState) -> bool:
        """Return False: a string in a condition is no Boolean."""
        return False


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """``[1, "a", $x]``."""

    elements: tuple[Expression, ...]

    def evaluate(self, state: RenderState) -> object:
        """Return a new list."""
        state.meter.charge(1 + len(self.elements))
        state.meter.enter()
        values = [element.evaluate(state) for element in self.elements]
        state.meter.leave()
        return values

    def is_true(self, state: RenderState) -> bool:
        """Return False: a list in a condition is no Boolean."""
        return False


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """``{"key": "value"}``."""

    entries: tuple[tuple[Expression, Expression], ...]

    def evaluate(self, state: RenderState) -> object:
        """Return a new map."""
        state.meter.charge(1 + len(self.entries))
        state.meter.enter()
        result: dict[object, object] = {}
        for key_node, value_node in self.entries:
            key = key_node.evaluate(state)
            if isinstance(key, list | dict):
                raise TemplateError("a list or a map can't be the key of a map here")
            result[key] = value_node.evaluate(state)
        state.meter.leave()
        return result

    def is_true(self, state: RenderState) -> bool:
        """Return False: a map in a condition is no Boolean."""
        return False


@dataclass(frozen=True, slots=True)
class RangeLiteral:
    """``[1..5]``, ``[2..-2]``: both ends belong to it."""

    first: Expression
    last: Expression

    def evaluate(self, state: RenderState) -> object:
        """Return a new list of numbers; None if an end is no whole number."""
        first, last = self.first.evaluate(state), self.last.evaluate(state)
        if not (is_number(first) and is_number(last) and isinstance(first, int) and isinstance(last, int)):
            return None
        state.meter.charge(abs(last - first) + 1)
        return list(range(first, last + 1) if first <= last else range(first, last - 1, -1))

    def is_true(self, state: RenderState) -> bool:
        """Return False: a range in a condition is no Boolean."""
        return False


@dataclass(frozen=True, slots=True)
class OperatorChain:
    """Operators of the same rank in a row, from left to right: ``$a + $b - 1``."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]

    def evaluate(self, state: RenderState) -> object:
        """Return the result; None where there is none."""
        state.meter.enter()
        value = self.first.evaluate(state)
        for operator, node in self.rest:
            state.meter.charge()
            value = BINARY_OPERATORS[operator](value, node.evaluate(state), state.meter)
        state.meter.leave()
        return value

    def is_true(self, state: RenderState) -> bool:
        """Return whether the result is true: that of a comparison can be."""
        return self.evaluate(state) is True


@dataclass(frozen=True, slots=True)
class Logical:
    """``&&`` (``all``) or ``||`` (``any``) of several conditions."""

    nodes: Sequence[Expression]
    every: bool

    def evaluate(self, state: RenderState) -> object:
        """Return the Boolean."""
        return self.is_true(state)

    def is_true(self, state: RenderState) -> bool:
        """Return the Boolean; what need not be looked at is not."""
        state.meter.charge()
        state.meter.enter()
        conditions = (node.is_true(state) for node in self.nodes)
        result = all(conditions) if self.every else any(conditions)
        state.meter.leave()
        return result


@dataclass(frozen=True, slots=True)
class Not:
    """``!`` before a condition."""

    node: Expression

    def evaluate(self, state: RenderState) -> object:
        """Return the opposite."""
        return not self.node.is_true(state)

    def is_true(self, state: RenderState) -> bool:
        """Return the opposite."""
        return not self.node.is_true(state)
