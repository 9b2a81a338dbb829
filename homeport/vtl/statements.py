"""Nodes of the directives: ``#if``, ``#set``, ``#foreach`` and ``#stop``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from homeport.vtl.errors import TemplateError
from homeport.vtl.foreach_scope import ForeachScope
from homeport.vtl.limits import Meter
from homeport.vtl.nodes import Expression, TemplateBlock, Variable
from homeport.vtl.state import BreakLoop, Output, RenderState, StopRendering


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
