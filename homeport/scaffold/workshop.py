"""A folder that appears whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from homeport.errors import HomeportError


@contextlib.contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """A folder to fill, beside ``place``; it goes there when the block ends well, and away when it doesn't.

    Raises HomeportError if something is there already or the folder can't be made.
    """
    refuse_taken(place)
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise HomeportError(f"{place.parent} can't be written: {error.strerror}", "choose another folder") from None
    try:
        draft.chmod(0o755)
        yield draft
        try:
            draft.replace(place)
        except OSError as error:
            raise HomeportError(f"{place} can't be made: {error.strerror}", "choose another name") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def refuse_taken(place: Path) -> None:
    """Raise HomeportError unless ``place`` is free or an empty folder."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise HomeportError(f"{place} exists and is no folder", "choose another name")
    if place.is_dir() and any(place.iterdir()):
        raise HomeportError(f"{place} exists and is not empty", "choose another name, or empty it")
