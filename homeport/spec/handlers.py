"""Which Python function serves an operation: from operationId or ``x-homeport.handler`` to a function that exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from homeport.spec.names import nearest, snake_case
from homeport.spec.view import View

if TYPE_CHECKING:
    import ast

HANDLERS = "service.handlers"
_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"


class Handler(NamedTuple):
    """``function`` of ``module``, which is ``file`` relative to the project."""

    module: str
    function: str = "handler"

    @property
    def file(self) -> str:
        """``service.handlers.create_item`` is ``service/handlers/create_item.py``."""
        return f"{self.module.replace('.', '/')}.py"

    @property
    def setting(self) -> str:
        """Lambda's Handler setting."""
        return f"{self.module}.{self.function}"


class Handlers:
    """The handlers of the project in ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def default(self, name: str, view: View) -> Handler:
        """The handler of an operation or authorizer by its name; an error in ``view`` if it is not there."""
        return self._checked(Handler(f"{HANDLERS}.{snake_case(name)}"), view)

    def named(self, view: View) -> Handler | None:
        """The handler that the text in ``view`` names.

        A module under service/handlers (``create_item``), one of its functions (``create_item.main``), a file
        (``handlers/create_item.py``) or a whole path from the root (``service.items.create.handler``).
        """
        dotted = _dotted(view.value)
        if dotted is None:
            view.error(
                f"the handler {view.value!r} names no Python module", "write it as create_note or service.x.y.handler"
            )
            return None
        module, _, function = dotted.rpartition(".")
        if self._exists(dotted) or module in ("", HANDLERS) or view.value.endswith(".py"):
            return self._checked(Handler(dotted), view)
        return self._checked(Handler(module, function), view)

    def _exists(self, module: str) -> bool:
        place = self._root.joinpath(*module.split("."))
        return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()

    def _cure(self, handler: Handler) -> str:
        file = self._root / handler.file
        near = nearest(file.name, (other.name for other in file.parent.glob("*.py")), likeness=0.85)
        if near is not None:
            return f"did you mean {file.with_name(near).relative_to(self._root).as_posix()}?"
        return f"write it, with def {handler.function}(event, context), or name another in x-homeport.handler"

    def _checked(self, handler: Handler, view: View) -> Handler:
        file = self._root / handler.file
        try:
            content = file.read_bytes()
        except OSError:
            if not self._exists(handler.module):
                view.error(f"the handler {handler.file} does not exist", self._cure(handler))
            return handler
        flaw = _flaw(content, handler.function)
        if flaw:
            view.error(f"{handler.file} {flaw}", f"write def {handler.function}(event, context) in it")
        return handler


def _dotted(text: str) -> str | None:
    """The handler's text as a path of names from the project's root, None if it is none."""
    path = text.removesuffix(".py").replace("/", ".") if text.endswith(".py") else text
    if not re.fullmatch(_DOTTED, path):
        return None
    if path.startswith("service."):
        return path
    return f"service.{path}" if path.startswith("handlers.") else f"{HANDLERS}.{path}"


def _flaw(content: bytes, function: str) -> str:
    """Why a module has no such handler; "" if it has one, or if only running it can tell."""
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
        if _bound(statement) & {function, "*"}:
            return ""
    return f"has no function {function}"


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those in its top-level if, try and with blocks included."""
    for statement in body:
        yield statement
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(statement, block, None)
            if isinstance(inner, list) and not hasattr(statement, "name"):
                yield from _top_level(inner)
        for handler in getattr(statement, "handlers", ()):
            yield from _top_level(handler.body)


def _bound(statement: ast.stmt) -> set[str]:
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
