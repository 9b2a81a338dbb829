"""Archives of services: whole ones are unpacked, and nothing else is."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from homeport.aws.embedded.archive import HEAD, unpack_archive, write_archive
from homeport.aws.embedded.archive_layout import OBJECTS, STATE, ArchiveError


def written(folder: Path) -> Path:
    state, objects, file = folder / STATE, folder / OBJECTS, folder / "a.tar.gz"
    (objects / "bucket").mkdir(parents=True)
    (objects / "bucket" / "key").write_bytes(b"x")
    state.write_bytes(b"rows")
    write_archive(file, {"stage": "local"}, state, objects)
    return file


def with_member(folder: Path, name: str, kind: bytes = tarfile.REGTYPE, format: int = 1) -> Path:
    file = folder / "b.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        head = json.dumps({"stage": "local", "format": format}).encode()
        members = ((HEAD, head, tarfile.REGTYPE), (STATE, b"rows", tarfile.REGTYPE), (name, b"", kind))
        for member, content, type in members:
            info = tarfile.TarInfo(member)
            info.size, info.type, info.linkname = len(content), type, "/etc/passwd"
            archive.addfile(info, io.BytesIO(content))
    return file


def test_archive_holds_the_rows_and_the_objects(tmp_path: Path) -> None:
    unpack_archive(written(tmp_path), tmp_path / "out")
    assert (tmp_path / "out" / STATE).read_bytes() == b"rows"
    assert (tmp_path / "out" / OBJECTS / "bucket" / "key").read_bytes() == b"x"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.tar.gz", OBJECTS, "out", STATE]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../outside", tarfile.REGTYPE),
        ("/tmp/outside", tarfile.REGTYPE),
        ("objects/../../outside", tarfile.REGTYPE),
        ("other", tarfile.REGTYPE),
        ("objects/link", tarfile.SYMTYPE),
        ("objects/hard", tarfile.LNKTYPE),
    ],
)
def test_member_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    with pytest.raises(ArchiveError, match="no file of a snapshot"):
        unpack_archive(with_member(tmp_path, name, kind), tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_archive_that_is_cut_off_or_of_another_release_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path)
    content = file.read_bytes()
    for part in (b"", b"not a tar", content[:40], content[: len(content) // 2]):
        file.write_bytes(part)
        with pytest.raises(ArchiveError):
            unpack_archive(file, tmp_path / "out")
    with pytest.raises(ArchiveError, match="format 9"):
        unpack_archive(with_member(tmp_path, "objects/a", format=9), tmp_path / "out")
