"""Archives that grow are whole after each entry, and what was recorded is made again from them."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.contract.har import HarFile, decompress_exchange, exchange_of, from_har, redact_exchange, to_har
from homeport.contract.http_exchange import HttpExchange, api_target
from homeport.contract.replay import set_headers
from homeport.recordings.redaction import CredentialNames
from tests.support.inspector import make_recording

CALL = HttpExchange(
    "POST", "http://h/items", (("A", "ü"),), b"\xff", 201, (), b"{}", "", 1790074701.25, 3.1, "http://h"
)


def test_the_archive_is_whole_after_each_entry(tmp_path: Path) -> None:
    file = tmp_path / "x.har"
    with file.open("w", encoding="ascii") as out:
        archive = HarFile(out)
        assert from_har(file.read_text()) == ()
        for count in (1, 2, 3):
            archive.add(CALL)
            assert from_har(file.read_text()) == (with_base(CALL),) * count


def with_base(call: HttpExchange) -> HttpExchange:
    """What an archive gives back: the times are for other readers."""
    return HttpExchange(
        call.method,
        call.url,
        call.headers,
        call.body,
        call.status,
        call.reply_headers,
        call.reply_body,
        base=call.base,
    )


def test_an_entry_has_the_time_of_its_request() -> None:
    out = io.StringIO()
    HarFile(out).add(CALL)
    (entry,) = json.loads(out.getvalue())["log"]["entries"]
    assert (entry["startedDateTime"], entry["time"]) == ("2026-09-22T10:58:21.250Z", 3.1)
    assert entry["response"]["statusText"] == "Created"
    assert json.loads(to_har([CALL]))["log"]["entries"] == [entry]


def test_a_recording_becomes_an_exchange_with_its_base_url() -> None:
    call = exchange_of(make_recording(target="/rest/items?a=b", stage="rest", reply={"a": 1}))
    assert (call.url, call.base) == ("http://127.0.0.1:8080/rest/items?a=b", "http://127.0.0.1:8080/rest")
    assert api_target(call, "https://x.example/prod") == "/items?a=b"


def test_a_compressed_response_is_decompressed() -> None:
    call = HttpExchange("GET", "/", (("Accept-Encoding", "gzip"),), b"", 200, (("Content-Encoding", "gzip"),))
    packed = replace(call, reply_body=gzip.compress(b"text"))
    assert decompress_exchange(packed) == HttpExchange("GET", "/", (), b"", 200, (), b"text")
    assert decompress_exchange(call) == HttpExchange("GET", "/", (), b"", 200, (), b"")


def test_an_exchange_is_redacted_whole() -> None:
    call = HttpExchange(
        "POST",
        "http://h/a?token=abcdef12",
        (("Authorization", "Bearer abcdef12"),),
        b'{"password":"hunter22"}',
        200,
        (("Set-Cookie", "sid=abcdefgh; Path=/"),),
        b"abcdef12 hunter22 abcdefgh",
    )
    assert redact_exchange(call, CredentialNames()) == HttpExchange(
        "POST",
        "http://h/a?token=***",
        (("Authorization", "Bearer ***"),),
        b'{"password":"***"}',
        200,
        (("Set-Cookie", "sid=***; Path=/"),),
        b"*** *** ***",
    )


def test_redacted_headers_are_not_sent_and_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    calls = [HttpExchange("GET", "/", (("Authorization", "Bearer ***"), ("Cookie", "sid=***"), ("A", "1")))]
    (call,) = set_headers(calls, ["authorization: Bearer now"])
    assert call.headers == (("A", "1"), ("authorization", "Bearer now"))
    assert "sent without Cookie" in capsys.readouterr().err
