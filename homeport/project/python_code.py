"""The code of functions in Python, read without running it: a handler's module, and those that it imports.

Of the modules below the folder of a function's code alone: what packages do is theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_MOST_FILES = 300
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.If, ast.IfExp, ast.Try, ast.TryStar, ast.BoolOp)


FindModule = Callable[[Path, str], Path | None]
"""A way to find a module's file below a folder, as ``find_module`` does."""


class CodeModule(NamedTuple):
    """A module of a function: its name as it is imported (``service.items``), its file, and its syntax tree."""

    name: str
    file: Path
    tree: ast.Module


def find_module(root: Path, module: str) -> Path | None:
    """Return the file of a module (``service.items``) below ``root``, None without one."""
    place = root / module.replace(".", "/")
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def imported_modules(
    root: Path,
    handler: str,
    *,
    is_started: bool = False,
    find: FindModule = find_module,
) -> Iterator[CodeModule]:
    """Yield the module of a handler (``service.items.create``) and those that it imports below ``root``.

    ``is_started``: those alone that are imported when the function starts. A file that can't be read is left out.
    ``find``: ``cache(find_module)`` where many functions are looked at, which import the same modules.
    """
    waiting = [handler.rpartition(".")[0]]
    seen: set[Path] = set()
    while waiting and len(seen) < _MOST_FILES:
        module = waiting.pop()
        file = find(root, module)
        if file is None or file in seen:
            continue
        seen.add(file)
        try:
            tree = _parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        yield CodeModule(module, file, tree)
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        imports = _first_imports(tree) if is_started else _imports(tree)
        waiting.extend(name for node in imports for name in _imported_names(node, package))


@lru_cache(1024)
def run_by_import(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Return the nodes that an import always runs: none of functions, of conditions, or where errors are caught."""
    return tuple(_run_by_import(tree))


@lru_cache(1024)
def _parse(source: bytes) -> ast.Module:
    """Parse a module once for all functions that import it. Raises SyntaxError, ValueError, RecursionError."""
    return ast.parse(source)


@lru_cache(1024)
def _imports(tree: ast.Module) -> tuple[ast.Import | ast.ImportFrom, ...]:
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def _first_imports(tree: ast.Module) -> tuple[ast.Import | ast.ImportFrom, ...]:
    return tuple(node for node in run_by_import(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def _run_by_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _LATER):
            yield child
            yield from _run_by_import(child)


def _imported_names(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    match node:
        case ast.Import(names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module, names, level):
            steps = package.split(".")
            above = ".".join(steps[: len(steps) - (level or 0) + 1]) if level else ""
            base = ".".join(part for part in (above, module or "") if part)
            yield base
            yield from (f"{base}.{alias.name}" for alias in names)
