"""Find modules that a text names and that are not there: a reader who follows the text stands before nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# A module as texts name it: ``steps/limits.py``, `routing.py`.
_MODULE = re.compile(r"`([\w./]+\.py)`")
# Files of a project and of other tools, which are not in the kit, and ``format.py``, which each format has.
_ELSEWHERE = re.compile(r"(service|handlers)/.*|(_validators|wsgi_handler|create_\w+|format)\.py")


def check_docstring_modules(kit: Path) -> Iterator[str]:
    """Yield a line for each module that a docstring names and that is not near its own: beside, above or below it."""
    for file in sorted(kit.rglob("*.py")):
        if "skeleton" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                missing = (name for name in _named_modules(text) if not _is_near(name, file.parent, kit.parent))
                yield from (f"{file}:{getattr(node, 'lineno', 1)}: there is no {name} here" for name in missing)


def check_document_modules(files: Iterable[Path], root: Path) -> Iterator[str]:
    """Yield a line for each module that a Markdown document names and that is nowhere in the repository."""
    paths = [
        f"/{file.relative_to(root)}"
        for room in ("homeport", "tests", "service")
        for file in (root / room).rglob("*.py")
    ]
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for name in _named_modules(line):
                if not any(path.endswith(f"/{name}") for path in paths):
                    yield f"{file}:{number}: there is no {name}"


def _named_modules(text: str) -> Iterator[str]:
    return (name for name in _MODULE.findall(text) if not _ELSEWHERE.fullmatch(name))


def _is_near(name: str, folder: Path, root: Path) -> bool:
    above = [folder, *(parent for parent in folder.parents if parent.is_relative_to(root))]
    return any((each / name).is_file() for each in above) or any(folder.glob(f"**/{name.removeprefix('../')}"))
