"""Lambda's Runtime API for one environment: its states, and its replies to the runtime's requests.

The error types, their messages and the order of the checks are those of AWS's own runtime interface emulator.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from homeport.runtime.host.runtime_http import RuntimeRequest, pack_reply
from homeport.runtime.host.streamed_response import HTTP_INTEGRATION, join_http_response, read_error_trailers
from homeport.runtime.worker.frames import Frame

VERSION = "2018-06-01"
_ACCEPTED = b'{"status":"OK"}\n'
_ERROR_TYPE = "lambda-runtime-function-error-type"
_MODE = "lambda-runtime-function-response-mode"
_UNKNOWN = "Runtime.Unknown"


class RuntimeState(StrEnum):
    """The states of a runtime, with their names in Lambda's error messages."""

    STARTED = "Started"
    READY = "Ready"
    RUNNING = "Running"
    RESPONSE_SENT = "ResponseSent"
    INIT_ERROR = "InitError"


class RuntimeApi:
    """The Runtime API of a function by its ``arn``. A result of more than ``limit`` bytes is refused.

    ``streams`` says that the current invocation's response is passed on as it comes, and has no such limit.
    """

    def __init__(self, arn: str, limit: int) -> None:
        self.state = RuntimeState.STARTED
        self.streams = False
        self._arn = arn
        self._limit = limit
        self._request_id = ""
        self._event = b""
        self._result: Frame | None = None

    def take_result(self) -> Frame | None:
        """Return what the runtime has reported since the last call: that it is ready, a response or an error."""
        result, self._result = self._result, None
        return result

    def begin(self, header: Mapping[str, Any], event: bytes) -> bytes:
        """Return the reply that gives the runtime an event. ``header`` has its ``id``, ``trace`` and ``deadline``."""
        self.state, self._request_id = RuntimeState.RUNNING, header["id"]
        headers = (
            ("Lambda-Runtime-Aws-Request-Id", header["id"]),
            ("Lambda-Runtime-Deadline-Ms", str(header["deadline"])),
            ("Lambda-Runtime-Invoked-Function-Arn", self._arn),
            ("Lambda-Runtime-Trace-Id", header["trace"]),
        )
        self._event = pack_reply(200, event, headers)
        return self._event

    def is_streamed(self, request: RuntimeRequest) -> bool:
        """Return whether a request is the current invocation's response as a stream; its body may still come."""
        path = f"/{VERSION}/runtime/invocation/{self._request_id}/response"
        is_response = request.method == "POST" and request.path == path and self.state is RuntimeState.RUNNING
        return self.streams and is_response and request.headers.get(_MODE) == "streaming"

    def reply(self, request: RuntimeRequest) -> bytes | None:
        """Return the reply to a request of the runtime; None for ``next``, whose reply is the next event."""
        # Browsers alone send it: no web site may take an event, or answer it.
        if "sec-fetch-site" in request.headers:
            return _error(403, "Forbidden", "The Runtime API is not for browsers")
        match request.method, request.path.strip("/").split("/"):
            case "GET", [version, "runtime", "invocation", "next"] if version == VERSION:
                return self._next()
            case "POST", [version, "runtime", "invocation", request_id, "response"] if version == VERSION:
                return self._check_invocation(request_id, "InvocationResponse") or self._take_response(request)
            case "POST", [version, "runtime", "invocation", request_id, "error"] if version == VERSION:
                return self._check_invocation(request_id, "InvocationErrorResponse") or self._take_error(request)
            case "POST", [version, "runtime", "init", "error"] if version == VERSION:
                return self._take_init_error(request)
        return _error(404, "NotFound", f"The Runtime API has no {request.method} {request.path}")

    def _next(self) -> bytes | None:
        match self.state:
            case RuntimeState.RUNNING:
                # A runtime that lost the event gets it again.
                return self._event
            case RuntimeState.INIT_ERROR:
                return self._refuse("Ready")
            case RuntimeState.STARTED:
                self._result = ({"ready": True}, b"")
        self.state = RuntimeState.READY
        return None

    def _check_invocation(self, request_id: str, to: str) -> bytes | None:
        """Return the error for a response that is not the current invocation's, or its second one."""
        if request_id != self._request_id:
            return _error(400, "InvalidRequestID", "Invalid request ID")
        return None if self.state is RuntimeState.RUNNING else self._refuse(to)

    def _take_response(self, request: RuntimeRequest) -> bytes:
        if request.headers.get(_MODE, "streaming") != "streaming":
            kind = "Runtime.InvalidResponseModeHeader"
            self._end({"error": kind}, _payload(kind, "Invalid function response mode"))
            return _error(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        if request.size > self._limit and not self.is_streamed(request):
            return self._refuse_size(request)
        if (failure := read_error_trailers(request.trailers)) is not None:
            self._end({"error": failure[0]}, failure[1])
        elif request.headers.get("content-type", "").startswith(HTTP_INTEGRATION):
            self._end({}, join_http_response(request.body))
        else:
            self._end({}, request.body)
        return pack_reply(202, _ACCEPTED)

    def _take_error(self, request: RuntimeRequest) -> bytes:
        if request.size > self._limit:
            return self._refuse_size(request)
        self._end({"error": request.headers.get(_ERROR_TYPE) or _UNKNOWN}, request.body)
        return pack_reply(202, _ACCEPTED)

    def _take_init_error(self, request: RuntimeRequest) -> bytes:
        if self.state is not RuntimeState.STARTED:
            return self._refuse("InitError")
        self.state = RuntimeState.INIT_ERROR
        self._result = ({"ready": False, "error": request.headers.get(_ERROR_TYPE) or _UNKNOWN}, request.body)
        return pack_reply(202, _ACCEPTED)

    def _end(self, header: dict[str, Any], payload: bytes) -> None:
        self.state, self._event = RuntimeState.RESPONSE_SENT, b""
        self._result = (header, payload)

    def _refuse_size(self, request: RuntimeRequest) -> bytes:
        self._end({"too_large": request.size}, b"")
        message = f"Exceeded maximum allowed payload size ({self._limit} bytes)."
        return _error(413, "RequestEntityTooLarge", message)

    def _refuse(self, to: str) -> bytes:
        message = (
            f"State transition from {self.state} to {to} failed for runtime. Error: State transition is not allowed"
        )
        return _error(403, "InvalidStateTransition", message)


def _error(status: int, kind: str, message: str) -> bytes:
    return pack_reply(status, json.dumps({"errorMessage": message, "errorType": kind}).encode())


def _payload(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()
