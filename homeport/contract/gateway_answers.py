"""Answers that API Gateway gives by itself, before a function is invoked. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import json

from homeport.contract.http_exchange import HttpExchange
from homeport.http_headers import header_value

GATEWAY_STATUSES = frozenset((401, 403, 413, 414, 415, 429, 431))
"""What API Gateway answers by itself, which few documents list for each operation."""

_MESSAGES = frozenset(
    (
        *("Bad Request", "Forbidden", "Invalid request body", "Missing Authentication Token", "Not Found"),
        *("Unauthorized", "Too Many Requests", "Limit Exceeded", "Request Entity Too Large"),
    )
)


def is_of_gateway(exchange: HttpExchange) -> bool:
    """Return whether API Gateway answered by itself, without the operation."""
    if header_value(exchange.reply_headers, "x-amzn-errortype"):
        return True
    try:
        body = json.loads(exchange.reply_body)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.keys() == {"message"} and body["message"] in _MESSAGES
