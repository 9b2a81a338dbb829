from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.reply import to_reply
from homeport.http_headers import Header
from tests.support.gateway import (
    SEGMENT_ID,
    SHORT_ID,
    TRACE_ID,
    UUID_ID,
    make_context,
    make_deployment,
    make_invocation,
    make_request,
)

IDS = (("x-amzn-RequestId", UUID_ID), ("x-amz-apigw-id", SHORT_ID))
TRACE = ("X-Amzn-Trace-Id", f"{TRACE_ID};Parent={SEGMENT_ID};Sampled=0;Lineage=1:{SEGMENT_ID[:8]}:0")
JSON = ("Content-Type", "application/json")


def reply_to(
    answer: Any, *, accept: str | None = None, binary: tuple[str, ...] = (), error: str | None = None
) -> Reply:
    context = make_context(deployment=make_deployment(flavor="rest", binary_media_types=binary))
    headers = [] if accept is None else [("Accept", accept)]
    return to_reply(make_invocation(answer, error=error), make_request(headers=headers), context)


def headers_of(answer: dict[str, Any]) -> tuple[Header, ...]:
    """The reply's headers but for those that are always there."""
    reply = reply_to({"statusCode": 200} | answer)
    assert reply.headers[:2] == IDS
    assert reply.headers[-1] == TRACE
    return reply.headers[2:-1]


def error_type_of(answer: Any, **changes: Any) -> GatewayResponseType:
    with pytest.raises(GatewayError) as caught:
        reply_to(answer, **changes)
    return caught.value.type


def test_a_whole_answer_keeps_status_header_names_and_body() -> None:
    answer = {
        "statusCode": 201,
        "headers": {"content-TYPE": "text/html", "x-a": "b"},
        "body": "<p>",
        "isBase64Encoded": False,
    }
    assert reply_to(answer) == Reply(201, (*IDS, ("content-TYPE", "text/html"), ("x-a", "b"), TRACE), b"<p>")


def test_an_empty_object_is_an_empty_json_reply() -> None:
    assert reply_to({}) == Reply(200, (*IDS, JSON, TRACE), b"")


@pytest.mark.parametrize("answer", [None, "hello", "", 5, [], [{"statusCode": 200}]])
def test_an_answer_that_is_no_object_is_malformed(answer: Any) -> None:
    assert error_type_of(answer) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize("key", ["cookies", "statuscode", "message", "errorMessage"])
