from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from homeport.contract.document.since.revision import changes_since
from homeport.errors import HomeportError
from homeport.project.load import load_project
from tests.support.spec import SPEC, load, write_project

pytestmark = pytest.mark.stack

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: src
      Events:
        Get: {Type: HttpApi, Properties: {Path: /hello, Method: get}}
"""


def _git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


def _commit(root: Path) -> None:
    _git(root, "add", "-A")
    _git(root, "commit", "-qm", "one")


@pytest.mark.parametrize("below", ["", "api"])
def test_document_of_a_revision_is_compared_with_the_one_of_now(tmp_path: Path, below: str) -> None:
    root = write_project(tmp_path / below)
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    assert changes_since(load(root), "HEAD").changes == ()
    write_project(root, spec=SPEC.replace("name: {type: string}", "name: {type: integer}"))
    (change,) = changes_since(load(root), "HEAD").changes
    assert change.says == "'name' of the request body is integer now, not string"
    assert (change.before.file, change.now.file) == ("openapi.yaml", "openapi.yaml")


def test_document_of_a_template_is_derived_from_the_files_of_the_revision(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text("def handler(event, context):\n    return {}\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("/hello", "/hallo"))
    found = changes_since(load_project(tmp_path, environ={}), "HEAD")
    assert [f"{change.effect} {change.operation}: {change.says}" for change in found.changes] == [
        "breaking GET /hello: the path is gone",
        "compatible GET /hallo: the operation is new",
    ]


def test_revision_that_is_missing_is_one_line(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    with pytest.raises(HomeportError, match="is in no repository of git"):
        changes_since(load(root), "HEAD")
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    for revision in ("v9", "--output=x"):
        with pytest.raises(HomeportError, match="there is no revision"):
            changes_since(load(root), revision)
