"""A folder's format is found by itself: another one beside it is named, and so is one that is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.formats.named_formats import NAMED_FORMATS
from homeport.project.load import read_project
from homeport.project.project import ProjectInputs
from tests.support.assemblies import HANDLER, function, write_assembly
from tests.support.project import write_files

TEMPLATE = """
Resources:
  Other:
    Type: AWS::Lambda::Function
    Properties: {Handler: app.handler, Runtime: python3.13, Code: lambda, Role: arn:aws:iam::000000000000:role/x}
"""


def both(root: Path) -> Path:
    """Write an app of the CDK and a template beside it."""
    write_assembly(root / "cdk.out", {"Api": {"Hello": function()}})
    return write_files(root, {"lambda/app.py": HANDLER, "template.yaml": TEMPLATE})


def test_another_format_of_the_folder_is_named(tmp_path: Path) -> None:
    project, problems = read_project(both(tmp_path), environ={})
    assert project is not None and set(project.api.functions) == {"Hello"}
    (named,) = (problem for problem in problems if "there is also" in problem.message)
    found = "there is also template.yaml (SAM or CloudFormation): cdk.out/manifest.json (AWS CDK) is read"
    assert (named.message, named.hint) == (found, "--template template.yaml reads that one")


def test_a_file_that_is_named_is_read_alone(tmp_path: Path) -> None:
    project, problems = read_project(both(tmp_path), environ={}, inputs=ProjectInputs(template="template.yaml"))
    assert project is not None and set(project.api.functions) == {"Other"}
    assert not any("there is also" in problem.message for problem in problems)


@pytest.mark.parametrize(("name", "file"), [(each.name, each.files[0]) for each in NAMED_FORMATS])
def test_a_format_that_is_not_read_is_named_with_a_way_out(tmp_path: Path, name: str, file: str) -> None:
    write_files(tmp_path, {file: "name: notes\n"})
    project, problems = read_project(tmp_path, environ={})
    assert project is None
    (problem,) = (each for each in problems if each.severity == "error")
    assert (problem.message, problem.file) == (f"this is a project of {name}, which is not read", file)
    assert problem.hint


def test_a_project_in_a_folder_below_is_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"README.md": "notes\n", "infra/api/cdk.json": '{"app": "node app.js"}\n'})
    project, problems = read_project(tmp_path, environ={})
    assert project is None
    assert [problem.hint for problem in problems] == ["--project infra/api has one"]
