"""The projects that a new one can start from: the repository's own, and its examples.

In a checkout they are read where they stand; a wheel carries them in ``homeport/_projects``, in the same order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import homeport
from homeport.errors import SetupError
from homeport.spec.generated import is_generated
from homeport.spec.names import slug
from homeport.spec.project import SPEC_FILES

PACKAGE = Path(homeport.__file__).parent
SKELETON = Path(__file__).parent / "skeleton"
_ADMIN = tuple(f"admin/{name}" for name in ("Dockerfile", "package.json", "package-lock.json", "requirements.txt"))
_SHARED = (".gitignore", ".dockerignore", ".env.example", "docker-compose.yml", *_ADMIN)
_NOT_OURS = frozenset(("__pycache__", ".homeport", "reports", ".hypothesis", ".pytest_cache"))


@dataclass(frozen=True, slots=True)
class Source:
    """A project to start from. ``files`` maps places in the new project to files."""

    name: str
    files: Mapping[Path, Path]


def sources(home: Path | None = None) -> dict[str, Source]:
    """Every source by its name, the reference project first. Raises SetupError where there are none."""
    home = home_of(PACKAGE) if home is None else home
    reference = Source(slug(_title(home)), _files(home, whole=False))
    examples = sorted(place.parent for place in home.glob(f"examples/*/{SPEC_FILES[0]}"))
    return {reference.name: reference, **{place.name: Source(place.name, _files(place)) for place in examples}}


def home_of(package: Path) -> Path:
    """The folder with the projects, for the folder of the package ``homeport``. Raises SetupError."""
    for home in (package / "_projects", package.parent):
        if (home / SPEC_FILES[0]).is_file():
            return home
    raise SetupError("this installation carries no projects to start from", "install homeport from its wheel")


def shared_files() -> dict[Path, Path]:
    """What every project has unchanged, by its place there."""
    home = home_of(PACKAGE)
    return {Path(name): home / name for name in _SHARED if (home / name).is_file()}


def skeleton_files() -> dict[Path, Path]:
    """The templates of what a project needs around its API, by their places there."""
    return {_dotted(file.relative_to(SKELETON)): file for file in _walk(SKELETON)}


def _dotted(place: Path) -> Path:
    return Path(*(f".{part[4:]}" if part.startswith("dot_") else part for part in place.parts))


def _title(home: Path) -> str:
    from homeport.spec.document import read_document

    document, _ = read_document(home, SPEC_FILES[0])
    found = document.find(("info", "title")) if document is not None else None
    return str(found[0]) if found is not None else ""


def _files(root: Path, *, whole: bool = True) -> dict[Path, Path]:
    """A project's files. Beside the reference project's contract tests stand the kit's own tests: those stay out."""
    found = [root / SPEC_FILES[0], *_walk(root / "service"), *_walk(root / "deploy")]
    tests = _walk(root / "tests") if whole else (root / "tests" / "contract").glob("*")
    found += [file for file in tests if file.is_file()]
    placed = {file.relative_to(root): file for file in found}
    return {place: file for place, file in sorted(placed.items()) if not is_generated(place)}


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(set(folders) - _NOT_OURS)
        yield from (Path(place, name) for name in sorted(files))
