"""The handlers of a project of the kit's own shape, in Python or Node.js, and the code in which each one is.

An operation's handler follows from its operationId or from ``x-homeport.handler``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from homeport.project.esbuild import typescript_build
from homeport.project.languages import DEFAULT_RUNTIMES, Language, language_of, not_run_here
from homeport.project.model import FunctionCode
from homeport.project.names import did_you_mean, nearest, snake_case
from homeport.project.node_code import NodeHandler, is_node_file, node_file, parse_node_handler
from homeport.project.openapi.handler_source import handler_problem
from homeport.project.openapi.node_handlers import NodeHandlers, NodePlace, node_code
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.source.cursor import Cursor

if TYPE_CHECKING:
    pass

HANDLERS = "service.handlers"
_DOTTED = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
# Lambda imports a module by its name, which needs to be no name of Python's syntax.
_MODULE = r"[\w-]+([./][\w-]+)*"
_LAYER_ARN = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+"

BOOTSTRAP = "bootstrap"
"""https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html"""


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
    """A handler, and the code in which it is: None for the package ``service``.

    ``setting`` is Lambda's Handler, and ``runtime`` is ``""`` where the stage's holds.
    """

    setting: str
    code: FunctionCode | None = None
    runtime: str = ""


class Handlers:
    """The handlers of the project in ``root``, whose functions have the runtime ``runtime`` unless they say another."""

    def __init__(self, root: Path, runtime: str = DEFAULT_RUNTIMES["python"]) -> None:
        self._root = root
        self._runtime = runtime
        self._node = NodeHandlers(root)

    def find(self, name: str, cursor: Cursor, x_homeport: XHomeport) -> CodeHandler:
        """Return the handler of an operation or authorizer by its name; report in ``cursor`` that it does not exist."""
        place = self._node.place_of(snake_case(name))
        if self._is_node(place, (self._root / Handler(f"{HANDLERS}.{snake_case(name)}").file).exists(), x_homeport):
            return self._in_node(place, cursor, x_homeport)
        return self._in_python(self.by_name(name, cursor), x_homeport)

    def has(self, name: str) -> bool:
        """Return whether there is a handler of this name, of an operation's or a function's."""
        in_python = (self._root / Handler(f"{HANDLERS}.{snake_case(name)}").file).is_file()
        return in_python or self._node.file(self._node.place_of(snake_case(name))) is not None

    def find_written(self, x_homeport: XHomeport) -> CodeHandler | None:
        """Return the handler of ``service`` that ``x-homeport.handler`` names; report one that does not exist."""
        cursor = x_homeport.handler
        assert cursor is not None
        place = self._node.find_written(cursor.value)
        if place is None and is_node_file(cursor.value):
            folder, _, file = cursor.value.rpartition("/")
            setting = f"{file.partition('.')[0]}.handler"
            hint = f"write x-homeport: {{code: {folder}, handler: {setting}}}"
            cursor.error(f"the handler {cursor.value} is outside of service/", hint)
            return None
        module = _dotted_path(cursor.value)
        there = module is not None and (self._exists(module) or self._exists(module.rpartition(".")[0]))
        if place is not None and self._is_node(place, there, x_homeport):
            return self._in_node(place, cursor, x_homeport)
        found = self.by_setting(cursor)
        return self._in_python(found, x_homeport) if found is not None else None

    def _is_node(self, place: NodePlace, python_is_there: bool, x_homeport: XHomeport) -> bool:
        """Return whether a handler is Node's: its file alone is there, or the runtime is Node's."""
        node_is_there = self._node.file(place) is not None
        if node_is_there != python_is_there:
            return node_is_there
        return language_of(x_homeport.runtime or self._runtime) == "node"

    def _in_node(self, place: NodePlace, cursor: Cursor, x_homeport: XHomeport) -> CodeHandler:
        self._node.check(place, cursor)
        written = self._layers(x_homeport)
        code = node_code(self._root / place.folder, self._own_layers(written), written)
        return self._with_build(place.handler, code, x_homeport)

    def _with_build(self, handler: NodeHandler, code: FunctionCode, x_homeport: XHomeport) -> CodeHandler:
        """Return a handler in Node.js with its code, which is built first if it is TypeScript."""
        runtime = self._runtime_of("node", x_homeport)
        build = typescript_build(self._root, code.root, handler.setting, runtime or self._runtime)
        return CodeHandler(handler.setting, replace(code, build=build), runtime)

    def _layers(self, x_homeport: XHomeport) -> tuple[str, ...]:
        """Return the layers as they are written, folders relative to the project; report invalid ones."""
        return tuple(layer for layer in map(self._layer, x_homeport.layers) if layer is not None)

    def _own_layers(self, written: Iterable[str]) -> tuple[Path, ...]:
        return tuple(self._root / layer for layer in written if not layer.startswith("arn:"))

    def _in_python(self, handler: Handler, x_homeport: XHomeport) -> CodeHandler:
        if x_homeport.layers:
            # All of these functions have one set of packages, here and on AWS.
            x_homeport.cursor.at("layers").error(
                "layers are for functions in Node.js, and for those in Python with code of their own",
                "list the packages in service/requirements.txt, or add code",
            )
        return CodeHandler(handler.setting, None, self._runtime_of("python", x_homeport))

    def _runtime_of(self, language: Language, x_homeport: XHomeport) -> str:
        """Return the runtime of a function whose file is in a language; report one of another language."""
        written = x_homeport.runtime
        if written is not None:
            if language_of(written) != language:
                message = f"the runtime {written} does not run the file of this handler"
                x_homeport.cursor.at("runtime").error(message, f"choose another, such as {DEFAULT_RUNTIMES[language]}")
            return written
        return "" if language_of(self._runtime) == language else DEFAULT_RUNTIMES[language]

    def by_code(self, x_homeport: XHomeport) -> CodeHandler | None:
        """Return the handler and the code of ``x-homeport: {code: …}``; report what does not exist."""
        folder = self._folder(x_homeport.code, "code") if x_homeport.code is not None else None
        if x_homeport.handler is None:
            x_homeport.cursor.error("code of its own needs a handler", "add one, such as handler: app.lambda_handler")
        layers = self._layers(x_homeport)
        if folder is None or x_homeport.handler is None:
            return None
        language = self._language_in(folder, x_homeport)
        own_layers = self._own_layers(layers)
        if language == "node":
            return self._node_in_folder(folder, x_homeport, own_layers, layers)
        if language == "custom":
            return self._bootstrap_in(folder, x_homeport, own_layers, layers)
        handler = self._in_folder(folder, x_homeport.handler)
        if handler is None:
            return None
        root = self._root / folder
        requirements = root / "requirements.txt"
        listed = [file for file in map(layer_requirements, own_layers) if file is not None]
        code = FunctionCode(
            root,
            requirements if requirements.is_file() else None,
            own_layers,
            packages=(*_layer_packages(layers), *(f"-r {file}" for file in listed)),
            written_layers=layers,
        )
        return CodeHandler(handler.setting, code, self._runtime_of("python", x_homeport))

    def _language_in(self, folder: str, x_homeport: XHomeport) -> Language:
        """Return the language of a handler in a folder of code: that of its runtime, or else of its file."""
        assert x_homeport.handler is not None
        if x_homeport.runtime is not None:
            return language_of(x_homeport.runtime) or "python"
        found = parse_node_handler(x_homeport.handler.value)
        in_node = found is not None and self._node.file(NodePlace(folder, found)) is not None
        module = x_homeport.handler.value.rpartition(".")[0]
        in_python = (self._root / Handler(module, "", folder).file).is_file()
        if in_node != in_python:
            return "node" if in_node else "python"
        return language_of(self._runtime) or "python"

    def _node_in_folder(
        self, folder: str, x_homeport: XHomeport, layers: tuple[Path, ...], written: tuple[str, ...]
    ) -> CodeHandler | None:
        cursor = x_homeport.handler
        assert cursor is not None
        handler = parse_node_handler(cursor.value)
        if handler is None or ".." in handler.module.split("/"):
            hint = "write it as Lambda's Handler: FILE.FUNCTION, such as index.handler"
            cursor.error(f"the handler {cursor.value!r} names no function of Node.js", hint)
            return None
        self._node.check(NodePlace(folder, handler), cursor)
        return self._with_build(handler, node_code(self._root / folder, layers, written), x_homeport)

    def _bootstrap_in(
        self, folder: str, x_homeport: XHomeport, layers: tuple[Path, ...], written: tuple[str, ...]
    ) -> CodeHandler:
        """Return the function of a custom runtime, whose program is ``bootstrap`` of its code or of a layer."""
        assert x_homeport.handler is not None
        root = self._root / folder
        if not any((place / BOOTSTRAP).is_file() for place in (root, *layers)):
            message = f"{folder} has no {BOOTSTRAP}, the program of a custom runtime"
            x_homeport.cursor.at("code").error(message, "build it there, for Linux")
        code = FunctionCode(root, layers=layers, written_layers=written)
        return CodeHandler(x_homeport.handler.value, code, self._runtime_of("custom", x_homeport))

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
            reason = not_run_here(cursor.value) or f"the handler {cursor.value!r} names no function"
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
            reason = not_run_here(cursor.value) or f"the handler {cursor.value!r} names no module of Python or Node.js"
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
        for folder in ("src", "."):
            if (found := node_file(self._root / folder, file.stem)) is not None:
                setting = f"{file.stem}.{handler.function}"
                return f"for {found.name} write x-homeport: {{code: {folder}, handler: {setting}}}"
        return f"write it, with def {handler.function}(event, context), or name another in x-homeport.handler"

    def _unsupported_reason(self, missing: Path) -> str:
        """Return the reason why a file in another language can't be the handler; "" if there is none."""
        folders = (missing.parent, self._root / "service", self._root, self._root / "src")
        files = [file for folder in folders for file in sorted(folder.glob(f"{missing.stem}.*"))]
        reasons = (not_run_here(file.relative_to(self._root).as_posix()) for file in files)
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
        problem = handler_problem(content, handler.function)
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
