from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.reply import to_reply
from tests.support.gateway import SHORT_ID, make_context, make_deployment, make_invocation, make_request

ID = ("Apigw-Requestid", SHORT_ID)
TEXT = ("Content-Type", "text/plain; charset=utf-8")
JSON = ("Content-Type", "application/json")


def reply_to(answer: Any, *, payload_format: Any = "2.0", error: str | None = None) -> Reply:
    context = make_context(deployment=make_deployment(payload_format=payload_format))
    return to_reply(make_invocation(answer, error=error), make_request(), context)


def error_type_of(answer: Any, *, payload_format: Any = "2.0", error: str | None = None) -> GatewayResponseType:
    with pytest.raises(GatewayError) as caught:
        reply_to(answer, payload_format=payload_format, error=error)
    return caught.value.type


def test_a_whole_answer_keeps_status_headers_and_body() -> None:
    answer = {
        "statusCode": 201,
        "headers": {"content-type": "application/json", "X-CUSTOM-thing": "a b"},
        "body": '{"id": 1}',
        "isBase64Encoded": False,
    }
    assert reply_to(answer) == Reply(201, (JSON, ("X-Custom-Thing", "a b"), ID), b'{"id": 1}')


def test_a_status_without_a_body_is_an_empty_text() -> None:
    assert reply_to({"statusCode": 200}) == Reply(200, (TEXT, ID), b"")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"id": 1, "tags": ["a"]}, b'{"id":1,"tags":["a"]}'),
        ({}, b"{}"),
        ([1, 2], b"[1,2]"),
        ("hello", b"hello"),
        ("", b""),
        (None, b"null"),
        (True, b"true"),
        (12.5, b"12.5"),
        ("Grüße", "Grüße".encode()),
        (b'{ "a" : "x  y\\" : z",\n "n": 1.50 }', b'{"a":"x  y\\" : z","n":1.50}'),
        (b'{"escaped": "\\u00fc"}', b'{"escaped":"\\u00fc"}'),
    ],
)
def test_an_answer_without_a_status_is_the_json_itself(answer: Any, body: bytes) -> None:
    assert reply_to(answer) == Reply(200, (JSON, ID), body)


@pytest.mark.parametrize("answer", [{"message": "hi"}, [], "hello", None, {"body": "x"}])
def test_format_1_needs_a_status(answer: Any) -> None:
    assert error_type_of(answer, payload_format="1.0") is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize(("value", "status"), [(200, 200), (418, 418), (599, 599), ("201", 201)])
@pytest.mark.parametrize("payload_format", ["1.0", "2.0"])
def test_a_status_is_a_whole_number_or_its_text(payload_format: str, value: Any, status: int) -> None:
    assert reply_to({"statusCode": value}, payload_format=payload_format).status == status


