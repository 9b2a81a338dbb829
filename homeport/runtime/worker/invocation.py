"""The environment variable that names an invocation's trace: https://docs.aws.amazon.com/lambda/latest/dg/python-tracing.html

It changes with every invocation. ``os.environ[…] = …`` calls setenv, and the C library keeps every value that it was
ever given; so here the variable is memory of this module's own, written over each time.

The context object, as AWS's runtime client makes it.
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html

A function's result as the JSON that AWS's runtime client makes of it.

That client encodes with simplejson, not with the standard library: a named tuple becomes an object, bytes inside a
result become text, a Decimal keeps its digits, NaN is let through. Plain values take the standard library's encoder,
which writes them the same way.
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py

Finding a handler, calling it, and turning what it did into the payload that AWS's runtime client would send.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

NAME = "_X_AMZN_TRACE_ID"
_LONGEST = 1024


class TraceVariable:
    """The variable, for this process and those that it starts."""

    def __init__(self) -> None:
        self._memory = ctypes.create_string_buffer(_LONGEST)
        self._putenv = ctypes.CDLL(None).putenv
        self._values: dict[bytes, bytes] = getattr(os.environ, "_data", {})

    def set(self, trace: str) -> None:
        """Have the variable name another trace."""
        entry = f"{NAME}={trace}".encode()
        if len(entry) >= _LONGEST or NAME.encode() not in self._values:
            # Beyond what API Gateway passes on; or the first time, which makes the name known.
            os.environ[NAME] = trace
            return
        self._memory.value = entry
        self._putenv(self._memory)
        self._values[NAME.encode()] = trace.encode()


class CognitoIdentity:
    """Who called, for callers with an identity pool; API Gateway's proxy integration never fills it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self) -> None:
        self.cognito_identity_id: str | None = None
        self.cognito_identity_pool_id: str | None = None

    def __repr__(self) -> str:
        return _show(self, self.__slots__)


class LambdaContext:
    """What a handler gets besides its event. ``deadline`` is milliseconds since the epoch."""

    def __init__(
        self, request_id: str, arn: str, deadline: int, variables: Mapping[str, str], log: Callable[[str], None]
    ) -> None:
        self.aws_request_id = request_id
        self.log_group_name = variables.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = variables.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = variables.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = variables.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = arn
        self.client_context: None = None
        self.identity = CognitoIdentity()
        self.tenant_id: str | None = None
        self._deadline = deadline
        self._log = log

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended; 0 from then on."""
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message: object) -> None:
        """Write an entry of its own into the function's log."""
        self._log(str(message))

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return _show(self, names)


def _show(value: object, names: tuple[str, ...]) -> str:
    return f"{type(value).__name__}([{','.join(f'{name}={getattr(value, name)}' for name in names)}])"


_SCALARS = frozenset({str, int, float, bool, type(None)})


_UNESCAPED_SINCE = (3, 12)


def ascii_only(execution_environment: str) -> bool:
    """Whether a runtime (``AWS_Lambda_python3.11``) escapes what is not ASCII, as those before python3.12 do."""
    version = execution_environment.removeprefix("AWS_Lambda_python").split(".")
    return tuple(int(part) for part in version if part.isdigit()) < _UNESCAPED_SINCE


class Marshaller:
    """``escape`` writes what is not ASCII as ``\\u…``."""

    def __init__(self, escape: bool) -> None:
        self._encoder = json.JSONEncoder(ensure_ascii=escape)

    def encode(self, value: Any) -> str:
        """``value`` as JSON. Raises TypeError or ValueError, worded as simplejson does, where it has no JSON."""
        if _is_plain(value):
            return self._encoder.encode(value)
        return "".join(self._pieces(value, set()))

    def _pieces(self, value: Any, parents: set[int]) -> Iterator[str]:
        if isinstance(value, (str, bytes)):
            yield self._text(value)
        elif value is None or isinstance(value, (bool, int, float)):
            yield _scalar(value)
        elif isinstance(value, Decimal):
            yield "NaN" if value.is_nan() else str(value)
        elif isinstance(value, (dict, list, tuple)):
            yield from self._container(value, parents)
        else:
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    def _container(self, value: Any, parents: set[int]) -> Iterator[str]:
        if id(value) in parents:
            raise ValueError("Circular reference detected")
        parents.add(id(value))
        fields = getattr(value, "_asdict", None) if isinstance(value, (list, tuple)) else None
        if callable(fields):
            yield from self._object(fields(), parents)
        elif isinstance(value, dict):
            yield from self._object(value, parents)
        else:
            yield from _joined("[]", (self._pieces(item, parents) for item in value))
        parents.discard(id(value))

    def _object(self, value: dict[Any, Any], parents: set[int]) -> Iterator[str]:
        return _joined("{}", (self._member(key, item, parents) for key, item in value.items()))

    def _member(self, key: Any, value: Any, parents: set[int]) -> Iterator[str]:
        yield self._text(_key(key))
        yield ": "
        yield from self._pieces(value, parents)

    def _text(self, value: str | bytes) -> str:
        return self._encoder.encode(value.decode("utf-8") if isinstance(value, bytes) else value)


def _joined(brackets: str, items: Iterable[Iterator[str]]) -> Iterator[str]:
    yield brackets[0]
    for number, item in enumerate(items):
        if number:
            yield ", "
        yield from item
    yield brackets[1]


def _scalar(value: bool | int | float | None) -> str:
    # An int or float subclass is written as the number that it is, not by its own __repr__.
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return json.dumps(int(value)) if isinstance(value, int) else json.dumps(float(value))


def _key(key: Any) -> str | bytes:
    if isinstance(key, (str, bytes)):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return _scalar(key)
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")


def _is_plain(value: Any) -> bool:
    """Whether both encoders agree on ``value``: on a circular one, too, and on one too deep to look through."""
    try:
        return _plain(value)
    except RecursionError:
        return True


def _plain(value: Any) -> bool:
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is dict:
        return all(type(key) is str and _plain(item) for key, item in value.items())
    return (kind is list or kind is tuple) and all(map(_plain, value))


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


def hint(error: BaseException, beside: Collection[str]) -> str:
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
