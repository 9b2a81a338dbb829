"""Lambda's Invoke API on a loopback port: functions and services of AWS invoke the project's functions through it.

It takes signed requests only, as Lambda does. What they are signed with is not looked at: a page of a browser can't
send the header that carries the signature.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from homeport.runtime.api import Invocation, InvokeError, RequestTooLarge, Throttled
from homeport.runtime.front.http_connection import ConnectionEnded, HttpConnection, MalformedMessage, MessageHead
from homeport.runtime.worker.limits import MAX_ASYNCHRONOUS_EVENT, MAX_EVENT

CAUSE_HEADER = "x-homeport-cause"
"""The header in which the services of this machine tell what caused an invocation."""
_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
_LOG_TAIL = 4096
_BACKLOG = 256


@dataclass(frozen=True, slots=True)
class LocalFunctions:
    """The functions that are invoked.

    ``find`` returns the kit's name of a function by AWS's name or ARN, with or without a version or alias; None: there
    is no such function. ``invoke`` runs one and waits for it, raising InvokeError; it gets the id of what caused it
    (``states:EXECUTION``), ``""`` where that is not known. ``invoke_later`` runs one asynchronously, and returns an id.
    """

    find: Callable[[str], str | None]
    invoke: Callable[[str, bytes, str], Invocation]
    invoke_later: Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: dict[str, str]
    body: bytes = b""


def serve_lambda_api(listener: socket.socket, functions: LocalFunctions) -> None:
    """Serve on a listening socket, in threads that end with the process."""
    threading.Thread(target=_accept, args=(listener, functions), name="lambda-api", daemon=True).start()


def function_finder(names: Callable[[], dict[str, str]]) -> Callable[[str], str | None]:
    """Return the ``find`` of functions; ``names`` gives the kit's names by AWS's, as they are at the time of a call."""

    def find(reference: str) -> str | None:
        # NAME, NAME:ALIAS, ACCOUNT:function:NAME, or an ARN, which may end in a version or an alias.
        name = reference.rpartition(":function:")[2].partition(":")[0]
        return names().get(name)

    return find


def _accept(listener: socket.socket, functions: LocalFunctions) -> None:
    listener.listen(_BACKLOG)
    while True:
        with suppress(OSError):
            sock, _ = listener.accept()
            threading.Thread(target=_serve, args=(sock, functions), name="lambda-api-connection", daemon=True).start()


def _serve(sock: socket.socket, functions: LocalFunctions) -> None:
    with suppress(OSError, ConnectionEnded), sock:
        connection = HttpConnection(sock)
        try:
            while (head := connection.read_head()) is not None:
                if head.headers.get("expect", "").lower() == "100-continue":
                    connection.send_continue()
                body = connection.read_body(head, MAX_EVENT)
                _send(connection, _answer(head, body, functions), head)
                if head.is_last:
                    return
        except MalformedMessage as error:
            _send(connection, _error(400, "InvalidRequestContentException", str(error)), None)


def _answer(head: MessageHead, body: bytes | None, functions: LocalFunctions) -> _Reply:
    method, target = head.first_line.split(" ")[:2] if head.first_line.count(" ") >= 2 else ("", "")
    found = _PATH.fullmatch(urlsplit(target).path)
    if "authorization" not in head.headers:
        return _error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if method != "POST" or found is None:
        message = "of the Lambda API homeport has Invoke alone: functions are made from the project's files"
        return _error(501, "NotEmulatedError", message)
    reference = unquote(found[1])
    name = functions.find(reference)
    if name is None:
        return _error(404, "ResourceNotFoundException", f"Function not found: {reference}")
    kind = head.headers.get("x-amz-invocation-type", "RequestResponse")
    limit = MAX_EVENT if kind == "RequestResponse" else MAX_ASYNCHRONOUS_EVENT
    if body is None or len(body) > limit:
        return _error(413, "RequestEntityTooLargeException", f"Request must be smaller than {limit} bytes")
    if (problem := _json_problem(body)) is not None:
        return _error(400, "InvalidRequestContentException", f"Could not parse request body into json: {problem}")
    match kind:
        case "RequestResponse":
            cause, with_log = head.headers.get(CAUSE_HEADER, ""), head.headers.get("x-amz-log-type") == "Tail"
            return _invoke(functions, name, body or b"{}", cause, with_log=with_log)
        case "Event":
            return _Reply(202, {"x-amzn-RequestId": functions.invoke_later(name, body or b"{}")})
        case "DryRun":
            return _Reply(204, {})
    return _error(
        400, "InvalidParameterValueException", f"Value '{kind}' at 'invocationType' failed to satisfy constraint"
    )


def _invoke(functions: LocalFunctions, name: str, event: bytes, cause: str, *, with_log: bool) -> _Reply:
    try:
        invocation = functions.invoke(name, event, cause)
    except Throttled:
        return _error(429, "TooManyRequestsException", "Rate Exceeded.")
    except RequestTooLarge as error:
        return _error(413, "RequestEntityTooLargeException", str(error))
    except InvokeError as error:
        return _error(500, "ServiceException", str(error))
    headers = {"Content-Type": "application/json", "X-Amz-Executed-Version": "$LATEST"}
    if invocation.error is not None:
        headers["X-Amz-Function-Error"] = invocation.error
    if with_log:
        headers["X-Amz-Log-Result"] = base64.b64encode(invocation.log[-_LOG_TAIL:]).decode()
    return _Reply(200, {**headers, "x-amzn-RequestId": invocation.request_id}, invocation.payload)


def _json_problem(body: bytes) -> str | None:
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def _error(status: int, code: str, message: str) -> _Reply:
    body = json.dumps({"Type": "User", "Message": message, "message": message}).encode()
    return _Reply(status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body)


def _send(connection: HttpConnection, reply: _Reply, head: MessageHead | None) -> None:
    kept = "close" if head is None or head.is_last else "keep-alive"
    headers = {**reply.headers, "Content-Length": str(len(reply.body)), "Connection": kept}
    connection.send(f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", headers, reply.body)
