"""Archives that grow are whole after each entry, and what was recorded is made again from them."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.contract.findings import Call
from homeport.contract.replay.har import HarFile, from_har, to_har
from homeport.contract.replay.replay import call_of, masked, readable, with_headers
from homeport.contract.replay.send import own_target
from homeport.recordings.redaction import Named
from tests.support.inspector import make_recording

CALL = Call("POST", "http://h/items", (("A", "ü"),), b"\xff", 201, (), b"{}", "", 1790074701.25, 3.1, "http://h")


def test_after_each_entry_the_archive_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.har"
    with file.open("w", encoding="ascii") as out:
        archive = HarFile(out)
        assert from_har(file.read_text()) == ()
        for count in (1, 2, 3):
            archive.add(CALL)
            assert from_har(file.read_text()) == (with_base(CALL),) * count


def with_base(call: Call) -> Call:
    """What an archive gives back: the times are for other readers."""
    return Call(
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


def test_a_recording_becomes_a_call_whose_own_path_is_known() -> None:
    call = call_of(make_recording(target="/rest/items?a=b", stage="rest", reply={"a": 1}))
    assert (call.url, call.base) == ("http://127.0.0.1:8080/rest/items?a=b", "http://127.0.0.1:8080/rest")
    assert own_target(call, "https://x.example/prod") == "/items?a=b"


def test_a_compressed_answer_is_kept_readable() -> None:
    call = Call("GET", "/", (("Accept-Encoding", "gzip"),), b"", 200, (("Content-Encoding", "gzip"),))
    packed = replace(call, reply_body=gzip.compress(b"text"))
    assert readable(packed) == Call("GET", "/", (), b"", 200, (), b"text")
    assert readable(call) == Call("GET", "/", (), b"", 200, (), b"")


def test_a_call_is_masked_whole() -> None:
    call = Call(
        "POST",
        "http://h/a?token=abcdef12",
        (("Authorization", "Bearer abcdef12"),),
        b'{"password":"hunter22"}',
        200,
        (("Set-Cookie", "sid=abcdefgh; Path=/"),),
        b"abcdef12 hunter22 abcdefgh",
    )
    assert masked(call, Named()) == Call(
        "POST",
        "http://h/a?token=***",
        (("Authorization", "Bearer ***"),),
        b'{"password":"***"}',
        200,
        (("Set-Cookie", "sid=***; Path=/"),),
        b"*** *** ***",
    )


def test_what_is_masked_is_not_sent_and_said_to_be_missing(capsys: pytest.CaptureFixture[str]) -> None:
    calls = [Call("GET", "/", (("Authorization", "Bearer ***"), ("Cookie", "sid=***"), ("A", "1")))]
    (call,) = with_headers(calls, ["authorization: Bearer now"])
    assert call.headers == (("A", "1"), ("authorization", "Bearer now"))
    assert "sent without Cookie" in capsys.readouterr().err
