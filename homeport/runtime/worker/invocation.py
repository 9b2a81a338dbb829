"""An invocation as AWS's runtime client for Python does it: the context, the handler's call, and the response as JSON.

That client encodes with simplejson, not with the standard library: a named tuple becomes an object, bytes inside a
result become text, a Decimal keeps its digits, NaN is let through. Plain values take the standard library's encoder,
which writes them the same way.

https://github.com/aws/aws-lambda-python-runtime-interface-client
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

_TRACE_VARIABLE = "_X_AMZN_TRACE_ID"
_LONGEST_TRACE = 1024
_SCALARS = frozenset({str, int, float, bool, type(None)})
# The first version of Python whose runtime writes what is not ASCII as it is.
_UNESCAPED_SINCE = (3, 12)
_HERE = str(Path(__file__).parent)
# The path of AWS's runtime client in a stack trace.
_BOOTSTRAP = "/var/runtime/bootstrap.py"


class TraceVariable:
    """The environment variable that names an invocation's trace, in this process and in those that it starts.

    It changes with every invocation. ``os.environ[…] = …`` calls setenv, and the C library keeps every value that it
    was ever given; so the variable is memory of this object, which is written over.
    https://docs.aws.amazon.com/lambda/latest/dg/python-tracing.html
    """

    def __init__(self) -> None:
        self._memory = ctypes.create_string_buffer(_LONGEST_TRACE)
        self._putenv = ctypes.CDLL(None).putenv
        self._values: dict[bytes, bytes] = getattr(os.environ, "_data", {})

    def set(self, trace: str) -> None:
        """Have the variable name another trace."""
        entry = f"{_TRACE_VARIABLE}={trace}".encode()
        if len(entry) >= _LONGEST_TRACE or _TRACE_VARIABLE.encode() not in self._values:
            # It is longer than API Gateway passes on; or it is the first one, which makes the name known.
            os.environ[_TRACE_VARIABLE] = trace
            return
        self._memory.value = entry
        self._putenv(self._memory)
        self._values[_TRACE_VARIABLE.encode()] = trace.encode()


class CognitoIdentity:
    """The caller's identity in an identity pool; API Gateway's proxy integration never fills it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self) -> None:
        self.cognito_identity_id: str | None = None
        self.cognito_identity_pool_id: str | None = None

    def __repr__(self) -> str:
        return _represent(self, self.__slots__)


class LambdaContext:
    """The context object of a handler, with the members of AWS's. ``deadline`` is milliseconds since the epoch.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

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
        # API Gateway passes on no client context, no W3C trace context in it, and no tenant.
        self.client_context: None = None
        self.identity = CognitoIdentity()
        self.tenant_id: str | None = None
        # Libraries that compute a timeout read it, though it is private.
        self._epoch_deadline_time_in_ms = deadline
        self._log = log

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function is ended; 0 from then on."""
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def w3c(self) -> dict[str, str]:
        """Return the W3C trace context of the invocation: ``traceparent``, ``tracestate`` and ``baggage``, if given."""
        return {}

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
        return _represent(self, names)


def _represent(value: object, names: tuple[str, ...]) -> str:
    return f"{type(value).__name__}([{','.join(f'{name}={getattr(value, name)}' for name in names)}])"


Handler = Callable[[Any, LambdaContext], Any]
Payload = dict[str, Any]


