"""Services of the Serverless Framework for tests: a serverless.yml is written into a folder, and read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

from homeport.errors import Problem
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.load import read_project
from homeport.project.project import Project, ProjectInputs
from homeport.project.serverless.format import SERVERLESS
from homeport.project.source.cursor import Diagnostics
from tests.support.project import write_files

HANDLER = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"
HEAD = "service: notes\nprovider: {name: aws, runtime: python3.13}\n"


class ReadService(NamedTuple):
    """The template that is made of a service, and the problems that were found."""

    template: FormatTemplate
    problems: tuple[Problem, ...]

    @property
    def resources(self) -> Mapping[str, Any]:
        """The resources by logical id."""
        found: Mapping[str, Any] = self.template.document.value["Resources"]
        return found

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """Return the properties of a resource."""
        found: Mapping[str, Any] = self.resources[logical_id]["Properties"]
        return found

    def variables(self, function: str) -> Mapping[str, Any]:
        """Return the variables of a function."""
        found: Mapping[str, Any] = self.properties(f"{function}LambdaFunction")["Environment"]["Variables"]
        return found

    @property
    def messages(self) -> list[str]:
        """The problems, each with file and line."""
        return [f"{each.file}:{each.line}: {each.message}" for each in self.problems]


def read_service_text(
    folder: Path,
    text: str,
    files: Mapping[str, str] | None = None,
    inputs: ProjectInputs | None = None,
    stage: str = "local",
    environ: Mapping[str, str] | None = None,
) -> ReadService:
    """Write a serverless.yml, `app.py` and other files into a folder, and read the template."""
    write_files(folder, {"serverless.yml": dedent(text), "app.py": HANDLER, **(files or {})})
    diagnostics = Diagnostics()
    request = FormatRequest(folder, "serverless.yml", stage, environ or {}, inputs or ProjectInputs())
    template = SERVERLESS.read(request, diagnostics)
    assert template is not None, "\n".join(map(str, diagnostics.all()))
    return ReadService(template, diagnostics.all())


def service_problems(folder: Path, text: str, files: Mapping[str, str] | None = None) -> list[str]:
    """Write a service and return the problems of the whole project, each with file and line."""
    write_files(folder, {"serverless.yml": dedent(text), "app.py": HANDLER, **(files or {})})
    _, problems = read_project(folder, environ={})
    return [f"{each.file}:{each.line}: {each.message}" for each in problems]


def read_service_project(
    folder: Path,
    text: str,
    files: Mapping[str, str] | None = None,
    inputs: ProjectInputs | None = None,
    stage: str = "local",
) -> tuple[Project, list[str]]:
    """Write a service and return its project, as `homeport dev` reads it, with the problems."""
    write_files(folder, {"serverless.yml": dedent(text), "app.py": HANDLER, **(files or {})})
    project, problems = read_project(folder, stage, {}, inputs or ProjectInputs())
    assert project is not None, "\n".join(map(str, problems))
    return project, [f"{each.file}:{each.line}: {each.message}" for each in problems]
