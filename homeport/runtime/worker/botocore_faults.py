"""Carries out a fault in a call of botocore, which then tries again, waits and gives up as it does on AWS.

A response has the form that the service sends, a missing one is a connection on which nothing comes back.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from .authorization import DynamoDBAnswer
from .faults import ChangedRequest, Outcome, ServiceOutcome
from .service_answer import ServiceErrorAnswer

# The headers of a request that a second one needs as well; signing adds the others.
_COPIED_HEADERS = ("Content-Type", "X-Amz-Target")


class BotocoreFaults:
    """Carries out the faults of one environment's calls."""

    def __init__(self) -> None:
        self._silent_listener: socket.socket | None = None

    def carry_out(self, outcome: Outcome | None, request: Any) -> Any:
        """Return the response that botocore takes in place of a sent request's, or None to send the request."""
        if outcome is None:
            return None
        if isinstance(outcome, DynamoDBAnswer):
            return botocore_response(request.url, outcome)
        if isinstance(outcome, ChangedRequest):
            return _response_to_changed(outcome, request)
        if outcome.done:
            _send_copy(request, request.body)
        # The client's own timeouts end the wait.
        request.url = self._silent_url()
        return None

    def carry_out_service(self, outcome: ServiceOutcome | None, request: Any, protocol: str) -> Any:
        """Do as ``carry_out`` for a call to another service than DynamoDB, in a protocol by botocore's name."""
        if outcome is None:
            return None
        if isinstance(outcome, ServiceErrorAnswer):
            return raw_response(request.url, *outcome.encode(protocol))
        if outcome.done:
            _send_as_it_is(request)
        request.url = self._silent_url()
        return None

    def close(self) -> None:
        """Close what no response comes from."""
        if self._silent_listener is not None:
            self._silent_listener.close()
            self._silent_listener = None

    def _silent_url(self) -> str:
        """Return a URL at which connections are accepted and nothing is ever sent."""
        if self._silent_listener is None:
            self._silent_listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        return f"http://127.0.0.1:{self._silent_listener.getsockname()[1]}/"


def botocore_response(url: str, answer: DynamoDBAnswer) -> Any:
    """Return a response that botocore takes for DynamoDB's."""
    return raw_response(url, answer.status, *answer.encode())


def raw_response(url: str, status: int, headers: dict[str, str], body: bytes) -> Any:
    """Return a response that botocore takes for one that came over the network."""
    from botocore.awsrequest import AWSResponse

    fields: Any = headers
    return AWSResponse(url, status, fields, _RawBody(body))


class _RawBody(BytesIO):
    """A body with the method by which botocore reads it from a connection."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Yield all of it."""
        yield self.read()


def _response_to_changed(changed: ChangedRequest, request: Any) -> Any:
    response = _send_copy(request, changed.request_body(request.body))
    if response.status_code != 200:
        return response
    return botocore_response(request.url, DynamoDBAnswer(200, changed.content(json.loads(response.content))))


def _send_as_it_is(request: Any) -> None:
    """Send a request that is signed already, and drop the response; it can be sent once more after that."""
    from botocore.httpsession import URLLib3Session

    session = URLLib3Session()
    try:
        session.send(request)
        request.reset_stream()
    finally:
        session.close()


def _send_copy(request: Any, body: bytes) -> Any:
    """Send a request with another body, signed for the function's role, and return the response."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    headers = {name: _text(request.headers[name]) for name in _COPIED_HEADERS if name in request.headers}
    copy = AWSRequest(method=request.method, url=request.url, data=body, headers=headers)
    token = os.environ.get("AWS_SESSION_TOKEN")
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], token)
    SigV4Auth(credentials, "dynamodb", os.environ["AWS_REGION"]).add_auth(copy)
    session = URLLib3Session()
    try:
        return session.send(copy.prepare())
    finally:
        session.close()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
