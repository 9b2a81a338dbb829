"""Conversions of bodies between text and bytes, by binary media types and ``contentHandling``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.project.integrations.rest_api import ContentHandling

Payload = str | bytes
"""A body: templates read text alone, bytes pass them."""


def request_payload(body: bytes, handling: ContentHandling | None, *, is_binary: bool) -> Payload:
    """Return the body of a request as the integration gets it; ``is_binary`` is by its content type.

    Raises GatewayError (API_CONFIGURATION_ERROR) for text that is to become bytes, and is no base64.
    """
    if handling == "CONVERT_TO_TEXT":
        return _encode(body) if is_binary else _text(body)
    if is_binary:
        return body
    return _text(body) if handling is None else _decode(body)


def response_payload(
    body: bytes, handling: ContentHandling | None, *, is_binary: bool, accepts_binary: bool
) -> Payload:
    """Return the body of a backend's response as the method response has it.

    ``is_binary`` is by its content type, ``accepts_binary`` by the client's Accept. Raises as ``request_payload``.
    """
    if not body:
        return ""
    if handling == "CONVERT_TO_TEXT" or (handling is None and not accepts_binary):
        return _encode(body) if is_binary else _text(body)
    return body if is_binary else _decode(body)


def payload_bytes(payload: Payload) -> bytes:
    """Return a body as it is sent."""
    return payload if isinstance(payload, bytes) else payload.encode("utf-8", "replace")


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _encode(body: bytes) -> str:
    return b64encode(body).decode("ascii")


def _decode(body: bytes) -> bytes:
    try:
        return b64decode(body.translate(None, b"\r\n"), validate=True)
    except ValueError as error:
        reason = "a text body is to become bytes (contentHandling, or binary media types), and is no base64"
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason) from error
