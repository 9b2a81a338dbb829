"""The steps ``limits`` and ``arn_limit``: the sizes of the request line, the headers and the method's ARN.

Bodies over 10 MB never get here: ``http/parser.py`` stops reading them, and the reply is 413. Sources:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

from __future__ import annotations

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Request
from homeport.gateway.rest_api.event import method_arn
from homeport.project.model import Flavor

HEADERS = 10_240
"""Bytes. HTTP APIs: the request line and the values; REST APIs: whole header lines, names and line ends included."""

REQUEST_LINE = 8_000
"""Bytes, both flavors. Not confirmed: AWS documents 10,240 characters of URL for Regional REST APIs, and for HTTP APIs
only the sum above. The smaller number is taken, so that what passes here passes there."""

METHOD_ARN = 1_600
"""Bytes, REST APIs only, of methods that have an authorizer."""


def limits(flavor: Flavor) -> Step:
    """Return the step ``limits``, which raises GatewayError (URI_TOO_LONG, HEADERS_TOO_LARGE)."""
    measure = _http_size if flavor == "http" else _rest_size

    def step(exchange: Exchange) -> Exchange:
        request = exchange.request
        line = _request_line(request)
        if line > REQUEST_LINE:
            raise GatewayError(
                GatewayResponseType.URI_TOO_LONG, f"the request line has {line} bytes, more than {REQUEST_LINE}"
            )
        size = measure(request)
        if size > HEADERS:
            raise GatewayError(
                GatewayResponseType.HEADERS_TOO_LARGE, f"the headers have {size} bytes, more than {HEADERS}"
            )
        return exchange

    return step


def arn_limit(exchange: Exchange) -> Exchange:
    """Reject an ARN that is too long for a policy, before a REST API's authorizer: GatewayError (URI_TOO_LONG)."""
    if exchange.match is not None and exchange.match.operation.security:
        size = len(method_arn(exchange.request, exchange.match, exchange.context).encode())
        if size > METHOD_ARN:
            raise GatewayError(
                GatewayResponseType.URI_TOO_LONG, f"the method's ARN has {size} bytes, more than {METHOD_ARN}"
            )
    return exchange


def _request_line(request: Request) -> int:
    return len(request.method) + len(request.target) + len(request.protocol) + 2


def _http_size(request: Request) -> int:
    return _request_line(request) + sum(len(value) for _, value in request.headers)


def _rest_size(request: Request) -> int:
    return sum(len(name) + len(value) + len(": \r\n") for name, value in request.headers)
