"""The access log's file: every call once, in order, within its bounds."""

from __future__ import annotations

import json
from pathlib import Path

from homeport.gateway.http.message import Reply
from homeport.gateway.observers.access_log import AccessLogFile
from homeport.rotating_log import RotatingLogWriter
from tests.support.gateway import make_exchange
from tests.support.stages import make_stage


def test_every_call_is_a_line_in_order(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "access.log"
    files = RotatingLogWriter()
    log = AccessLogFile(make_stage(), file, files)
    for status in range(200, 240):
        log.on_reply(make_exchange(), Reply(status, (), b"{}"))
    files.flush()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["status"] for line in lines] == [str(status) for status in range(200, 240)]
    assert lines[0]["responseLength"] == "2"
