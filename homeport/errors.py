"""The errors that a person sees: what went wrong, where, and what to do.

HomeportError                 an error that the command line prints as one clear line, exit status 2
├── ProjectError              the project's files: a list of Problems, each with file, line and hint
├── SetupError                something this machine lacks (an interpreter, a package, a port)
└── EngineError               the DynamoDB endpoint did not start or does not answer

Packages derive their own errors from these. Any other error reaches the terminal with a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

EXIT_STATUS = 2

EXIT_STATUSES = {
    0: "Done. Of `test`, `replay` and `parity`: what was asked for holds.",
    1: "Done, with a finding: a promise that does not hold, a function that failed, something that the machine lacks.",
    2: "Not done: wrong options, errors in the project's files, something that this machine or AWS refuses.",
    130: "Interrupted with Ctrl-C.",
}
"""The exit statuses of all commands, with their meanings in Markdown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding about a project's file.

    ``file`` is relative to the project, ``line`` counts from 1 (0: the file as a whole). ``hint`` is the advice.
    """

    message: str
    file: str
    line: int = 0
    hint: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}: {self.severity}: {self.message}{hint}"


class HomeportError(Exception):
    """A failure that is explained in one line. ``hint`` is the advice."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ProjectError(HomeportError):
    """The project's files are wrong; ``problems`` holds every finding, the errors first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.severity != "error", p.file, p.line)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SetupError(HomeportError):
    """Something that this machine lacks."""


class EngineError(HomeportError):
    """DynamoDB did not start or does not answer."""
