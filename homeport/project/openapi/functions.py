"""Which Python function serves an operation: from operationId or ``x-homeport.handler`` to a function that exists.

The Lambda functions behind the operations: one each, or one for several that name the same ``function``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.project.model import Function
from homeport.project.names import kebab_case, nearest, snake_case
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.source.cursor import Cursor

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

    def default(self, name: str, cursor: Cursor) -> Handler:
        """The handler of an operation or authorizer by its name; an error in ``cursor`` if it is not there."""
        return self._checked(Handler(f"{HANDLERS}.{snake_case(name)}"), cursor)

    def named(self, cursor: Cursor) -> Handler | None:
        """The handler that the text in ``cursor`` names.

        A module under service/handlers (``create_item``), one of its functions (``create_item.main``), a file
        (``handlers/create_item.py``) or a whole path from the root (``service.items.create.handler``).
        """
        dotted = _dotted(cursor.value)
        if dotted is None:
            cursor.error(
                f"the handler {cursor.value!r} names no Python module", "write it as create_note or service.x.y.handler"
            )
            return None
        module, _, function = dotted.rpartition(".")
        if self._exists(dotted) or module in ("", HANDLERS) or cursor.value.endswith(".py"):
            return self._checked(Handler(dotted), cursor)
        return self._checked(Handler(module, function), cursor)

    def _exists(self, module: str) -> bool:
        place = self._root.joinpath(*module.split("."))
        return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()

    def _cure(self, handler: Handler) -> str:
        file = self._root / handler.file
        near = nearest(file.name, (other.name for other in file.parent.glob("*.py")), likeness=0.85)
        if near is not None:
            return f"did you mean {file.with_name(near).relative_to(self._root).as_posix()}?"
        return f"write it, with def {handler.function}(event, context), or name another in x-homeport.handler"

    def _checked(self, handler: Handler, cursor: Cursor) -> Handler:
        file = self._root / handler.file
        try:
            content = file.read_bytes()
        except OSError:
            if not self._exists(handler.module):
                cursor.error(f"the handler {handler.file} does not exist", self._cure(handler))
            return handler
        flaw = _flaw(content, handler.function)
        if flaw:
            cursor.error(f"{handler.file} {flaw}", f"write def {handler.function}(event, context) in it")
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


GENERATED = "service._functions"
"""The package of the dispatchers that ``homeport.project.validators.generate`` writes."""


class Served(NamedTuple):
    """An operation and the handler that serves it; ``cursor`` is where it stands."""

    id: str
    cursor: Cursor
    x_homeport: XHomeport
    handler: Handler

    @property
    def function(self) -> str:
        """The name of its function."""
        return self.x_homeport.group or kebab_case(self.id)


def build_functions(operations: Iterable[Served]) -> dict[str, Function]:
    """The functions by name, in the order of their first operations."""
    groups: dict[str, list[Served]] = {}
    for served in operations:
        groups.setdefault(served.function, []).append(served)
    _check_names(groups)
    return {name: _function(name, members) for name, members in groups.items()}


def _check_names(groups: Mapping[str, Sequence[Served]]) -> None:
    first_by_module: dict[str, str] = {}
    for name, members in groups.items():
        alone = [served for served in members if served.x_homeport.group is None]
        for served in alone if len(members) > 1 else ():
            served.cursor.error(
                f"the function of {served.id} has the name of the group {name!r}", "give the group another name"
            )
        other = first_by_module.setdefault(snake_case(name), name)
        if other != name:
            members[0].cursor.error(f"the functions {name!r} and {other!r} are too alike", "give one another name")


def _function(name: str, members: Sequence[Served]) -> Function:
    handlers = {served.handler.setting for served in members}
    generated = len(handlers) > 1
    return Function(
        name=name,
        handler=f"{GENERATED}.{snake_case(name)}.handler" if generated else handlers.pop(),
        source=members[0].cursor.source,
        operations=tuple(served.id for served in members),
        memory=_agreed(members, "memory"),
        timeout=_agreed(members, "timeout"),
        reserved_concurrency=_agreed(members, "reservedConcurrency"),
        access=joined_access(served.x_homeport for served in members),
        policies=_joined_policies(members),
        generated=generated,
    )


def _agreed(members: Sequence[Served], key: str) -> int | None:
    """A setting of a group: what its operations say, which must be the same."""
    first: Served | None = None
    for served in members:
        value = _setting(served.x_homeport, key)
        if value is None:
            continue
        if first is None:
            first = served
        elif value != _setting(first.x_homeport, key):
            served.x_homeport.cursor.at(key).error(
                f"{key!r} is {value} here and {_setting(first.x_homeport, key)} for {first.id} in the same function",
                "say it once",
            )
    return _setting(first.x_homeport, key) if first is not None else None


def _setting(x_homeport: XHomeport, key: str) -> int | None:
    return {
        "memory": x_homeport.memory,
        "timeout": x_homeport.timeout,
        "reservedConcurrency": x_homeport.reserved_concurrency,
    }[key]


def joined_access(parts: Iterable[XHomeport]) -> dict[str, tuple[str, ...]]:
    """Everything that any of the parts may do, each action once."""
    joined: dict[str, dict[str, None]] = {}
    for x_homeport in parts:
        for target, actions in (x_homeport.access or {}).items():
            joined.setdefault(target, {}).update(dict.fromkeys(actions))
    return {target: tuple(actions) for target, actions in joined.items()}


def _joined_policies(members: Sequence[Served]) -> tuple[Mapping[str, Any], ...]:
    joined: list[Mapping[str, Any]] = []
    for served in members:
        joined.extend(policy for policy in served.x_homeport.policies if policy not in joined)
    return tuple(joined)
