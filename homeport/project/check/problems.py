"""Diagnostics of rules, at the right place of the right file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from homeport.errors import Problem
from homeport.project.model import Operation
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

Rule = Callable[[Project], Iterator[Problem]]
"""Looks at a project and says what is wrong with it."""


def error(document: Document, path: Sequence[str], message: str, hint: str = "") -> Problem:
    """What AWS would refuse or this kit can't do."""
    return Problem(message, document.file, document.line(path), hint)


def warning(document: Document, path: Sequence[str], message: str, hint: str = "") -> Problem:
    """What works, but not as it reads."""
    return Problem(message, document.file, document.line(path), hint, "warning")


def operation_path(operation: Operation, *more: str) -> tuple[str, ...]:
    """Return the keys that lead to an operation, or to what stands below it, in openapi.yaml."""
    return (*operation.document_path, *more)


def operation_cursors(project: Project) -> Iterator[tuple[Operation, Cursor]]:
    """The operations, each with its cursor of the document; diagnostics of these cursors are lost."""
    root = Cursor(project.documents.spec, (), project.documents.spec.value, Diagnostics())
    for operation in project.api.operations:
        cursor = root
        for index, step in enumerate(operation_path(operation)):
            cursor = (cursor.resolve() or cursor) if index == 2 else cursor
            cursor = cursor.at(step)
        yield operation, cursor
