"""What generated handlers stand on: modules between API Gateway's events and a handler, that know of no operation.

They are those of the first project to start from whose modules need no others. A project that has them keeps its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from homeport.errors import SetupError
from homeport.scaffold.sources import Source, sources

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
    folder = Path(*package.split("."))
    files = {folder / f"{name}.py": _moved(text, package) for name, text in _modules(sources().values()).items()}
    packages = {place / "__init__.py": "" for place in (Path(SERVICE), Path(SERVICE, "handlers"), folder)}
    return {**{place: text for place, text in packages.items() if not (root / place).exists()}, **files}


def _modules(known: Iterable[Source]) -> Mapping[str, str]:
    """The modules' texts. Raises SetupError where no source has them by themselves."""
    for source in known:
        places = {name: source.files.get(Path(SERVICE, f"{name}.py")) for name in MODULES}
        texts = {name: file.read_text(encoding="utf-8") for name, file in places.items() if file is not None}
        if len(texts) == len(MODULES) and not any(_needed(text) - {*MODULES, "_validators"} for text in texts.values()):
            return texts
    raise SetupError("this installation carries no modules for handlers to stand on", "install homeport from its wheel")


def _needed(text: str) -> set[str]:
    """The modules of the project that a module imports."""
    inner = set(re.findall(r"^from service\.(\w+)", text, re.MULTILINE))
    names = re.findall(r"^from service import (.+)$", text, re.MULTILINE)
    return inner | {name.strip() for found in names for name in found.split(",")}


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
