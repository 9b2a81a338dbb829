"""The parts of an archive of what the services hold, and its error; apart from what compresses and reads one."""

from __future__ import annotations

STATE, OBJECTS = "state.db", "objects"
"""The database, and the folder of S3's files."""


class ArchiveError(Exception):
    """An archive is damaged, or of another release, or can't be made."""
