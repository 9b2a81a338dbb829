"""Calls of the backends that are no functions: URLs of the project's, and services of AWS.

This is the only place of the gateway that sends requests for integrations.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager

from homeport.background import call_with_timeout
from homeport.gateway.backend_request import BackendRequest
from homeport.gateway.context import BackendCall, CallTrace
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import BodyStream, StreamBroken
from homeport.http_client import HttpResponse, ResponseStream, open_stream, send_request
from homeport.http_headers import HttpHeaders


def call_backend(request: BackendRequest, timeout: float, trace: CallTrace) -> HttpResponse:
    """Send a request and return the whole response; redirects are not followed. ``timeout`` is seconds for all of it.

    Raises GatewayError (BACKEND_UNREACHABLE, INTEGRATION_TIMEOUT).
    """
    started = time.perf_counter()
    with _translate_errors(request.url, timeout):
        response = call_with_timeout(timeout, lambda: _send(request, timeout))
    trace.backend = BackendCall(response.status, (time.perf_counter() - started) * 1000)
    return response


def stream_backend(
    request: BackendRequest, timeout: float, idle: float, trace: CallTrace
) -> tuple[int, HttpHeaders, BodyStream]:
    """Send a request and return the status, the headers and the body, which is still to come.

    ``timeout`` is seconds until the headers are there, ``idle`` how long the body may make a pause. Raises GatewayError
    as ``call_backend`` does.
    """
    started = time.perf_counter()
    with _translate_errors(request.url, timeout):
        response = open_stream(
            request.url, request.method, request.target, request.headers, request.body, timeout=timeout
        )
    trace.backend = BackendCall(response.status, (time.perf_counter() - started) * 1000)
    return response.status, response.headers, BodyStream(_chunks(request.url, response, idle), response.close)


@contextmanager
def _translate_errors(url: str, timeout: float) -> Iterator[None]:
    """Raise the GatewayError of a backend that does not answer in time, or at all."""
    try:
        yield
    except TimeoutError as error:
        reason = f"{url} did not answer within {timeout:g} s"
        raise GatewayError(GatewayResponseType.INTEGRATION_TIMEOUT, reason) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = f"{url} can't be called: {error or type(error).__name__}"
        raise GatewayError(GatewayResponseType.BACKEND_UNREACHABLE, reason) from error


def _chunks(url: str, response: ResponseStream, idle: float) -> Iterator[bytes]:
    try:
        yield from response.chunks(timeout=idle)
    except (OSError, http.client.HTTPException) as error:
        raise StreamBroken(f"{url}: {error or type(error).__name__}") from error


def _send(request: BackendRequest, timeout: float) -> HttpResponse:
    return send_request(request.url, request.method, request.target, request.headers, request.body, timeout=timeout)