@pytest.mark.parametrize(
    "value", [0, 100, 199, 600, -200, 200.0, 200.5, True, None, "test", "", "2e2", " 200", "²00", []]
)
def test_any_other_status_is_malformed(value: Any) -> None:
    assert error_type_of({"statusCode": value}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize(
    ("headers", "lines"),
    [
        (None, (TEXT,)),
        ({}, (TEXT,)),
        (
            {"x-flag": True, "x-count": 3, "x-share": 0.5},
            (("X-Flag", "true"), ("X-Count", "3"), ("X-Share", "0.5"), TEXT),
        ),
        ({"x-none": None, "content-type": None}, (TEXT,)),
        ({"X-Empty": ""}, (("X-Empty", ""), TEXT)),
        ({"x-padded": "  a \t"}, (("X-Padded", "a"), TEXT)),
        ({"x-name": "Zoë"}, (("X-Name", "Zoë".encode().decode("latin-1")), TEXT)),
        ({"www-authenticate": "Basic"}, (("Www-Authenticate", "Basic"), TEXT)),
        ({"content-length": "99", "connection": "close", "Date": "today", "transfer-encoding": "chunked"}, (TEXT,)),
    ],
)
def test_header_values_become_text(headers: Any, lines: tuple[tuple[str, str], ...]) -> None:
    assert reply_to({"statusCode": 200, "headers": headers}) == Reply(200, (*lines, ID), b"")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        "x: y",
        {"x": ["a"]},
        {"x": {"a": 1}},
        {"": "a"},
        {"a b": "c"},
        {"x:y": "z"},
        {"x\r\nset-cookie": "a=b"},
        {"x": "a\r\nset-cookie: a=b"},
        {"x": "a\nb"},
        {"x": "a\u0000b"},
        {"zoë": "a"},
    ],
)
def test_headers_that_http_does_not_allow_are_malformed(headers: Any) -> None:
    assert error_type_of({"statusCode": 200, "headers": headers}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


def test_each_cookie_is_a_line_of_its_own() -> None:
    answer = {"statusCode": 200, "headers": {"set-cookie": "z=0"}, "cookies": ["a=1; Path=/", "b=2"]}
    cookies = (("Set-Cookie", "z=0"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"))
    assert reply_to(answer) == Reply(200, (*cookies, TEXT, ID), b"")


@pytest.mark.parametrize("cookies", ["a=1", {"a": 1}, [1], ["a=1\r\nx: y"]])
def test_cookies_that_are_no_texts_are_malformed(cookies: Any) -> None:
    assert error_type_of({"statusCode": 200, "cookies": cookies}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


def test_format_2_knows_no_multi_value_headers_and_format_1_no_cookies() -> None:
    answer = {"statusCode": 200, "multiValueHeaders": {"x-a": ["1"]}, "cookies": ["a=1"]}
    assert reply_to(answer) == Reply(200, (("Set-Cookie", "a=1"), TEXT, ID), b"")
    assert reply_to(answer, payload_format="1.0") == Reply(200, (("X-A", "1"), TEXT, ID), b"")


def test_format_1_puts_the_values_of_one_name_together_single_ones_first() -> None:
    answer = {
        "statusCode": 200,
        "headers": {"x-a": "1", "content-type": "text/html"},
        "multiValueHeaders": {"X-B": ["2", 3, None], "X-A": ["4"]},
    }
    lines = (("X-A", "1"), ("X-A", "4"), ("Content-Type", "text/html"), ("X-B", "2"), ("X-B", "3"), ID)
    assert reply_to(answer, payload_format="1.0") == Reply(200, lines, b"")


@pytest.mark.parametrize("value", [[], {"x": "a"}, {"x": [["a"]]}])
def test_multi_value_headers_that_are_no_lists_are_malformed(value: Any) -> None:
    assert (
        error_type_of({"statusCode": 200, "multiValueHeaders": value}, payload_format="1.0")
        is GatewayResponseType.MALFORMED_PROXY_RESPONSE
    )


@pytest.mark.parametrize(
    ("body", "sent"), [(None, b""), ("é", "é".encode()), (5, b"5"), (True, b"true"), ("a\r\nb", b"a\r\nb")]
)
def test_a_body_becomes_utf_8(body: Any, sent: bytes) -> None:
    assert reply_to({"statusCode": 200, "body": body}).body == sent


@pytest.mark.parametrize("body", [{"a": 1}, [1]])
def test_a_body_that_is_no_text_is_malformed(body: Any) -> None:
    assert error_type_of({"statusCode": 200, "body": body}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize("flag", [True, "true"])
def test_base64_is_decoded_whatever_the_client_accepts(flag: Any) -> None:
    assert reply_to({"statusCode": 200, "body": "AP8=", "isBase64Encoded": flag}).body == b"\x00\xff"


def test_base64_may_have_line_breaks() -> None:
    assert reply_to({"statusCode": 200, "body": "AP\r\n8=\n", "isBase64Encoded": True}).body == b"\x00\xff"


@pytest.mark.parametrize("body", ["hello!", "A", "AP8", "é"])
def test_a_body_that_is_no_base64_is_undecodable(body: str) -> None:
    answer = {"statusCode": 200, "body": body, "isBase64Encoded": True}
    assert error_type_of(answer) is GatewayResponseType.UNDECODABLE_PROXY_RESPONSE


@pytest.mark.parametrize("flag", [1, "yes", [], {}])
def test_a_base64_flag_that_is_no_boolean_is_malformed(flag: Any) -> None:
    assert error_type_of({"statusCode": 200, "isBase64Encoded": flag}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body_drop_it_and_get_no_content_type(status: int) -> None:
    assert reply_to({"statusCode": status, "body": "gone"}) == Reply(status, (ID,), b"")


def test_unknown_keys_are_ignored() -> None:
    assert reply_to({"statusCode": 200, "body": "a", "extra": 1}) == Reply(200, (TEXT, ID), b"a")


def test_an_error_message_without_a_status_counts_as_a_failed_function() -> None:
    assert error_type_of({"errorMessage": "boom"}) is GatewayResponseType.MALFORMED_PROXY_RESPONSE
    assert reply_to({"statusCode": 200, "errorMessage": "boom"}) == Reply(200, (TEXT, ID), b"")


@pytest.mark.parametrize("payload", [b"", b"{", b"NaN", b'{"statusCode": Infinity}', b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_malformed(payload: bytes) -> None:
    assert error_type_of(payload) is GatewayResponseType.MALFORMED_PROXY_RESPONSE


def test_a_function_that_raised_is_an_error_with_its_reason() -> None:
    error = {"errorMessage": "division by zero", "errorType": "ZeroDivisionError", "stackTrace": []}
    with pytest.raises(GatewayError, match="FUNCTION_FAILED: ZeroDivisionError: division by zero"):
        reply_to(error, error="Unhandled")


@pytest.mark.parametrize("payload", [b"", b"[]", b"not json"])
def test_a_function_that_failed_without_a_payload_is_an_error_too(payload: bytes) -> None:
    assert error_type_of(payload, error="Unhandled") is GatewayResponseType.FUNCTION_FAILED
