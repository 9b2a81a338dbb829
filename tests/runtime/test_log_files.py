"""The files of functions' logs: written, rotated, and followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.dev.logs import LogFilter, read_logs
from homeport.rotating_log import RotatingLogWriter, rotated_file
from homeport.runtime.api import Invocation
from homeport.runtime.logs import (
    FunctionLogFiles,
    LogLine,
    Tail,
    dated_lines,
    functions_with_logs,
    is_platform,
    join_log,
    log_file,
    read_line,
    split_log,
)

ENDED = 1_700_000_002.5
LOG = (
    b"INIT_START Runtime Version: python:3.13.v0\tRuntime Version ARN: arn\n"
    b"START RequestId: the-id Version: $LATEST\n"
    b"two\r\n\n"
    b"\xff\n"
    b"END RequestId: the-id\nREPORT RequestId: the-id\tDuration: 1000.00 ms\t\n"
)
JSON_LOG = (
    b'{"time":"2026-03-01T12:00:00.123Z","type":"platform.start","record":{}}\n'
    b'{"level": "INFO", "message": "mine"}\n'
    b'{"time":"2026-03-01T12:00:00.123Z","type":"platform.report","record":{}}\n'
)


def invocation(log: bytes = LOG, times: tuple[tuple[int, float], ...] = ((0, ENDED - 1.5),)) -> Invocation:
    return Invocation(b"null", None, "the-id", duration_ms=1000.0, init_ms=500.0, log=log, log_times=times)


def test_lines_have_the_time_at_which_they_were_written() -> None:
    began, wrote, ended = LOG.index(b"START Req"), LOG.index(b"two"), LOG.index(b"END")
    times = ((0, ENDED - 1.5), (began, ENDED - 1.25), (wrote, ENDED - 1), (wrote + 5, ENDED - 0.5), (ended, ENDED))
    assert dated_lines(invocation(LOG, times)).splitlines() == [
        "2023-11-14T22:13:21.000Z INIT_START Runtime Version: python:3.13.v0\tRuntime Version ARN: arn",
        "2023-11-14T22:13:21.250Z START RequestId: the-id Version: $LATEST",
        "2023-11-14T22:13:21.500Z two",
        "2023-11-14T22:13:22.000Z ",
        "2023-11-14T22:13:22.000Z \\xff",
        "2023-11-14T22:13:22.500Z END RequestId: the-id",
        "2023-11-14T22:13:22.500Z REPORT RequestId: the-id\tDuration: 1000.00 ms\t",
    ]


def test_a_line_that_was_written_in_two_parts_has_the_time_of_the_first() -> None:
    log, times = join_log([(ENDED, b"one\nhal"), (ENDED + 1, b"f\ntwo\n")])
    assert dated_lines(invocation(log, times)).splitlines() == [
        "2023-11-14T22:13:22.500Z one",
        "2023-11-14T22:13:22.500Z half",
        "2023-11-14T22:13:23.500Z two",
    ]


def test_a_function_that_wrote_nothing_leaves_nothing() -> None:
    assert dated_lines(invocation(b"")) == ""


def test_lambdas_own_lines_are_told_from_the_functions_in_both_formats() -> None:
    assert [is_platform(line) for line in split_log(LOG)] == [True, True, False, False, False, True, True]
    assert [is_platform(line) for line in split_log(JSON_LOG)] == [True, False, True]


@pytest.mark.parametrize("line", ["", "no time", "2023-11-14 text", "2023-11-14T22:13:21Z text"])
def test_a_line_of_another_form_is_no_log_line(line: str) -> None:
    assert read_line("f", line) is None


def keep(files: RotatingLogWriter, folder: Path, text: str) -> None:
    FunctionLogFiles(folder, files).append("f", invocation(f"{text}\n".encode()))
    files.flush()


def texts(tail: Tail) -> list[str]:
    return [line.text for line in tail.lines()]


def test_a_tail_reads_what_is_there_and_then_what_is_added(tmp_path: Path) -> None:
    files, tail = RotatingLogWriter(), Tail(tmp_path, "f")
    assert texts(tail) == []
    keep(files, tmp_path, "one")
    assert list(tail.lines()) == [LogLine("2023-11-14T22:13:21.000Z", "f", "one")]
    assert texts(tail) == []
    keep(files, tmp_path, "two")
    assert texts(tail) == ["two"]
    assert functions_with_logs(tmp_path) == ["f"]


def test_a_tail_follows_a_file_that_is_replaced(tmp_path: Path) -> None:
    files, tail = RotatingLogWriter(max_bytes=30), Tail(tmp_path, "f")
    keep(files, tmp_path, "one")
    assert texts(tail) == ["one"]
    keep(files, tmp_path, "two")
    keep(files, tmp_path, "three")
    assert "two" in rotated_file(log_file(tmp_path, "f")).read_text()
    assert texts(tail) == ["two", "three"]
    assert texts(tail) == []


def test_a_new_tail_reads_the_older_file_first(tmp_path: Path) -> None:
    files = RotatingLogWriter(max_bytes=30)
    for text in ("one", "two", "three"):
        keep(files, tmp_path, text)
    assert texts(Tail(tmp_path, "f")) == ["one", "two", "three"]


def test_a_line_that_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    file = log_file(tmp_path, "f")
    file.parent.mkdir()
    tail = Tail(tmp_path, "f")
    file.write_text("2023-11-14T22:13:21.000Z hal")
    assert texts(tail) == []
    file.write_text("2023-11-14T22:13:21.000Z half\n")
    assert texts(tail) == ["half"]


def test_invocations_that_ran_at_once_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    files = RotatingLogWriter()
    logs = FunctionLogFiles(tmp_path, files)
    for begin, end in ((ENDED + 1, ENDED + 2), (ENDED, ENDED + 3)):
        logs.append("f", invocation(*join_log([(begin, b"begin\n"), (end, b"end\n")])))
    logs.append("g", invocation(*join_log([(ENDED + 1.5, b"other\n")])))
    files.flush()
    lines = list(read_logs(tmp_path, ["f", "g"], LogFilter()))
    assert [line.text for line in lines] == ["begin", "begin", "other", "end", "end"]
    assert [line.at for line in lines] == sorted(line.at for line in lines)
