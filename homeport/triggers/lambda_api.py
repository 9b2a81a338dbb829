"""The Lambda API's Invoke, for the services that call functions and for functions that call each other.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from homeport.project.triggers.function_references import FunctionReferences
from homeport.runtime.api import Invocation, InvokeError, RequestTooLarge, Throttled
from homeport.triggers.async_invocations import AsyncInvocations
from homeport.triggers.invoker import Invoker

_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LARGEST = 6 << 20
_LOG_TAIL = 4096


class LambdaReply(NamedTuple):
    """A reply of the Lambda API."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class LambdaCalls:
    """Answers requests to the API. ``references`` are the functions of the project as it is at each request."""

    def __init__(
        self, invoker: Invoker, invocations: AsyncInvocations, references: Callable[[], FunctionReferences]
    ) -> None:
        self._invoker, self._invocations, self._references = invoker, invocations, references

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> LambdaReply:
        """Return the reply to a request; the names of ``headers`` are in lower case."""
        place = urlsplit(target)
        found = _INVOKE.fullmatch(place.path)
        if method != "POST" or found is None:
            return _error(501, "NotImplementedException", "the local Lambda API has Invoke alone")
        # A page of a browser has no functions to call.
        if "origin" in headers:
            return _error(403, "AccessDeniedException", "the local Lambda API serves no browser")
        if len(body) > _LARGEST:
            return _error(413, "RequestEntityTooLargeException", f"Request must be smaller than {_LARGEST} bytes")
        reference = unquote(found["function"])
        function = self._references().find(reference)
        if function is None:
            return _error(404, "ResourceNotFoundException", f"Function not found: {reference}")
        if not _is_json(body or b"{}"):
            return _error(400, "InvalidRequestContentException", "Could not parse request body into json")
        return self._invoke(function, body or b"{}", headers)

    def _invoke(self, function: str, event: bytes, headers: Mapping[str, str]) -> LambdaReply:
        kind, origin = headers.get("x-amz-invocation-type", "RequestResponse"), headers.get("x-homeport-origin", "")
        try:
            if kind == "RequestResponse":
                wants_log = headers.get("x-amz-log-type") == "Tail"
                return _reply(self._invoker.invoke_for(origin or "invoke", function, event), wants_log)
            if kind == "Event":
                id = self._invocations.submit(function, event, origin or "event")
                return LambdaReply(202, headers={"x-amzn-RequestId": id})
        except RequestTooLarge as error:
            return _error(413, "RequestEntityTooLargeException", str(error))
        except Throttled:
            return _error(429, "TooManyRequestsException", "Rate Exceeded.")
        except InvokeError as error:
            return _error(500, "ServiceException", str(error))
        if kind == "DryRun":
            return LambdaReply(204)
        return _error(400, "InvalidParameterValueException", f"unknown invocation type {kind}")


def _reply(invocation: Invocation, wants_log: bool) -> LambdaReply:
    headers = {"X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": invocation.request_id}
    if invocation.error:
        headers["X-Amz-Function-Error"] = invocation.error
    if wants_log:
        headers["X-Amz-Log-Result"] = base64.b64encode(invocation.log[-_LOG_TAIL:]).decode()
    return LambdaReply(200, invocation.payload, headers)


def serve_lambda_api(listener: socket.socket, calls: LambdaCalls) -> ThreadingHTTPServer:
    """Serve the API on a listening socket, in threads of their own."""

    class LambdaRequestHandler(BaseHTTPRequestHandler):
        """The handler of a connection."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer a request."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = calls.handle(self.command, self.path, headers, body)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_PUT = do_DELETE = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: the console shows the invocation."""

    server = ThreadingHTTPServer(listener.getsockname()[:2], LambdaRequestHandler, bind_and_activate=False)
    server.daemon_threads = True
    server.socket.close()
    server.socket = listener
    threading.Thread(target=server.serve_forever, name="lambda-api", daemon=True).start()
    return server


def _error(status: int, kind: str, message: str) -> LambdaReply:
    body = json.dumps({"Type": "User" if status < 500 else "Service", "Message": message, "message": message}).encode()
    return LambdaReply(status, body, {"x-amzn-ErrorType": kind})


def _is_json(event: bytes) -> bool:
    try:
        json.loads(event)
    except ValueError:
        return False
    return True
