"""Payload compression of REST APIs."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.rest_api.compression import accepted_coding, compress_replies, decompress_requests
from homeport.http_headers import Header, header_value
from tests.support.gateway import make_exchange, make_request
from tests.support.served_api import served_api
from tests.support.spec import document, operation, report

SIZE = "x-amazon-apigateway-minimum-compression-size"
BODY = b"a" * 100


def decompressed(body: bytes, *headers: Header, minimum: int | None = 0) -> Request:
    call = make_exchange(request=make_request(method="POST", headers=headers, body=body))
    found = decompress_requests(minimum)(call)
    assert not isinstance(found, Reply)
    return found.request


def finished(
    body: bytes, accept: str | None, *headers: Header, minimum: int | None = 100, failed: bool = False
) -> Reply:
    request = make_request(headers=[] if accept is None else [("Accept-Encoding", accept)])
    call = make_exchange(request=request)
    if failed:
        call.trace.error = GatewayError(GatewayResponseType.INTERNAL)
    return compress_replies(minimum)(call, Reply(200, headers, body))


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", gzip.compress(BODY, mtime=0)), ("GZIP ", gzip.compress(BODY, mtime=0)), ("deflate", zlib.compress(BODY))],
)
def test_a_request_is_decompressed(coding: str, packed: bytes) -> None:
    request = decompressed(packed, ("Content-Encoding", coding), ("X-Own", "1"))
    assert (request.body, request.headers) == (BODY, (("X-Own", "1"),))


@pytest.mark.parametrize(
    ("headers", "minimum"),
    [
        ([], 0),
        ([("Content-Encoding", "identity")], 0),
        ([("Content-Encoding", "gzip")], None),
        ([("content-encoding", "gzip")], 5000),
    ],
)
def test_other_requests_pass_as_they_are(headers: list[Header], minimum: int | None) -> None:
    packed = gzip.compress(BODY, mtime=0)
    request = decompressed(packed, *headers, minimum=minimum)
    assert (request.body, list(request.headers)) == (packed, headers)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", BODY),
        ("gzip", BODY),
        ("deflate", gzip.compress(BODY, mtime=0)),
        ("gzip", gzip.compress(BODY, mtime=0)[:-4]),
    ],
)
def test_a_body_that_is_not_in_its_coding_is_415(coding: str, body: bytes) -> None:
    with pytest.raises(GatewayError) as caught:
        decompressed(body, ("Content-Encoding", coding))
    assert caught.value.type is GatewayResponseType.UNSUPPORTED_MEDIA_TYPE


def test_a_body_that_grows_over_10_mb_is_413() -> None:
    with pytest.raises(GatewayError) as caught:
        decompressed(gzip.compress(bytes(10 * 1024 * 1024 + 1)), ("Content-Encoding", "gzip"))
    assert caught.value.type is GatewayResponseType.REQUEST_TOO_LARGE
    assert (
        len(decompressed(gzip.compress(bytes(10 * 1024 * 1024)), ("Content-Encoding", "gzip")).body) == 10 * 1024 * 1024
    )


def test_a_reply_of_the_minimum_size_is_compressed() -> None:
    reply = finished(BODY, "gzip", ("Content-Type", "text/plain"))
    assert reply.headers == (("Content-Type", "text/plain"), ("Content-Encoding", "gzip"))
    assert gzip.decompress(reply.body) == BODY
    assert zlib.decompress(finished(BODY, "deflate").body) == BODY


@pytest.mark.parametrize(
    "reply",
    [
        finished(BODY[:-1], "gzip"),
        finished(BODY, "gzip", minimum=None),
        finished(BODY, None),
        finished(BODY, "gzip", ("content-encoding", "br")),
        finished(BODY, "gzip", failed=True),
        finished(b"", "gzip", minimum=0),
    ],
)
def test_other_replies_stay_as_they_are(reply: Reply) -> None:
    assert header_value(reply.headers, "content-encoding") in (None, "br")
    assert reply.body == BODY[: len(reply.body)]


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip", "gzip"),
        ("deflate,gzip", "deflate"),
        ("gzip, deflate, br", "gzip"),
        ("deflate;q=0.5,gzip;q=1.0", "gzip"),
        ("gzip;q=1.0,identity;q=0.5,*;q=0", "gzip"),
        ("br;q=1.0, gzip;q=0.8", None),
        ("identity, gzip;q=0.5", None),
        ("", None),
        ("*", None),
        (None, None),
        ("gzip;q=0", None),
        ("gzip;q=x", None),
    ],
)
def test_the_coding_is_the_one_that_the_client_likes_best(accept: str | None, coding: str | None) -> None:
    assert accepted_coding(accept) == coding


def test_a_rest_api_compresses_over_a_socket(tmp_path: Path) -> None:
    events: list[Any] = []

    def function(event: Any) -> Any:
        events.append(event)
        return {"statusCode": 200, "body": event["body"] or "x" * 2000}

    spec = document({"/a": {"post": operation()}}, **{SIZE: 1000})
    with served_api(tmp_path, spec, stages={"flavor": "rest"}, handlers=("act",), functions={"act": function}) as api:
        large = api.ask("POST", "/local/a", (("Accept-Encoding", "gzip"),))
        sent = gzip.compress(b'{"a": "b"}' + b" " * 3000, mtime=0)
        small = api.ask("POST", "/local/a", (("Accept-Encoding", "gzip"), ("Content-Encoding", "gzip")), sent)
        broken = api.ask("POST", "/local/a", (("Content-Encoding", "br"),), b"x" * 1000)
    assert (large.header("content-encoding"), gzip.decompress(large.body)) == ("gzip", b"x" * 2000)
    assert (small.header("content-encoding"), len(events)) == (None, 2)
    assert (broken.status, broken.json()) == (415, {"message": "Unsupported Media Type"})


def test_the_size_is_a_number_of_bytes(tmp_path: Path) -> None:
    spec = document({"/a": {"post": operation()}}, **{SIZE: 1000})
    assert report(tmp_path / "rest", spec, "rest") == []
    assert report(tmp_path / "http", spec, "http") == [
        "warning: an HTTP API has no payload compression: the function may compress "
        "(remove it, or have a stage with flavor: rest)"
    ]
