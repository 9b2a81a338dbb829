"""The reader of the exchange log finds a request's line while the log is written, and after it began a new file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.stack.access import LoggedExchange, TracedCall
from homeport.contract.stack.log_reader import LogReader
from homeport.gateway.observers.exchange_log import EXCHANGES
from homeport.rotating_log import rotated_file

pytestmark = pytest.mark.unit


def line(request_id: str, **changes: Any) -> str:
    entry: dict[str, Any] = {
        "requestId": request_id,
        "event": {"path": "/"},
        "log": "START\n",
        "refused": None,
        "requests": [],
        "invocation": {"requestId": "f-1", "error": None, "initMs": None},
    }
    return json.dumps({**entry, **changes}) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / EXCHANGES


def reader(log: Path, flush: Callable[[], None] = lambda: None, most: int = 100) -> LogReader:
    return LogReader(log.parent, lambda arn: arn.rpartition("/")[2], flush, most)


def test_request_has_its_event_log_and_calls(log: Path) -> None:
    request = {
        "operation": "Query",
        "resources": ["table/things"],
        "consistent": True,
        "error": "ValidationException",
        "request": {"TableName": "things"},
    }
    log.write_text(line("r-1") + line("r-2", requests=[request], refused="too late", invocation=None))
    found = reader(log)
    assert found.find("r-1") == LoggedExchange({"path": "/"}, "START\n", (), function_request_id="f-1")
    call = TracedCall("Query", "things", True, "ValidationException", {"TableName": "things"})
    assert found.find("r-2") == LoggedExchange({"path": "/"}, "START\n", (call,), rejected="too late")


def test_line_that_is_written_while_the_reader_waits_is_found(log: Path) -> None:
    parts = [line("r-1"), line("r-2")[:20], line("r-2")[20:]]

    def write() -> None:
        with log.open("a") as out:
            out.write(parts.pop(0) if parts else "")

    found = reader(log, write)
    assert found.find("r-2") is not None
    assert found.find("r-1") is not None


def test_request_that_is_not_logged_is_none(log: Path) -> None:
    found = reader(log)
    assert found.find("r-1", timeout=0) is None
    log.write_text(line("r-1"))
    assert found.find("") is None
    assert found.find("r-2", timeout=0) is None


def test_rest_of_a_full_file_is_read_after_a_new_one_has_begun(log: Path) -> None:
    found = reader(log)
    log.write_text(line("r-1"))
    assert found.find("r-1") is not None
    with log.open("a") as out:
        out.write(line("r-2"))
    log.replace(rotated_file(log))
    log.write_text(line("r-3"))
    assert all(found.find(each, timeout=0) is not None for each in ("r-3", "r-2", "r-1"))


def test_latest_requests_are_kept(log: Path) -> None:
    found = reader(log, most=2)
    log.write_text("".join(line(f"r-{number}") for number in range(4)))
    assert found.find("r-3") is not None
    assert found.find("r-1", timeout=0) is None
