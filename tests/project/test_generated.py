"""The folder of generated files."""

from __future__ import annotations

from pathlib import Path

from homeport.project.load import load_project
from homeport.project.validators.generate import OVERLAY, write_generated
from tests.support.project import RESOURCES, SPEC, notes_project, write_files


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


def test_generated_files_beside_a_linked_service_stay_while_they_are_renewed(tmp_path: Path) -> None:
    owner, guest = notes_project(tmp_path / "owner"), tmp_path / "guest"
    write_files(guest, {"openapi.yaml": SPEC, "deploy/stages.yaml": "stages: {local: {}}\n"})
    write_files(guest, {"deploy/resources.yaml": RESOURCES})
    (guest / "service").symlink_to(owner / "service")
    api = load_project(guest).api
    file = write_generated(guest, api) / "service" / "_validators.py"
    before = file.stat()
    write_generated(guest, api)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_place_beside_the_service_goes_once_the_service_itself_can_be_written(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    write_files(root, {f"{OVERLAY}/service/_validators.py": "old = True\n"})
    assert write_generated(root, load_project(root).api) == root
    assert not (root / OVERLAY).exists()
