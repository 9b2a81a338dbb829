"""Finding a handler, calling it, and turning what it did into the payload that AWS's runtime client would send."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from types import TracebackType
from typing import Any

from .context import LambdaContext
from .marshal import Marshaller

Handler = Callable[[Any, LambdaContext], Any]
Payload = dict[str, Any]

_HERE = str(Path(__file__).parent)
# Where AWS keeps what calls the handler; its frames stand there in a stack trace.
_BOOTSTRAP = "/var/runtime/bootstrap.py"


class Fault(Exception):
    """A failure of the call itself, with the error type that Lambda gives it (``Runtime.HandlerNotFound``)."""

    def __init__(self, kind: str, message: str, trace: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace


def find_handler(name: str) -> Handler:
    """The function that Lambda's Handler setting names (``service.handlers.create_item.handler``).

    Raises Fault, or whatever the module raises while it is imported.
    """
    try:
        module_name, function = name.rsplit(".", 1)
    except ValueError as exc:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {exc}") from exc
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as exc:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {exc}") from exc
    except SyntaxError as exc:
        trace = f'  File "{exc.filename}" Line {exc.lineno}\n    {exc.text}'
        message = f"Syntax error in module '{module_name}': {exc}"
        raise Fault("Runtime.UserCodeSyntaxError", message, (trace,)) from exc
    try:
        handler: Handler = getattr(module, function)
    except AttributeError as exc:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'") from exc
    return handler


def call(handler: Handler, event: bytes, context: LambdaContext, marshaller: Marshaller) -> str | bytes | Payload:
    """Call ``handler``: its result as JSON (bytes pass as they are), or the error payload of what it raised.

    SystemExit and its like pass through: they end the process.
    """
    try:
        result = handler(_parse(event), context)
        return result if isinstance(result, bytes) else _marshal(result, marshaller)
    except Exception as exc:
        return error_payload(exc, context.aws_request_id)


def error_payload(error: Exception, request_id: str = "") -> Payload:
    """What the caller learns of ``error``; ``request_id`` is empty while the function is being initialised."""
    if isinstance(error, Fault):
        return _payload(error.message, error.kind, request_id, list(error.trace))
    return _payload(str(error), type(error).__name__, request_id, stack_trace(error.__traceback__))


def _payload(message: str, kind: str, request_id: str, trace: list[str]) -> Payload:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def stack_trace(trace: TracebackType | None) -> list[str]:
    """The frames of the function's own code. Where there are none (a wrong signature), the caller's are shown."""
    frames = [(f.filename, f.lineno or 0, f.name, f.line) for f in traceback.extract_tb(trace)]
    first = next((i for i, frame in enumerate(frames) if not frame[0].startswith(_HERE)), 0)
    shown = [(_BOOTSTRAP, *frame[1:]) if frame[0].startswith(_HERE) else frame for frame in frames[first:]]
    return traceback.format_list(shown)


def names_in(folder: Path) -> set[str]:
    """The names of the files and folders in a folder."""
    return {path.name for path in folder.iterdir()}


def cure(error: BaseException, beside: Collection[str]) -> str:
    """What to do about a module that is not in the bundle; "" where there is nothing to say.

    ``beside`` are the names of the files and folders in the project's own folder.
    """
    missing = error.__cause__ if isinstance(error, Fault) else error
    if not isinstance(missing, ModuleNotFoundError) or not missing.name:
        return ""
    top = missing.name.partition(".")[0]
    if top == "service":
        return f"homeport: there is no module {missing.name} in this project"
    if top in beside or f"{top}.py" in beside:
        return f"homeport: only the package service is deployed: move {top} into it"
    return f"homeport: {top} is not in the function's bundle: add it to service/requirements.txt"


def _parse(event: bytes) -> Any:
    try:
        return json.loads(event)
    except Exception as exc:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {exc}") from exc


def _marshal(result: Any, marshaller: Marshaller) -> str:
    try:
        return marshaller.encode(result)
    except Exception as exc:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {exc}") from exc
