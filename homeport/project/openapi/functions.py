"""The Lambda functions behind the operations, and the Python function that handles each.

An operation's handler follows from its operationId or from ``x-homeport.handler``. Each operation has a function of its
own, or shares one with the operations that name the same ``x-homeport.function``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from homeport.project.features import unsupported_language
from homeport.project.model import Function, FunctionCode
from homeport.project.names import did_you_mean, kebab_case, nearest, snake_case
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.source.cursor import Cursor

if TYPE_CHECKING:
    import ast

HANDLERS = "service.handlers"
_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
# Lambda imports a module by its name, which needs to be no name of Python's syntax.
_MODULE = r"[\w-]+([./][\w-]+)*"
_LAYER_ARN = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+"

GENERATED = "service._functions"
"""The package of the dispatchers that ``homeport.project.validators.generate`` writes."""


class Handler(NamedTuple):
    """A Python function: ``function`` of the module ``module``, whose code is in the project's ``folder``.

    Lambda imports ``api/orders`` as ``api.orders``.
    """

    module: str
    function: str = "handler"
    folder: str = ""

    @property
    def file(self) -> str:
        """The module's file in the project: ``service/handlers/create_item.py``."""
        return (PurePosixPath(self.folder) / f"{self.module.replace('.', '/')}.py").as_posix()

    @property
    def setting(self) -> str:
        """Lambda's Handler setting."""
        return f"{self.module}.{self.function}"


class CodeHandler(NamedTuple):
    """A handler, and the code in which it is: None for the package ``service``."""

    handler: Handler
    code: FunctionCode | None = None


