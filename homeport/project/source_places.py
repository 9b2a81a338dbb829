"""The places of a project's source files: a change there changes what is served."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

VALIDATORS = Path("service", "_validators.py")
DISPATCHERS = Path("service", "_functions")
"""The generated files of ``service/``: ``homeport.project.validators.generate`` writes them."""

# Names while a file is saved: a~, a.py.tmp.7, a.py.7, #a#, vim's 4913, JetBrains' a.py___jb_tmp___, those of sed.
_TEMPORARY = re.compile(
    r"(.*(~|\.(bak|orig|rej|sw[a-z]|te?mp)(\.[\w.]+)?|\.(json|py|ya?ml)\.[0-9]+|___jb_(tmp|old)___)|#.*#"
    r"|4913|5036|5159|sed\w{6}|tmp\w{8})"
)
# Files that programs write while they run: the output of homeport dev itself may be in a function's code folder.
_OUTPUTS = frozenset(("nohup.out",))
# Folders of what is installed or made, which may be in a function's code folder.
_MADE = frozenset(("__pycache__", "node_modules"))


def is_generated(place: Path) -> bool:
    """Return whether a path relative to the project is one of the generated files, or a draft of one."""
    return place == VALIDATORS or place.parts[:2] == DISPATCHERS.parts or place.name.startswith("._")


class SourcePlaces(NamedTuple):
    """Single files, and folders with all that is in them; relative to the project, or absolute outside of it."""

    files: tuple[str, ...]
    folders: tuple[str, ...]

    def has(self, file: Path) -> bool:
        """Return whether a file, named as the places are, is a source file."""
        return str(file) in self.files or any(_is_source(file, Path(folder)) for folder in self.folders)

    def subfolders(self, root: Path) -> Iterator[Path]:
        """Yield the folders as they are now, absolute, and those below them. ``root`` is the project."""
        known: set[tuple[int, int]] = set()
        folders = [root / name for name in self.folders]
        while folders:
            folder = folders.pop()
            with suppress(OSError):
                found = folder.stat()
                if (place := (found.st_dev, found.st_ino)) not in known:
                    known.add(place)
                    yield folder
                    entries = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
                    folders += [each for each in entries if self.has(relative_place(root, each)) and not _is_venv(each)]


OWN_PLACES = SourcePlaces(("openapi.yaml", "openapi.yml", "openapi.json", ".env"), ("service", "deploy"))
"""Those of a project of the kit's own shape."""


def template_places(root: Path, files: Iterable[str], folders: Iterable[Path]) -> SourcePlaces:
    """Return the places of a template's project: what was read, and the folders of the functions' code."""
    names = [*files, "samconfig.toml", "samconfig.yaml", "samconfig.yml", ".env"]
    return SourcePlaces(
        tuple(dict.fromkeys(str(relative_place(root, root / name)) for name in names)),
        tuple(dict.fromkeys(str(relative_place(root, folder)) for folder in folders)),
    )


def with_places(places: SourcePlaces, more: SourcePlaces) -> SourcePlaces:
    """Return the places of both."""
    files, folders = (tuple(dict.fromkeys(both)) for both in (places.files + more.files, places.folders + more.folders))
    return SourcePlaces(files, folders)


def relative_place(root: Path, path: Path) -> Path:
    """Return a path relative to the project where it is in there, else absolute."""
    # Every file of a project passes here: Path.relative_to takes three times as long.
    plain, folder = os.path.normpath(path), str(root)
    if plain == folder:
        return Path()
    inside = folder if folder.endswith(os.sep) else folder + os.sep
    return Path(plain.removeprefix(inside))


def _is_source(file: Path, folder: Path) -> bool:
    if not file.is_relative_to(folder) or file == folder or file.is_absolute() != folder.is_absolute():
        return False
    hidden = any(part in _MADE or part.startswith(".") for part in file.relative_to(folder).parts)
    is_output = file.suffix == ".log" or file.name in _OUTPUTS
    return not (hidden or is_output or is_generated(file) or _TEMPORARY.fullmatch(file.name))


def _is_venv(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists()
