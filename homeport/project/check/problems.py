"""The type of a rule, and cursors for rules that read more of an operation than the model holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from homeport.errors import Problem
from homeport.project.model import Operation
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor

Rule = Callable[[Project], Iterator[Problem]]
"""Looks at a project and yields the problems that break one rule."""


def operation_cursors(project: Project) -> Iterator[tuple[Operation, Cursor]]:
    """Yield the operations, each with a cursor whose diagnostics are discarded."""
    root = Cursor.root(project.documents.spec)
    for operation in project.api.operations:
        cursor = root
        for index, step in enumerate(operation.document_path):
            cursor = (cursor.resolve() or cursor) if index == 2 else cursor  # the path item
            cursor = cursor.at(step)
        yield operation, cursor