class Handlers:
    """The handlers of the project in ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def by_code(self, x_homeport: XHomeport) -> CodeHandler | None:
        """Return the handler and the code of ``x-homeport: {code: …}``; report what does not exist."""
        folder = self._folder(x_homeport.code, "code") if x_homeport.code is not None else None
        if x_homeport.handler is None:
            x_homeport.cursor.error("code of its own needs a handler", "add one, such as handler: app.lambda_handler")
        layers = [layer for layer in map(self._layer, x_homeport.layers) if layer is not None]
        if folder is None or x_homeport.handler is None:
            return None
        handler = self._in_folder(folder, x_homeport.handler)
        if handler is None:
            return None
        root = self._root / folder
        requirements = root / "requirements.txt"
        own_layers = [self._root / layer for layer in layers if not layer.startswith("arn:")]
        listed = [file for file in map(layer_requirements, own_layers) if file is not None]
        return CodeHandler(
            handler,
            FunctionCode(
                root,
                requirements if requirements.is_file() else None,
                tuple(own_layers),
                packages=(*_layer_packages(layers), *(f"-r {file}" for file in listed)),
                written_layers=tuple(layers),
            ),
        )

    def _folder(self, cursor: Cursor, subject: str) -> str | None:
        """Return a folder of the project, relative to it; report one that is elsewhere or does not exist."""
        place = Path(os.path.normpath(self._root / cursor.value))
        if not place.is_relative_to(self._root):
            cursor.error(f"the {subject} {cursor.value!r} is outside of the project", "move it into the project")
        elif not place.is_dir():
            folders = [each.relative_to(self._root).as_posix() for each in place.parent.glob("*") if each.is_dir()]
            hint = did_you_mean(place.relative_to(self._root).as_posix(), folders) if folders else "check its path"
            cursor.error(f"the {subject} {cursor.value!r} is no folder of the project", hint)
        else:
            return place.relative_to(self._root).as_posix()
        return None

    def _layer(self, cursor: Cursor) -> str | None:
        if cursor.value.startswith("arn:"):
            if not re.fullmatch(_LAYER_ARN, cursor.value):
                cursor.error(f"{cursor.value!r} is no ARN of a layer's version", "write it as arn:…:layer:NAME:VERSION")
                return None
            return str(cursor.value)
        return self._folder(cursor, "layer")

    def _in_folder(self, folder: str, cursor: Cursor) -> Handler | None:
        """Return the handler in a folder of code, as Lambda reads its setting: ``app.handler``, ``api/orders.main``."""
        module, _, function = cursor.value.rpartition(".")
        if not re.fullmatch(_MODULE, module) or not function.isidentifier():
            reason = unsupported_language(cursor.value) or f"the handler {cursor.value!r} names no Python function"
            cursor.error(reason, "write it as Lambda's Handler: MODULE.FUNCTION, such as app.lambda_handler")
            return None
        handler = Handler(module, function, folder)
        if self._is_package(handler):
            return handler
        return self._check(handler, cursor, "name another in x-homeport.handler, or write it")

    def _is_package(self, handler: Handler) -> bool:
        return (self._root / handler.file).with_suffix("").joinpath("__init__.py").is_file()

    def by_name(self, name: str, cursor: Cursor) -> Handler:
        """Return the handler of an operation or authorizer by its name; report in ``cursor`` that it does not exist."""
        return self._check(Handler(f"{HANDLERS}.{snake_case(name)}"), cursor)

    def by_setting(self, cursor: Cursor) -> Handler | None:
        """Return the handler that the text in ``cursor`` names.

        The text is a module under service/handlers (``create_item``), one of its functions (``create_item.main``),
        a file (``handlers/create_item.py``) or a whole path from the root (``service.items.create.handler``).
        """
        dotted = _dotted_path(cursor.value)
        if dotted is None:
            reason = unsupported_language(cursor.value) or f"the handler {cursor.value!r} names no Python module"
            cursor.error(reason, "write it as create_note or service.x.y.handler")
            return None
        module, _, function = dotted.rpartition(".")
        if self._exists(dotted) or module in ("", HANDLERS) or cursor.value.endswith(".py"):
            return self._check(Handler(dotted), cursor)
        return self._check(Handler(module, function), cursor)

    def _exists(self, module: str) -> bool:
        place = self._root.joinpath(*module.split("."))
        return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()

    def _hint(self, handler: Handler) -> str:
        file = self._root / handler.file
        near = nearest(file.name, (other.name for other in file.parent.glob("*.py")), likeness=0.85)
        if near is not None:
            return f"did you mean {file.with_name(near).relative_to(self._root).as_posix()}?"
        return f"write it, with def {handler.function}(event, context), or name another in x-homeport.handler"

    def _unsupported_reason(self, missing: Path) -> str:
        """Return the reason why a file in another language can't be the handler; "" if there is none."""
        folders = (missing.parent, self._root / "service", self._root, self._root / "src")
        files = [file for folder in folders for file in sorted(folder.glob(f"{missing.stem}.*"))]
        reasons = (unsupported_language(file.relative_to(self._root).as_posix()) for file in files)
        return next(filter(None, reasons), "")

    def _check(self, handler: Handler, cursor: Cursor, hint: str = "") -> Handler:
        file = self._root / handler.file
        try:
            content = file.read_bytes()
        except OSError:
            if handler.folder or not self._exists(handler.module):
                reason = self._unsupported_reason(file) or f"the handler {handler.file} does not exist"
                cursor.error(reason, hint or self._hint(handler))
            return handler
        problem = _handler_problem(content, handler.function)
        if problem:
            cursor.error(f"{handler.file} {problem}", f"write def {handler.function}(event, context) in it")
        return handler


def layer_requirements(layer: Path) -> Path | None:
    """Return the pip file of a layer, whose packages belong below ``python/`` in it; None if it has none.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
    """
    files = (layer / "requirements.txt", layer / "python" / "requirements.txt")
    return next((file for file in files if file.is_file()), None)


def _layer_packages(layers: Iterable[str]) -> tuple[str, ...]:
    """Return pip requirements in place of the public layers of Powertools."""
    arns = [layer for layer in layers if layer.startswith("arn:")]
    if not arns:
        return ()
    from homeport.project.cloudformation.functions.layers import public_layer_packages

    return tuple(dict.fromkeys(line for arn in arns for line in public_layer_packages(arn)))


def _dotted_path(text: str) -> str | None:
    """Return the handler's text as dotted names from the project's root, or None if it names no module."""
    path = text.removesuffix(".py").replace("/", ".") if text.endswith(".py") else text
    if not re.fullmatch(_DOTTED, path):
        return None
    if path.startswith("service."):
        return path
    return f"service.{path}" if path.startswith("handlers.") else f"{HANDLERS}.{path}"


def _handler_problem(content: bytes, function: str) -> str:
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


