"""Problems of rules, at the right line of the right file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from homeport.errors import Problem
from homeport.project.model import Operation
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor
from homeport.project.source.document import Document

Rule = Callable[[Project], Iterator[Problem]]
"""Looks at a project and yields the problems that break one rule."""


def error(document: Document, path: Sequence[str], message: str, hint: str = "") -> Problem:
    """Return an error: AWS would refuse this, or the kit can't do it."""
    return Problem(message, document.file, document.line(path), hint)


def warning(document: Document, path: Sequence[str], message: str, hint: str = "") -> Problem:
    """Return a warning: this works, but not as it reads."""
    return Problem(message, document.file, document.line(path), hint, "warning")


def operation_path(operation: Operation, *more: str) -> tuple[str, ...]:
    """Return the keys that lead to an operation, or to what stands below it, in openapi.yaml."""
    return (*operation.document_path, *more)


def operation_cursors(project: Project) -> Iterator[tuple[Operation, Cursor]]:
    """Yield the operations, each with a cursor whose diagnostics are discarded."""
    root = Cursor.root(project.documents.spec)
    for operation in project.api.operations:
        cursor = root
        for index, step in enumerate(operation_path(operation)):
            cursor = (cursor.resolve() or cursor) if index == 2 else cursor  # the path item
            cursor = cursor.at(step)
        yield operation, cursor
