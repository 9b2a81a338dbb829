"""The parts of a template: texts, blocks and directives. References are in ``reference.py``.

A ``Statement`` writes text; an ``Expression`` has a value. Nodes hold no state, so that threads can share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from homeport.vtl.errors import TemplateError
from homeport.vtl.foreach_scope import ForeachScope
from homeport.vtl.limits import Meter
from homeport.vtl.operators import BINARY_OPERATORS
from homeport.vtl.state import BreakLoop, Output, RenderState, StopRendering
from homeport.vtl.values import is_number


class Statement(Protocol):
    """A node that writes text."""

    def render(self, state: RenderState, out: Output) -> None:
        """Write the node's text. Raises TemplateError."""
        ...


class Expression(Protocol):
    """A node that has a value."""

    def evaluate(self, state: RenderState) -> object:
        """Return the value; None is null. Raises TemplateError."""
        ...

    def is_true(self, state: RenderState) -> bool:
        """Return whether ``#if`` takes it as true: a reference unless it is false, else only a true Boolean."""
        ...


class Variable(Expression, Protocol):
    """A reference that a directive assigns to."""

    @property
    def root(self) -> str:
        """The name of the variable."""
        ...

    def assign(self, state: RenderState, value: object) -> None:
        """Give the variable, or the part of it that is named, a value."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is written as it is."""

    text: str

    def render(self, state: RenderState, out: Output) -> None:
        """Write the text."""
        out.write(self.text)


@dataclass(frozen=True, slots=True)
class TemplateBlock:
    """Statements in a row."""

    statements: tuple[Statement, ...]

    def render(self, state: RenderState, out: Output) -> None:
        """Write what the statements write."""
        state.meter.enter()
        for statement in self.statements:
            statement.render(state, out)
        state.meter.leave()


@dataclass(frozen=True, slots=True)
class If:
    """Branches (``#if``, ``#elseif``, ``#else``): the first branch whose condition is true. The last may have none."""

    branches: tuple[tuple[Expression | None, TemplateBlock], ...]

    def render(self, state: RenderState, out: Output) -> None:
        """Write the branch that is taken."""
        state.meter.charge()
        for condition, block in self.branches:
            if condition is None or condition.is_true(state):
                block.render(state, out)
                return


@dataclass(frozen=True, slots=True)
class SetVariable:
    """``#set``. An expression without a value, as a division by zero, leaves the variable as it was."""

    target: Variable
    value: Expression

    def render(self, state: RenderState, out: Output) -> None:
        """Assign the value."""
        state.meter.charge()
        value = self.value.evaluate(state)
        if value is not None:
            self.target.assign(state, value)


_ABSENT = object()
_LOOP_NAMES = ("foreach", "velocityCount", "velocityHasNext")


@dataclass(frozen=True, slots=True)
class Foreach:
    """``#foreach`` over the elements of a list, or over the values of a map; nothing for anything else."""

    variable: Variable
    values: Expression
    block: TemplateBlock

    def render(self, state: RenderState, out: Output) -> None:
        """Write the block once for each element."""
        values = self.values.evaluate(state)
        if not isinstance(values, list | dict) or not values:
            return
        names, depth = (self.variable.root, *_LOOP_NAMES), state.meter.depth
        outer = [state.variables.get(name, _ABSENT) for name in names]
        try:
            self._loop(values, state, out)
        except BreakLoop:
            state.meter.depth = depth
        finally:
            for name, value in zip(names, outer, strict=True):
                if value is _ABSENT:
                    state.variables.pop(name, None)
                else:
                    state.variables[name] = value

    def _loop(self, values: list[object] | dict[object, object], state: RenderState, out: Output) -> None:
        parent = state.variables.get("foreach")
        scope = ForeachScope(len(values), parent if isinstance(parent, ForeachScope) else None)
        for element in islice(_iterate(values, state.meter), state.meter.limits.loop_rounds):
            state.meter.charge()
            scope.advance()
            state.variables[self.variable.root] = element
            state.variables["foreach"] = scope
            state.variables["velocityCount"] = scope.index + 1
            state.variables["velocityHasNext"] = scope.has_next
            self.block.render(state, out)


def _iterate(values: list[object] | dict[object, object], meter: Meter) -> Iterator[object]:
    """Yield the elements of a list or the values of a map. Raises TemplateError where Java's iterators throw."""
    size = len(values)
    if isinstance(values, dict):
        meter.charge(size)
        for key in list(values):
            _check_size(values, size)
            yield values.get(key)
        return
    position = 0
    while position != len(values):
        _check_size(values, size)
        yield values[position]
        position += 1


def _check_size(values: list[object] | dict[object, object], size: int) -> None:
    if len(values) != size:
        raise TemplateError("a #foreach changes the list or map that it loops over (ConcurrentModificationException)")


@dataclass(frozen=True, slots=True)
class Stop:
    """``#stop``: the template ends here. ``#break``: the innermost loop does."""

    signal: type[StopRendering]

    def render(self, state: RenderState, out: Output) -> None:
        """Raise the signal."""
        raise self.signal


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
