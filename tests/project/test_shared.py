"""A template's project that one process has read, in another one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from homeport.project.load import load_project
from homeport.project.project import Project
from homeport.project.shared import share_project, shared_project
from tests.support.project import notes_project, write_files
from tests.support.template_project import notes_template
from tests.support.templates import HANDLER


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = notes_template(tmp_path / "project")
    write_files(found, {"src/other.py": HANDLER})
    for file in found.rglob("*.*"):
        os.utime(file, (time.time() - 60, time.time() - 60))
    return found


def shared(root: Path) -> tuple[Project, Project | None]:
    project, content = share_project(lambda: load_project(root))
    file = root.parent / "shared"
    file.write_bytes(content)
    return project, shared_project(file)


def test_project_is_the_same_in_another_process_to_the_last_line(root: Path) -> None:
    written, found = shared(root)
    assert found is not None
    assert (found.api, found.stage, found.resources) == (written.api, written.stage, written.resources)
    operation = written.api.operations[0]
    assert found.operation_at(operation).source == written.operation_at(operation).source
    assert found.operation_at(operation, "responses").source.line > 1


def test_project_whose_files_have_changed_is_read_again(root: Path) -> None:
    _, content = share_project(lambda: load_project(root))
    file = root.parent / "shared"
    file.write_bytes(content)
    (root / "template.yaml").write_text((root / "template.yaml").read_text() + "\n# more\n")
    assert shared_project(file) is None


def test_project_that_was_saved_while_it_was_read_is_not_shared(root: Path) -> None:
    (root / "template.yaml").touch()
    assert shared(root)[1] is None


def own_project(tmp_path: Path) -> Path:
    root = notes_project(tmp_path / "own")
    for file in root.rglob("*.*"):
        os.utime(file, (time.time() - 60, time.time() - 60))
    return root


def test_project_of_the_kits_own_shape_is_shared(tmp_path: Path) -> None:
    written, found = shared(own_project(tmp_path))
    assert found is not None
    assert (found.api, found.stage, found.resources) == (written.api, written.stage, written.resources)


@pytest.mark.parametrize("name", ["openapi.yaml", "deploy/resources.yaml", "service/handlers/new.mjs", ".env"])
def test_project_of_the_kits_own_shape_is_read_again_after_a_change(tmp_path: Path, name: str) -> None:
    root = own_project(tmp_path)
    _, content = share_project(lambda: load_project(root))
    file = tmp_path / "shared"
    file.write_bytes(content)
    with (root / name).open("a") as changed:
        changed.write("\n")
    assert shared_project(file) is None
