"""Archives of what the services hold: a compressed tar file with a database of the entries, and the files of S3."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .archive_layout import OBJECTS, STATE, ArchiveError

HEAD = "snapshot.json"
FORMAT = 1
_DAMAGE = (tarfile.TarError, EOFError, OSError, ValueError, KeyError)


def write_archive(file: Path, head: Mapping[str, Any], state: Path, objects: Path) -> None:
    """Write an archive of a database and of a folder of objects, which may be missing."""
    described = file.with_suffix(".head")
    described.write_text(json.dumps({**head, "format": FORMAT}), encoding="utf-8")
    try:
        with tarfile.open(file, "w:gz", compresslevel=6) as archive:
            archive.add(described, HEAD)
            archive.add(state, STATE)
            if objects.is_dir():
                archive.add(objects, OBJECTS)
    finally:
        described.unlink()


def unpack_archive(file: Path, folder: Path) -> None:
    """Unpack an archive into a folder. Nothing but its own files is written there. Raises ArchiveError."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            first = archive.next()
            if first is None or first.name != HEAD:
                raise ArchiveError("it does not begin as a snapshot of services does")
            head = archive.extractfile(first)
            found = json.loads(head.read()) if head is not None else {}
            if found.get("format") != FORMAT:
                raise ArchiveError(f"it has format {found.get('format')}, and this version reads format {FORMAT}")
            while (member := archive.next()) is not None:
                path = PurePosixPath(member.name)
                if not (member.isfile() or member.isdir()) or path.is_absolute() or ".." in path.parts:
                    raise ArchiveError(f"it holds {member.name!r}, which is no file of a snapshot")
                if path.parts[0] not in (STATE, OBJECTS):
                    raise ArchiveError(f"it holds {member.name!r}, which is no file of a snapshot")
                archive.extract(member, folder, set_attrs=False)
    except _DAMAGE as error:
        raise ArchiveError(f"it is damaged: {error}") from error
    if not (folder / STATE).is_file():
        raise ArchiveError("its end is missing")
