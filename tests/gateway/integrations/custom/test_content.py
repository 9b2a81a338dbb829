"""Bodies between text and bytes: the two tables of contentHandling, as recorded."""

from __future__ import annotations

from base64 import b64encode

import pytest

from homeport.gateway.errors import GatewayError
from homeport.gateway.integrations.custom.content import payload_bytes, request_payload, response_payload
from homeport.project.integrations.rest_api import ContentHandling

RAW = b"\x1f\x8b\xff text"
TEXT = RAW.decode("utf-8", "replace")
ENCODED = b64encode(RAW)
TO_TEXT: ContentHandling = "CONVERT_TO_TEXT"
TO_BINARY: ContentHandling = "CONVERT_TO_BINARY"


@pytest.mark.parametrize(
    ("handling", "is_binary", "body", "payload"),
    [
        (None, False, RAW, TEXT),
        (None, True, RAW, RAW),
        (TO_TEXT, False, RAW, TEXT),
        (TO_TEXT, True, RAW, ENCODED.decode()),
        (TO_BINARY, False, ENCODED, RAW),
        (TO_BINARY, True, ENCODED, ENCODED),
        (TO_BINARY, False, b"", b""),
    ],
)
def test_a_request_body_is_converted(
    handling: ContentHandling | None, is_binary: bool, body: bytes, payload: str | bytes
) -> None:
    assert request_payload(body, handling, is_binary=is_binary) == payload


@pytest.mark.parametrize(
    ("handling", "is_binary", "accepts_binary", "body", "payload"),
    [
        (None, False, False, RAW, TEXT),
        (None, False, True, ENCODED, RAW),
        (None, True, False, RAW, ENCODED.decode()),
        (None, True, True, RAW, RAW),
        (TO_TEXT, False, False, RAW, TEXT),
        (TO_TEXT, False, True, RAW, TEXT),
        (TO_TEXT, True, False, RAW, ENCODED.decode()),
        (TO_TEXT, True, True, RAW, ENCODED.decode()),
        (TO_BINARY, False, False, ENCODED, RAW),
        (TO_BINARY, False, True, ENCODED, RAW),
        (TO_BINARY, True, False, RAW, RAW),
        (TO_BINARY, True, True, RAW, RAW),
        (TO_BINARY, False, True, b"", ""),
    ],
)
def test_a_response_body_is_converted(
    handling: ContentHandling | None, is_binary: bool, accepts_binary: bool, body: bytes, payload: str | bytes
) -> None:
    assert response_payload(body, handling, is_binary=is_binary, accepts_binary=accepts_binary) == payload


def test_a_text_that_is_no_base64_can_not_become_bytes() -> None:
    with pytest.raises(GatewayError, match="no base64"):
        request_payload(b"{}", TO_BINARY, is_binary=False)
    with pytest.raises(GatewayError, match="no base64"):
        response_payload(b"plain text", None, is_binary=False, accepts_binary=True)


def test_a_text_is_sent_as_utf_8() -> None:
    assert payload_bytes("zwölf") == "zwölf".encode()
    assert payload_bytes(RAW) == RAW
