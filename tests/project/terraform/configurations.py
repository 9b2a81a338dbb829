"""Configurations of Terraform for tests: files in a folder, read as a project."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

from homeport.project.load import read_project
from homeport.project.project import Project, ProjectInputs

TABLE_AND_FUNCTION = """
data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "code.zip"
}
resource "aws_iam_role" "run" {
  name               = "run"
  assume_role_policy = "{}"
}
resource "aws_lambda_function" "run" {
  function_name = "run"
  role          = aws_iam_role.run.arn
  runtime       = "python3.13"
  handler       = "app.handler"
  filename      = data.archive_file.code.output_path
}
"""
PERMISSION = """
resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.run.function_name
  principal     = "apigateway.amazonaws.com"
}
"""


class ReadConfiguration(NamedTuple):
    """A project, None if there is none, and its problems as lines."""

    project: Project | None
    problems: list[str]

    @property
    def made(self) -> Project:
        """The project, which must be there."""
        assert self.project is not None, self.problems
        return self.project

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the only function."""
        (function,) = self.made.api.functions.values()
        return dict(function.environment)


def read(
    folder: Path,
    files: dict[str, str],
    environ: dict[str, str] | None = None,
    parameters: dict[str, str] | None = None,
    template: str = "",
) -> ReadConfiguration:
    """Write files into a folder, and read it as a project; ``template`` is what ``--template`` names."""
    for name, text in {"src/app.py": "def handler(event, context): ...\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    inputs = ProjectInputs(template, parameters=tuple((parameters or {}).items()))
    project, problems = read_project(folder, environ=environ or {}, inputs=inputs)
    lines = [f"{each.severity}: {each.file}:{each.line}: {each.message}" for each in problems]
    return ReadConfiguration(project, lines)


def variables(expressions: str, more: str = "") -> dict[str, str]:
    """Return files of a function whose variables have some expressions as their values."""
    code = TABLE_AND_FUNCTION.rstrip().removesuffix("}")
    return {"main.tf": f"{code}\n environment {{\n  variables = {{\n{expressions}\n}}\n}}\n}}\n{more}"}


def archive(file: Path, **content: str) -> None:
    """Write a zip archive with files of Node.js by their names without an end."""
    with zipfile.ZipFile(file, "w") as made:
        for name, text in content.items():
            made.writestr(f"{name}.js", text)
