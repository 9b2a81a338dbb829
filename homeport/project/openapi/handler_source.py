"""The source of a handler's module in Python: whether it has the function, without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast


def handler_problem(content: bytes, function: str) -> str:
    """Return why a module has no such handler; "" if it has one, or if only running it can tell."""
    name = re.escape(function).encode()
    if re.search(rb"^(def %b\s*\(|%b\s*=[^=])" % (name, name), content, re.MULTILINE):
        return ""
    import ast

    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for statement in _top_level(tree.body):
        if isinstance(statement, ast.AsyncFunctionDef) and statement.name == function:
            return f"has an async {function}, which Lambda does not await"
        if _bound_names(statement) & {function, "*"}:
            return ""
    return f"has no function {function}"


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those in its top-level if, try and with blocks included."""
    for statement in body:
        yield statement
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(statement, block, None)
            if isinstance(inner, list) and not hasattr(statement, "name"):
                yield from _top_level(inner)
        for handler in getattr(statement, "handlers", ()):
            yield from _top_level(handler.body)


def _bound_names(statement: ast.stmt) -> set[str]:
    import ast

    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {alias.asname or alias.name for alias in names}
        case _:
            return set()