def test_an_unknown_key_is_malformed(key: str) -> None:
    assert error_type_of({"statusCode": 200, key: None}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize(("value", "status"), [(200, 200), ("201", 201), (202.0, 202), (None, 200), (599, 599)])
def test_a_status_is_a_whole_number_or_its_text_and_null_is_200(value: Any, status: int) -> None:
    assert reply_to({"statusCode": value}).status == status


@pytest.mark.parametrize("value", [0, 100, 600, 200.5, True, "test", "", [], {}])
def test_any_other_status_is_malformed(value: Any) -> None:
    assert error_type_of({"statusCode": value}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize(
    ("headers", "lines"),
    [
        (None, (JSON,)),
        ({"x-flag": True, "x-count": 3}, (("x-flag", "true"), ("x-count", "3"), JSON)),
        ({"x-none": None}, (JSON,)),
        ({"X-Name": "Zoë"}, (("X-Name", "Zoë".encode().decode("latin-1")), JSON)),
        ({"Authorization": "a"}, (("x-amzn-Remapped-Authorization", "a"), JSON)),
        ({"www-authenticate": "Basic"}, (("x-amzn-Remapped-www-authenticate", "Basic"), JSON)),
        (
            {"Date": "today", "Server": "mine"},
            (("x-amzn-Remapped-Date", "today"), ("x-amzn-Remapped-Server", "mine"), JSON),
        ),
        ({"content-length": "9"}, (("x-amzn-Remapped-content-length", "9"), JSON)),
        ({"Connection": "close"}, (("x-amzn-Remapped-Connection", "close"), JSON)),
        ({"TE": "a", "Via": "b", "Host": "c", "transfer-encoding": "chunked", "Upgrade": "h2c"}, (JSON,)),
    ],
)
def test_headers_are_passed_on_renamed_or_dropped(headers: Any, lines: tuple[Header, ...]) -> None:
    assert headers_of({"headers": headers}) == lines


def test_values_of_one_name_come_together_the_multi_value_ones_first() -> None:
    answer = {"headers": {"x-a": "1", "x-c": "2"}, "multiValueHeaders": {"X-A": ["3", "4"], "X-B": [5, None]}}
    assert headers_of(answer) == (("X-A", "3"), ("X-A", "4"), ("X-A", "1"), ("X-B", "5"), ("x-c", "2"), JSON)


@pytest.mark.parametrize(
    "headers", [[], "x", {"x": ["a"]}, {"x": {}}, {"a b": "c"}, {"x": "a\r\nb: c"}, {"x\n": "a"}, {"x": "a\u0007"}]
)
def test_headers_that_http_does_not_allow_are_malformed(headers: Any) -> None:
    assert error_type_of({"headers": headers}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize("body", [{"a": 1}, [1]])
def test_a_body_that_is_no_text_is_malformed(body: Any) -> None:
    assert error_type_of({"body": body}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize(("body", "sent"), [(None, b""), (5, b"5"), (False, b"false"), ("é", "é".encode())])
def test_a_body_becomes_utf_8(body: Any, sent: bytes) -> None:
    assert reply_to({"body": body}).body == sent


@pytest.mark.parametrize(
    ("accept", "binary", "sent"),
    [
        ("image/png", ("image/png",), b"\x00\xff"),
        ("image/png;q=0.5", ("image/png",), b"\x00\xff"),
        ("image/png, text/html", ("image/png",), b"\x00\xff"),
        ("text/html, image/png", ("image/png",), b"AP8="),
        ("image/webp", ("image/png",), b"AP8="),
        (None, ("image/png",), b"AP8="),
        ("image/png", (), b"AP8="),
        ("anything/else", ("*/*",), b"\x00\xff"),
        (None, ("*/*",), b"\x00\xff"),
    ],
)
def test_base64_is_decoded_where_the_first_accepted_type_is_binary(
    accept: str | None, binary: tuple[str, ...], sent: bytes
) -> None:
    assert reply_to({"body": "AP8=", "isBase64Encoded": True}, accept=accept, binary=binary).body == sent


@pytest.mark.parametrize("older", [True, "true"])
def test_the_older_name_of_the_base64_flag_counts_first(older: Any) -> None:
    answer = {"body": "AP8=", "base64Encoded": older, "isBase64Encoded": False}
    assert reply_to(answer, binary=("*/*",)).body == b"\x00\xff"


def test_a_body_that_is_no_base64_is_undecodable_if_it_would_be_decoded() -> None:
    answer = {"body": "hello!", "isBase64Encoded": True}
    assert error_type_of(answer, binary=("*/*",)) is GatewayResponseType.UNDECODABLE_PROXY_RESPONSE
    assert reply_to(answer).body == b"hello!"


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body_drop_it(status: int) -> None:
    assert reply_to({"statusCode": status, "body": "gone"}).body == b""


@pytest.mark.parametrize("payload", [b"", b"{", b"NaN", b"\xff"])
def test_an_answer_that_is_no_json_is_malformed(payload: bytes) -> None:
    assert error_type_of(payload) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


def test_a_function_that_raised_is_an_error_with_its_reason() -> None:
    with pytest.raises(GatewayError, match="FUNCTION_FAILED: KeyError: 'id'"):
        reply_to({"errorMessage": "'id'", "errorType": "KeyError"}, error="Unhandled")
