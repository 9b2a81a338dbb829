"""Findings of rules, at the right place of the right file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from homeport.errors import Problem
from homeport.project.model import Operation
from homeport.project.openapi.extensions import ANY_METHOD
from homeport.project.project import Project
from homeport.project.source.cursor import Findings, View
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
    """Where an operation stands in openapi.yaml."""
    method = ANY_METHOD if operation.method == "ANY" else operation.method.lower()
    return ("paths", operation.path, method, *more)


def operation_views(project: Project) -> Iterator[tuple[Operation, View]]:
    """The operations, each with its view of the document; findings of these views are lost."""
    root = View(project.documents.spec, (), project.documents.spec.value, Findings())
    for operation in project.api.operations:
        view = root
        for index, step in enumerate(operation_path(operation)):
            view = (view.resolved() or view) if index == 2 else view
            view = view.at(step)
        yield operation, view
