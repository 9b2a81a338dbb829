"""The meaning of names in expressions: what a module gives to their evaluation."""

from __future__ import annotations

from typing import Any, Protocol

from homeport.project.terraform.evaluation.functions import FunctionFiles
from homeport.project.terraform.evaluation.values import GuessNotes
from homeport.project.terraform.lines import ValueLines


class Scope(Protocol):
    """The meaning of the first names of references, and the files that functions read."""

    @property
    def files(self) -> FunctionFiles:
        """The files of the project."""

    @property
    def notes(self) -> GuessNotes:
        """The notes of values that are not known."""

    @property
    def lines(self) -> ValueLines:
        """The lines of the objects and lists that expressions make."""

    def root(self, name: str) -> Any:
        """Return what a first name stands for (``var``, ``aws_lambda_function``). Raises EvaluationError."""
