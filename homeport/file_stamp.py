"""Stamps of files, by which a change is noticed without reading them."""

from __future__ import annotations

from pathlib import Path

FileStamp = list[int] | None
"""When a file was changed, in nanoseconds, and its size; a list, since JSON keeps it so. None: there is no file."""


def file_stamp(file: Path) -> FileStamp:
    """Return the stamp that a file has now."""
    try:
        found = file.stat()
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size]