class RuntimeClientError(Exception):
    """A failure of the runtime client itself, with Lambda's error type (``Runtime.HandlerNotFound``)."""

    def __init__(self, kind: str, message: str, trace: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace


def find_handler(name: str) -> Handler:
    """Return the function that Lambda's Handler setting names (``service.handlers.create_item.handler``).

    Raises RuntimeClientError, or whatever the module raises while it is imported.
    """
    try:
        module_name, function = name.rsplit(".", 1)
    except ValueError as exc:
        raise RuntimeClientError("Runtime.MalformedHandlerName", f"Bad handler '{name}': {exc}") from exc
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise RuntimeClientError("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as exc:
        raise RuntimeClientError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {exc}"
        ) from exc
    except SyntaxError as exc:
        trace = f'  File "{exc.filename}" Line {exc.lineno}\n    {exc.text}'
        message = f"Syntax error in module '{module_name}': {exc}"
        raise RuntimeClientError("Runtime.UserCodeSyntaxError", message, (trace,)) from exc
    try:
        handler: Handler = getattr(module, function)
    except AttributeError as exc:
        raise RuntimeClientError(
            "Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'"
        ) from exc
    return handler


def call_handler(
    handler: Handler, event: bytes, context: LambdaContext, marshaller: Marshaller
) -> str | bytes | Payload:
    """Call ``handler``. Return its result as JSON (bytes pass as they are), or the error payload of its exception.

    SystemExit and other exceptions that are no Exception pass through: they end the process.
    """
    try:
        result = handler(_parse(event), context)
        return result if isinstance(result, bytes) else _marshal(result, marshaller)
    except Exception as exc:
        return error_payload(exc, context.aws_request_id)


def error_payload(error: Exception, request_id: str = "") -> Payload:
    """Return the error payload of ``error``; ``request_id`` is empty while the function is being initialised."""
    if isinstance(error, RuntimeClientError):
        return _payload(error.message, error.kind, request_id, list(error.trace))
    return _payload(str(error), type(error).__name__, request_id, stack_trace(error.__traceback__))


def _payload(message: str, kind: str, request_id: str, trace: list[str]) -> Payload:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def stack_trace(trace: TracebackType | None) -> list[str]:
    """Return the frames of the function's own code, or the caller's where it has none (a wrong signature)."""
    frames = [(f.filename, f.lineno or 0, f.name, f.line) for f in traceback.extract_tb(trace)]
    first = next((i for i, frame in enumerate(frames) if not frame[0].startswith(_HERE)), 0)
    shown = [(_BOOTSTRAP, *frame[1:]) if frame[0].startswith(_HERE) else frame for frame in frames[first:]]
    return traceback.format_list(shown)


def _parse(event: bytes) -> Any:
    try:
        return json.loads(event)
    except Exception as exc:
        raise RuntimeClientError("Runtime.UnmarshalError", f"Unable to unmarshal input: {exc}") from exc


def _marshal(result: Any, marshaller: Marshaller) -> str:
    try:
        return marshaller.encode(result)
    except Exception as exc:
        raise RuntimeClientError("Runtime.MarshalError", f"Unable to marshal response: {exc}") from exc


def escapes_non_ascii(execution_environment: str) -> bool:
    """Return whether a runtime (``AWS_Lambda_python3.11``) escapes what is not ASCII, as those before python3.12 do."""
    version = execution_environment.removeprefix("AWS_Lambda_python").split(".")
    return tuple(int(part) for part in version if part.isdigit()) < _UNESCAPED_SINCE


class Marshaller:
    """Encodes results. ``escape`` writes what is not ASCII as ``\\u…``."""

    def __init__(self, escape: bool) -> None:
        self._encoder = json.JSONEncoder(ensure_ascii=escape)

    def encode(self, value: Any) -> str:
        """Return ``value`` as JSON. Raises TypeError or ValueError, worded as simplejson does, where it has no JSON."""
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
            yield from _join("[]", (self._pieces(item, parents) for item in value))
        parents.discard(id(value))

    def _object(self, value: dict[Any, Any], parents: set[int]) -> Iterator[str]:
        return _join("{}", (self._member(key, item, parents) for key, item in value.items()))

    def _member(self, key: Any, value: Any, parents: set[int]) -> Iterator[str]:
        yield self._text(_key(key))
        yield ": "
        yield from self._pieces(value, parents)

    def _text(self, value: str | bytes) -> str:
        return self._encoder.encode(value.decode("utf-8") if isinstance(value, bytes) else value)


def _join(brackets: str, items: Iterable[Iterator[str]]) -> Iterator[str]:
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
    """Return whether both encoders agree on ``value``, as they do on a circular and on a very deep one."""
    try:
        return _has_only_plain_parts(value)
    except RecursionError:
        return True


def _has_only_plain_parts(value: Any) -> bool:
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is dict:
        return all(type(key) is str and _has_only_plain_parts(item) for key, item in value.items())
    return (kind is list or kind is tuple) and all(map(_has_only_plain_parts, value))
