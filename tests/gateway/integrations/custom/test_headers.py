"""Headers that API Gateway renames, drops or fails on."""

from __future__ import annotations

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.integrations.custom.headers import (
    FAILING_FOR_AWS,
    FAILING_FOR_HTTP,
    check_mapped,
    mapped_header,
    method_response_headers,
    proxied_response_headers,
)

REMAPPED = (
    *("Authorization", "Connection", "Content-Length", "Content-MD5", "Date", "Expect", "Host", "Max-Forwards"),
    *("Proxy-Authenticate", "Server", "Trailer", "Upgrade", "User-Agent", "WWW-Authenticate"),
)
KEPT = (
    *("Accept", "Accept-Charset", "Accept-Encoding", "Age", "Content-Encoding", "Content-Type", "Pragma", "Range"),
    *("Referer", "TE", "Warn", "X-Own"),
)


def test_headers_of_a_method_response_are_renamed_as_recorded() -> None:
    lines = [(name, "1") for name in (*REMAPPED, *KEPT, "Transfer-Encoding")]
    assert method_response_headers(lines) == [
        *((f"x-amzn-Remapped-{name}", "1") for name in REMAPPED),
        *((name, "1") for name in KEPT),
    ]


def test_headers_of_a_proxied_response_pass_but_those_of_the_connection() -> None:
    lines = [(name, "1") for name in ("Connection", "Content-Length", "Date", "Server", "x-amzn-RequestId", "ETag")]
    lines += [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Transfer-Encoding", "chunked"), ("Keep-Alive", "x")]
    assert proxied_response_headers(lines) == [
        *(("x-amzn-Remapped-" + name, "1") for name in ("Connection", "Content-Length", "Date", "Server")),
        ("x-amzn-Remapped-x-amzn-RequestId", "1"),
        ("ETag", "1"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    ]


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "X-Amzn-Trace-Id"])
def test_headers_that_fail_every_integration(name: str) -> None:
    for failing in (FAILING_FOR_HTTP, FAILING_FOR_AWS):
        with pytest.raises(GatewayError) as error:
            check_mapped(["X-Own", name], failing)
        assert error.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


@pytest.mark.parametrize("name", ["Authorization", "Connection", "Expect", "Proxy-Authenticate", "TE"])
def test_headers_that_fail_integrations_with_aws_alone(name: str) -> None:
    check_mapped([name], FAILING_FOR_HTTP)
    with pytest.raises(GatewayError):
        check_mapped([name], FAILING_FOR_AWS)


def test_a_mapped_header_holds_no_line_break_and_is_sent_as_utf_8() -> None:
    assert mapped_header("X-Own", " a\r\nSet-Cookie: b=1 ") == ("X-Own", "a Set-Cookie: b=1")
    assert mapped_header("X-Own", "é")[1].encode("latin-1") == "é".encode()
    with pytest.raises(GatewayError):
        mapped_header("X Own", "1")
