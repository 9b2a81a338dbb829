"""Find circles of imports within the kit: modules of which none can be read, tested or moved without the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


@dataclass(slots=True)
class Imports:
    """The modules of the kit that a module imports: when it is imported itself, in functions, and for types alone."""

    at_import: set[str] = field(default_factory=set)
    in_functions: set[str] = field(default_factory=set)
    for_types: set[str] = field(default_factory=set)


def find_import_circles(kit: Path) -> Iterator[str]:
    """Yield a line for each circle of imports in the package ``kit``.

    An import within a function closes a circle as well: only the order of calls hides it. An import under
    ``TYPE_CHECKING`` does not, since two modules may name each other's values.
    """
    files = {_module_name(file, kit.parent): file for file in sorted(kit.rglob("*.py")) if "skeleton" not in file.parts}
    imports = {module: read_imports(module, file, files) for module, file in files.items()}
    graph = {module: found.at_import for module, found in imports.items()}
    while circle := _find_circle(graph):
        yield _line(files, circle, "when they are imported")
        graph[circle[0]] = graph[circle[0]] - {circle[1]}
    whole = {module: graph[module] | found.in_functions for module, found in imports.items()}
    while circle := _find_circle(whole):
        yield _line(files, circle, "with what functions import")
        whole[circle[0]] = whole[circle[0]] - {circle[1]}


def read_imports(module: str, file: Path, known: Mapping[str, Path]) -> Imports:
    """Return which of the ``known`` modules a module imports."""
    found = Imports()
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    _collect(ast.parse(file.read_text(encoding="utf-8")), package, known, found, found.at_import)
    for kind in (found.at_import, found.in_functions, found.for_types):
        kind.discard(module)
    return found


def _collect(node: ast.AST, package: str, known: Mapping[str, Path], found: Imports, kind: set[str]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            kind |= {name for name in _imported(child, package, known) if name in known}
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            _collect(ast.Module(child.body, []), package, known, found, found.for_types)
            _collect(ast.Module(child.orelse, []), package, known, found, kind)
        else:
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            _collect(child, package, known, found, found.in_functions if is_function else kind)


def _imported(node: ast.Import | ast.ImportFrom, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    """Yield the modules that a statement imports: ``from package import name`` may name a module or a value."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1] if node.level else []
    source = ".".join((*above, *filter(None, [node.module])))
    for alias in node.names:
        name = f"{source}.{alias.name}"
        yield name if name in known else source


def _find_circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of a circle, each of which imports the next, the first one again at the end; [] if none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # The error lists each module before the one that imports it.
        circle: list[str] = error.args[1]
        return circle[::-1]
    return []


def _line(files: Mapping[str, Path], circle: list[str], when: str) -> str:
    return f"{files[circle[0]]}: imports in a circle, {when}: {' → '.join(circle)}; move what they share to a module"


def _module_name(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
