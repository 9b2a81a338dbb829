"""``homeport export``, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from homeport.child_process import DATABASE
from homeport.contract.har import from_har
from homeport.recordings.store import RecordingStore
from tests.support.commands import assert_one_clear_line, homeport_here
from tests.support.inspector import make_recording
from tests.support.project import SPEC, notes_project

pytestmark = pytest.mark.stack


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return notes_project(tmp_path)


def test_the_spec_is_exported_without_x_homeport(project: Path) -> None:
    done = homeport_here(project, "export", "--openapi")
    expected = yaml.safe_load(SPEC)
    for operation in expected["paths"]["/notes/{noteId}"].values():
        del operation["x-homeport"]
    assert json.loads(done.stdout) == expected


def test_a_collection_is_exported_into_a_file(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    done = homeport_here(project, "export", "--postman", "--out", str(file))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    made = json.loads(file.read_text())
    assert [item["name"] for item in made["item"]] == ["getNote", "putNote"]


def test_recordings_are_exported_as_an_archive(project: Path) -> None:
    store = RecordingStore(project / ".homeport" / DATABASE)
    store.add([make_recording(target="/notes/1"), make_recording(id="other-id", target="/notes/2")])
    store.close()
    done = homeport_here(project, "export", "--har")
    assert [call.url for call in from_har(done.stdout)] == [f"http://127.0.0.1:8080/notes/{n}" for n in (1, 2)]


def test_without_recordings_there_is_no_archive(project: Path) -> None:
    assert_one_clear_line(
        homeport_here(project, "export", "--har"), "nothing has been recorded yet", "start homeport dev"
    )


def test_a_file_that_can_not_be_written_is_named(project: Path) -> None:
    done = homeport_here(project, "export", "--openapi", "--out", "/nowhere/x.json")
    assert_one_clear_line(done, "/nowhere/x.json can't be written: No such file or directory")
