"""The kinds of nodes of a template, and two of them: text, and a block of statements.

A ``Statement`` writes text; an ``Expression`` has a value. Nodes hold no state, so that threads can share them. The
directives are in ``statements.py``, literals and operators in ``expression_nodes.py``, references in ``reference.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from homeport.vtl.state import Output, RenderState


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
