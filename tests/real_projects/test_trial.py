"""The trial tells a project that runs from one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real_projects.__main__ import listed_projects, try_place, try_project
from tests.support.project import write_files

pytestmark = pytest.mark.slow

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.13, CodeUri: src}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: hello.handler
      Events: {Get: {Type: Api, Properties: {Path: /hello, Method: get}}}
  Nightly:
    Type: AWS::Serverless::Function
    Properties:
      Handler: nightly.handler
      Events: {Rule: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}
"""
HELLO = "def handler(event, context):\n    return {'statusCode': 200}\n"
NIGHTLY = "def handler(event, context):\n    return None\n"


def test_a_project_whose_functions_answer_runs(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/hello.py": HELLO, "src/nightly.py": NIGHTLY})
    result = try_project(tmp_path, "template.yaml", "mine")
    assert (result.verdict, result.answered) == ("runs", {"Hello", "Nightly"}), result.line


def test_a_folder_is_tried_as_the_format_that_it_holds(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/hello.py": HELLO, "src/nightly.py": NIGHTLY})
    result = try_place(tmp_path, "mine")
    assert (result.verdict, result.answered) == ("runs", {"Hello", "Nightly"}), result.line


def test_a_function_whose_module_is_missing_fails(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/hello.py": "import nothing_of_it\n" + HELLO})
    result = try_project(tmp_path, "template.yaml", "mine")
    assert result.verdict == "fails"
    assert "nothing_of_it" in result.failed["Hello"]
    assert "Nightly" in result.failed


def test_a_template_that_is_none_is_refused(tmp_path: Path) -> None:
    write_files(tmp_path, {"template.yaml": "Resources: 7\n"})
    result = try_project(tmp_path, "template.yaml", "mine")
    assert result.verdict == "refused"
    assert "template.yaml" in result.refused


def test_the_list_names_forty_projects() -> None:
    assert len(set(listed_projects())) >= 40
