"""Code folders, layers and packages of a template's functions change while they run: the next request sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.dev.worker_setup import install_template_packages
from homeport.environment import read_environment
from homeport.project.load import load_project
from tests.support.code_folders import write_package
from tests.support.project import write_files
from tests.support.waiting import wait_until

TEMPLATE = """
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: api/app.handler
      Code: ./src
      Layers: [!Ref Shared]
      Environment: {Variables: {WORD: first}}
  Shared:
    Type: AWS::Lambda::LayerVersion
    Properties: {Content: ./layer}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: words, ProtocolType: HTTP, Target: !GetAtt Fn.Arn}
"""
HANDLER = """
import os
import layered
from api.texts import TEXT
try:
    from pocket import SAYS
except ModuleNotFoundError as error:
    SAYS = str(error)

def handler(event, context):
    return {"statusCode": 200, "body": f"{TEXT} {layered.TEXT} {os.environ['WORD']} {SAYS}"}
"""
NO_POCKET = "No module named 'pocket'"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "template.yaml": TEMPLATE,
        "src/api/app.py": HANDLER,
        "src/api/texts.py": "TEXT = 'text'\n",
        "layer/python/layered.py": "TEXT = 'layer'\n",
    }
    write_files(tmp_path / "project", files)
    return tmp_path / "project"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is installed here is of no use to anyone else.
    cache = tmp_path / "cache"
    cache.mkdir()
    for made in read_environment().cache_dir.glob("[!.]*"):
        (cache / made.name).symlink_to(made)
    monkeypatch.setenv("HOMEPORT_CACHE_DIR", str(cache))


@pytest.fixture
def stack(project: Path) -> Iterator[Stack]:
    with running_stack(project, ("--no-data", "--reload")) as stack:
        yield stack


def read(stack: Stack) -> str:
    return requests.get(f"{stack.url}/", timeout=60).text


def await_text(stack: Stack, wanted: str) -> None:
    wait_until(lambda: read(stack) == wanted, lambda: f"{read(stack)}\n{stack.read_output()}")


def test_a_saved_file_is_live_at_the_next_request(stack: Stack, project: Path) -> None:
    assert read(stack) == f"text layer first {NO_POCKET}"
    for number in range(3):
        (project / "src" / "api" / "texts.py").write_text(f"TEXT = 'text{number}'\n")
        assert read(stack) == f"text{number} layer first {NO_POCKET}"
    (project / "layer" / "python" / "layered.py").write_text("TEXT = 'changed'\n")
    assert read(stack) == f"text2 changed first {NO_POCKET}"
    (project / "template.yaml").write_text(TEMPLATE.replace("WORD: first", "WORD: second"))
    assert read(stack) == f"text2 changed second {NO_POCKET}"


def test_packages_follow_a_requirements_file_that_is_added_and_changed(stack: Stack, project: Path) -> None:
    assert read(stack) == f"text layer first {NO_POCKET}"
    for version in ("1", "2"):
        line = write_package(project.parent / "wheels", "pocket", version, f"SAYS = 'version {version}'\n")
        (project / "src" / "requirements.txt").write_text(f"{line}\n")
        await_text(stack, f"text layer first version {version}")


def test_nothing_is_written_but_the_state_folder(stack: Stack, project: Path) -> None:
    before = {"template.yaml", "src/api/app.py", "src/api/texts.py", "layer/python/layered.py"}
    read(stack)
    files = {str(file.relative_to(project)) for file in project.rglob("*") if file.is_file()}
    assert {file for file in files if not file.startswith(".homeport/")} == before


def test_setup_installs_the_packages_of_each_function(project: Path, tmp_path: Path) -> None:
    line = write_package(tmp_path / "wheels", "pocket", "3", "SAYS = 'three'\n")
    (project / "src" / "requirements.txt").write_text(f"{line}\n")
    said: list[str] = []
    install_template_packages(load_project(project), False, said.append)
    folders = [Path(line.removeprefix("functions: ")) for line in said if line.startswith("functions: ")]
    assert [(folder / "pocket.py").is_file() for folder in folders] == [False, True]
