"""Find the names of modules that no code of the kit uses: what a change has left behind, or what only tests call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

# Python and pytest look these up by name.
_LOOKED_UP = ("__", "pytest_", "main")
# Generated modules contain this file's text, and use its names.
_COPIED = "homeport.project.validators.embedded"
# The programs that write the reference read tables of the kit.
_PROGRAMS = "tests/docs"


def find_unused(kit: Path) -> Iterator[str]:
    """Yield a line for each name at the top of a module of the package ``kit`` that neither it nor a program uses.

    An attribute of the same name counts as a use: it may be that of a module which is passed as a value.
    """
    modules = {_module_name(file, kit.parent): (file, _parse(file)) for file in _python_files(kit)}
    programs = [_parse(file) for file in _python_files(kit.parent / _PROGRAMS)]
    trees = {name: tree for name, (_, tree) in modules.items()}
    imported = {(module, name) for module, tree in trees.items() for module, name in _imports(module, tree)}
    imported |= {pair for tree in programs for pair in _imports("", tree)}
    attributes = {node.attr for tree in (*trees.values(), *programs) for node in _nodes(tree, ast.Attribute)}
    for module, (file, tree) in modules.items():
        if module == _COPIED:
            continue
        loaded = {node.id for node in _nodes(tree, ast.Name) if isinstance(node.ctx, ast.Load)} | attributes
        for name, line in _definitions(tree):
            if name not in loaded and (module, name) not in imported and not name.startswith(_LOOKED_UP):
                yield f"{file}:{line}: {name}: no code of the kit uses it; remove it, with its tests"


def _definitions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the names that a module defines and their lines; a decorator may have registered a function."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.decorator_list or isinstance(node, ast.ClassDef):
                yield node.name, node.lineno
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node.lineno) for target in targets if isinstance(target, ast.Name))


def _imports(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield module and name of each ``from … import …``; ``module`` ends in ``.__init__`` where it is a package."""
    for node in _nodes(tree, ast.ImportFrom):
        above = module.split(".")[: -node.level] if node.level else []
        source = ".".join((*above, *filter(None, [node.module])))
        yield from ((source, alias.name) for alias in node.names)
        yield from ((f"{source}.__init__", alias.name) for alias in node.names)


def _nodes(tree: ast.Module, kind: type[Node]) -> Iterator[Node]:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _module_name(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts)


def _python_files(folder: Path) -> Iterable[Path]:
    return (file for file in sorted(folder.rglob("*.py")) if "skeleton" not in file.parts)


def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))
