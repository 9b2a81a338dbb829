"""The event of a finding as the report's line has it."""

from __future__ import annotations

import pytest

from homeport.contract.report.findings import event_text, own_lines, terminal_lines

pytestmark = pytest.mark.unit


def test_the_event_of_a_finding_has_no_token() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmVk"
    event = {"headers": {"authorization": f"Bearer {token}"}, "cookies": [f"session={token}"]}
    assert event_text(event) == '{"headers": {"authorization": "Bearer ***"}, "cookies": ["session=***"]}'


def test_a_terminal_shows_the_beginning_of_an_event() -> None:
    long, short = "  event     " + "x" * 5000, '  event     {"version": "2.0"}'
    assert list(terminal_lines(["1. GET /a: …", long, short], "index.html")) == [
        "1. GET /a: …",
        f"  event     {'x' * 160}… (whole in index.html)",
        short,
    ]


def test_frames_of_libraries_are_counted_in_a_log() -> None:
    log = """Traceback (most recent call last):
  File "/home/ada/api/service/handlers/search.py", line 9, in handler
    page = table.scan()
  File "/home/ada/.cache/homeport/functions-py3.13/boto3/factory.py", line 581, in do_action
    response = action(self,
        *args)
               ^^^^^^^^^^^
  File "/usr/lib/python3.13/json/decoder.py", line 3, in decode
decimal.Underflow: [<class 'decimal.Underflow'>]
END RequestId: 1""".splitlines()
    assert list(own_lines(log)) == [*log[:3], "  … 2 frames of libraries", *log[-2:]]
    assert list(own_lines(log[:3])) == log[:3]
