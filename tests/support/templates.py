"""Projects of templates: a template's text is written into a folder, and read as `homeport dev` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

# A process that has AWS's translator loaded starts no other one for it.
import tests.support.sam_translator  # noqa: F401
from homeport.errors import Problem
from homeport.project.cloudformation.format import CLOUDFORMATION
from homeport.project.cloudformation.template_project import read_template_project
from homeport.project.formats.registry import ProjectSource
from homeport.project.model import Operation
from homeport.project.project import Project, ProjectInputs
from homeport.project.source.cursor import Diagnostics

HANDLER = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"


class ReadTemplate(NamedTuple):
    """A project and the problems that its reading found."""

    project: Project
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[str]:
        """The messages of the errors."""
        return [problem.message for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[str]:
        """The messages of the warnings."""
        return [problem.message for problem in self.problems if problem.severity == "warning"]

    def api(self, name: str) -> Project:
        """Return the project of an API by its logical id."""
        return next(project for project in self.project.every_api if project.api.name == name)

    def operation(self, route_key: str, api: str = "") -> Operation:
        """Return an operation of an API, of the first one if none is named."""
        project = self.api(api) if api else self.project
        return next(operation for operation in project.api.operations if operation.route_key == route_key)


def read_folder(
    folder: Path, diagnostics: Diagnostics, inputs: ProjectInputs | None = None, file: str = "template.yaml"
) -> Project | None:
    """Read the template in a folder; None if it can't be read."""
    source = ProjectSource(CLOUDFORMATION, file)
    return read_template_project(folder, source, "local", {}, inputs or ProjectInputs(), diagnostics)


def read_template_text(
    folder: Path, template: str, inputs: ProjectInputs | None = None, files: Mapping[str, str] | None = None
) -> ReadTemplate:
    """Write a template, `src/app.py` and other files into a folder, and read it."""
    written = {"template.yaml": dedent(template), "src/app.py": HANDLER, **(files or {})}
    for name, text in written.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    diagnostics = Diagnostics()
    project = read_folder(folder, diagnostics, inputs)
    assert project is not None, "\n".join(map(str, diagnostics.all()))
    return ReadTemplate(project, diagnostics.all())