class OperationSource(NamedTuple):
    """An operation as its function is made of it: its handler, its ``x-homeport``, and its cursor in the document.

    ``function`` is the name of its function, ``code`` None for a handler of ``service``.
    """

    id: str
    cursor: Cursor
    x_homeport: XHomeport
    handler: Handler
    function: str
    code: FunctionCode | None = None


class FunctionNames:
    """The names of operations' functions: a group's, or made from the operation's id.

    Operations with the same handler of the same code share a function, which the first of them names.
    """

    def __init__(self) -> None:
        self._by_code: dict[tuple[Path, str], str] = {}

    def name(self, id: str, x_homeport: XHomeport, handler: Handler, code: FunctionCode | None) -> str:
        """Return the name of an operation's function."""
        own = x_homeport.group or kebab_case(id)
        if code is None:
            return own
        shared = self._by_code.setdefault((code.root, handler.setting), own)
        return x_homeport.group or shared


def build_functions(operations: Iterable[OperationSource]) -> dict[str, Function]:
    """Return the functions by name, in the order of their first operations."""
    groups: dict[str, list[OperationSource]] = {}
    for served in operations:
        groups.setdefault(served.function, []).append(served)
    _check_names(groups)
    return {name: _function(name, members) for name, members in groups.items()}


def _check_names(groups: Mapping[str, Sequence[OperationSource]]) -> None:
    first_by_module: dict[str, str] = {}
    for name, members in groups.items():
        alone = [served for served in members if served.x_homeport.group is None and served.code is None]
        for served in alone if len(members) > 1 else ():
            served.cursor.error(
                f"the function of {served.id} has the name of the group {name!r}", "give the group another name"
            )
        first = members[0]
        for served in members[1:]:
            if (served.code or first.code) and (served.handler, served.code) != (first.handler, first.code):
                served.cursor.error(
                    f"the function {name!r} has the code of {first.id}, and its handler or layers are others here",
                    "say the same, or give x-homeport another function",
                )
        other = first_by_module.setdefault(snake_case(name), name)
        if other != name:
            members[0].cursor.error(f"the functions {name!r} and {other!r} are too alike", "give one another name")


def _function(name: str, members: Sequence[OperationSource]) -> Function:
    handlers = {served.handler.setting for served in members}
    generated = len(handlers) > 1 and members[0].code is None
    return Function(
        name=name,
        handler=f"{GENERATED}.{snake_case(name)}.handler" if generated else members[0].handler.setting,
        source=members[0].cursor.source,
        operations=tuple(served.id for served in members),
        memory=_common_setting(members, "memory"),
        timeout=_common_setting(members, "timeout"),
        reserved_concurrency=_common_setting(members, "reservedConcurrency"),
        access=_joined_access(served.x_homeport for served in members),
        policies=_joined_policies(members),
        generated=generated,
        code=members[0].code,
        runtime=_common_setting(members, "runtime") or "",
        architecture=_common_setting(members, "architecture") or "",
        written_environment=_common_setting(members, "environment") or {},
    )


def _common_setting(members: Sequence[OperationSource], key: str) -> Any:
    """Return a setting of a group, which must be the same for all operations that have it."""
    first: OperationSource | None = None
    common: Any = None
    for served in members:
        value = getattr(served.x_homeport, snake_case(key))
        if value is None:
            continue
        if first is None:
            first = served
            common = value
        elif value != common:
            served.x_homeport.cursor.at(key).error(
                f"{key!r} is {value} here and {common} for {first.id} in the same function", "say it once"
            )
    return common


def _joined_access(parts: Iterable[XHomeport]) -> dict[str, tuple[str, ...]]:
    """Return the access of all parts together, each action once."""
    joined: dict[str, dict[str, None]] = {}
    for x_homeport in parts:
        for target, actions in (x_homeport.access or {}).items():
            joined.setdefault(target, {}).update(dict.fromkeys(actions))
    return {target: tuple(actions) for target, actions in joined.items()}


def _joined_policies(members: Sequence[OperationSource]) -> tuple[Mapping[str, Any], ...]:
    joined: list[Mapping[str, Any]] = []
    for served in members:
        joined.extend(policy for policy in served.x_homeport.policies if policy not in joined)
    return tuple(joined)
