"""The folder of generated files."""

from __future__ import annotations

from pathlib import Path

from homeport.project.load import load_project
from homeport.project.validators.generate import OVERLAY, write_generated
from tests.support.project import SPEC, notes_project, write_files


def test_a_service_that_is_a_link_keeps_the_files_of_its_own_project(tmp_path: Path) -> None:
    owner = notes_project(tmp_path / "owner")
    write_generated(owner, load_project(owner).api)
    before = (owner / "service" / "_validators.py").read_text()
    files = {"openapi.yaml": SPEC.partition("    put:")[0], "deploy/stages.yaml": "stages: {local: {}}\n"}
    guest = write_files(tmp_path / "guest", files)
    (guest / "service").symlink_to(owner / "service")
    spec = (guest / "openapi.yaml").read_text().replace("x-homeport: {access: {NotesTable: [GetItem]}}", "summary: Get")
    (guest / "openapi.yaml").write_text(spec)
    assert write_generated(guest, load_project(guest).api) == guest / OVERLAY
    assert "getNote" in (guest / OVERLAY / "service" / "_validators.py").read_text()
    assert (owner / "service" / "_validators.py").read_text() == before
