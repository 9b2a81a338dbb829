"""References: ``$x``, ``${x.y}``, ``$!x.method("a")[0]``, and the blocks that ``#define`` names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from homeport.vtl.errors import TemplateError
from homeport.vtl.limits import Meter
from homeport.vtl.methods import call_method, get_property
from homeport.vtl.methods.table import check_index, check_key
from homeport.vtl.nodes import Expression, TemplateBlock, Variable
from homeport.vtl.state import Output, RenderState
from homeport.vtl.values import NO_VALUE, JavaCollection, TemplateObject, to_text

# Velocity's directive.define.max.depth: a block that names itself is printed so often, then as its source.
_DEFINE_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Property:
    """``.name``."""

    name: str

    def follow(self, value: object, state: RenderState) -> object:
        """Return the property of a value, None without one."""
        return get_property(value, self.name, state.meter)


@dataclass(frozen=True, slots=True)
class Call:
    """``.name(arguments)``."""

    name: str
    arguments: tuple[Expression, ...]

    def follow(self, value: object, state: RenderState) -> object:
        """Return the result of the method, None without one."""
        arguments: Sequence[object] = [argument.evaluate(state) for argument in self.arguments]
        return call_method(value, self.name, arguments, state.meter)


@dataclass(frozen=True, slots=True)
class Index:
    """``[index]``; a negative one counts from a list's end."""

    index: Expression

    def follow(self, value: object, state: RenderState) -> object:
        """Return the element of a list or the entry of a map, None without one."""
        index = self.index.evaluate(state)
        if isinstance(index, int) and index < 0 and not isinstance(value, list):
            # Velocity asks for the size of what is indexed, and a map may have a number as its key.
            if not isinstance(value, dict):
                raise TemplateError("a negative index needs a list")
            index += len(value)
        if isinstance(value, dict):
            return value.get(check_key(index, state.meter))
        if isinstance(value, list):
            indexed = _is_position(index) and not isinstance(value, JavaCollection)
            return value[_list_index(value, index)] if indexed else None
        return call_method(value, "get", [index], state.meter)


ReferenceStep = Property | Call | Index


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference. ``source`` is its text, which an ``escaped`` one prints; ``prefix`` is printed before it."""

    root: str
    steps: tuple[ReferenceStep, ...]
    source: str
    line: int
    column: int
    prefix: str = ""
    escaped: bool = False

    @property
    def ends_in_property(self) -> bool:
        """True for ``$x.name`` and ``$x.name[0]`` without braces."""
        steps = [step for step in self.steps if not isinstance(step, Index)]
        return bool(steps) and isinstance(steps[-1], Property) and not self.source.endswith("}")

    def evaluate(self, state: RenderState) -> object:
        """Return the value; the empty text where there is none."""
        try:
            return self._follow(self.steps, state)
        except TemplateError as error:
            if not error.line:
                error.line, error.column = self.line, self.column
            raise

    def is_true(self, state: RenderState) -> bool:
        """Return whether the value is anything but the Boolean false."""
        return self.evaluate(state) is not False

    def render(self, state: RenderState, out: Output) -> None:
        """Write the value as Java prints it, or the source of an escaped reference."""
        if self.prefix:
            out.write(self.prefix)
        if self.escaped:
            out.write(self.source)
            return
        value = self.evaluate(state)
        if isinstance(value, DefinedBlock):
            if not value.render_into(state, out) and not self.source.startswith("$!"):
                out.write(self.source)
        elif value != "":
            out.write(value if isinstance(value, str) else to_text(value, state.meter))

    def assign(self, state: RenderState, value: object) -> None:
        """Give the variable, or the part that the steps name, a value. A part of nothing is not assigned."""
        if not self.steps:
            # Velocity 1.7 takes the name from the source, so that ``#set(${x} = 1)`` sets no variable that can be read.
            if self.source == f"${self.root}":
                state.variables[self.root] = value
            return
        *steps, last = self.steps
        try:
            _assign_step(self._follow(steps, state), last, value, state)
        except TemplateError as error:
            if not error.line:
                error.line, error.column = self.line, self.column
            raise

    def _follow(self, steps: Sequence[ReferenceStep], state: RenderState) -> object:
        state.meter.charge(1 + len(steps))
        state.meter.enter()
        value = state.variables.get(self.root)
        for step in steps:
            if value is None:
                break
            value = step.follow(value, state)
        state.meter.leave()
        return NO_VALUE if value is None else value


def _assign_step(target: object, step: ReferenceStep, value: object, state: RenderState) -> None:
    match step:
        case Property(name) if isinstance(target, dict):
            target[name] = value
        case Property(name) if isinstance(target, TemplateObject):
            target.put(name, value)
        case Index(node):
            index = node.evaluate(state)
            if isinstance(target, dict):
                target[check_key(index, state.meter)] = value
            elif isinstance(target, list) and _is_position(index) and not isinstance(target, JavaCollection):
                target[_list_index(target, index)] = value
        case _:
            pass


def _is_position(index: object) -> bool:
    return isinstance(index, int) and not isinstance(index, bool)


def _list_index(values: list[object], index: object) -> int:
    assert isinstance(index, int)
    return check_index(index + len(values) if index < 0 else index, len(values))


@dataclass(frozen=True, slots=True)
class Define:
    """``#define($name)…#end``: the block is rendered where the name is used."""

    target: Variable
    block: TemplateBlock

    def render(self, state: RenderState, out: Output) -> None:
        """Assign the block."""
        state.meter.charge()
        state.variables[self.target.root] = DefinedBlock(self.block, state)


class DefinedBlock(TemplateObject):
    """A block as a value: it prints what it renders as at that moment."""

    def __init__(self, block: TemplateBlock, state: RenderState) -> None:
        self._block = block
        self._state = state
        self._depth = 0

    def render_into(self, state: RenderState, out: Output) -> bool:
        """Write the block. Return False, and write nothing, where it is within itself too often."""
        if self._depth >= _DEFINE_DEPTH:
            return False
        self._depth += 1
        try:
            self._block.render(state, out)
        finally:
            self._depth -= 1
        return True

    def to_text(self, meter: Meter) -> str:
        """Return what the block renders as now."""
        out = Output(meter)
        self.render_into(self._state, out)
        return out.text()
