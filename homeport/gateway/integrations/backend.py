"""Calls of the backends that are no functions: URLs of the project's, and services of AWS.

This is the only place of the gateway that sends requests for integrations.
"""

from __future__ import annotations

import http.client
import time

from homeport.background import call_with_timeout
from homeport.gateway.backend_request import BackendRequest
from homeport.gateway.context import BackendCall, CallTrace
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.http_client import HttpResponse, send_request


def call_backend(request: BackendRequest, timeout: float, trace: CallTrace) -> HttpResponse:
    """Send a request and return the whole response; redirects are not followed. ``timeout`` is seconds for all of it.

    Raises GatewayError (BACKEND_UNREACHABLE, INTEGRATION_TIMEOUT).
    """
    started = time.perf_counter()
    try:
        response = call_with_timeout(timeout, lambda: _send(request, timeout))
    except TimeoutError as error:
        reason = f"{request.url} did not answer within {timeout:g} s"
        raise GatewayError(GatewayResponseType.INTEGRATION_TIMEOUT, reason) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = f"{request.url} can't be called: {error or type(error).__name__}"
        raise GatewayError(GatewayResponseType.BACKEND_UNREACHABLE, reason) from error
    trace.backend = BackendCall(response.status, (time.perf_counter() - started) * 1000)
    return response


def _send(request: BackendRequest, timeout: float) -> HttpResponse:
    return send_request(request.url, request.method, request.target, request.headers, request.body, timeout=timeout)
