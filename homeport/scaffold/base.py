"""What generated handlers stand on: the reference project's modules between API Gateway's events and a handler.

They know of no operation. A project that has them already keeps its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from homeport.scaffold.sources import sources

MODULES = ("errors", "exact_json", "operation", "proxy", "validation")
SERVICE = "service"
APART = "service.contract"
_MARKS = {
    "errors": "class ServiceError(",
    "operation": "def operation(",
    "proxy": "class Response",
    "validation": "class Call",
}


def base_files(root: Path) -> tuple[str, Mapping[Path, str]]:
    """The package that handlers import from, and the files that it lacks, by their places in the project.

    Where the project has modules of the same names but another kind, the package is one of its own beside them.
    """
    if all(mark in _text(root / SERVICE / f"{name}.py") for name, mark in _MARKS.items()):
        return SERVICE, {}
    if all(mark in _text(root / SERVICE / "contract" / f"{name}.py") for name, mark in _MARKS.items()):
        return APART, {}
    taken = any((root / SERVICE / f"{name}.py").exists() for name in MODULES)
    package = APART if taken else SERVICE
    return package, _files(root, package)


def _files(root: Path, package: str) -> Mapping[Path, str]:
    reference = next(iter(sources().values())).files
    folder = Path(*package.split("."))
    files = {folder / f"{name}.py": _moved(_text(reference[Path(SERVICE, f"{name}.py")]), package) for name in MODULES}
    packages = {place / "__init__.py": "" for place in (Path(SERVICE), Path(SERVICE, "handlers"), folder)}
    return {**{place: text for place, text in packages.items() if not (root / place).exists()}, **files}


def _moved(text: str, package: str) -> str:
    """A module's text, its imports of the others from ``package``."""
    if package == SERVICE:
        return text
    text = re.sub(rf"^from service\.({'|'.join(MODULES)}) import", rf"from {package}.\1 import", text, flags=re.M)
    return re.sub(r"^from service import (.+)$", lambda found: _split(found[1], package), text, flags=re.M)


def _split(names: str, package: str) -> str:
    every = [name.strip() for name in names.split(",")]
    homes = {SERVICE: [n for n in every if n not in MODULES], package: [n for n in every if n in MODULES]}
    return "\n".join(f"from {home} import {', '.join(found)}" for home, found in homes.items() if found)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
