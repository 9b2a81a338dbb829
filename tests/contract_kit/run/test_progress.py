"""The progress of a contract run: on a terminal one line, in a log a line every few seconds."""

from __future__ import annotations

import io

import pytest

from homeport.contract.remote_data import data_line
from homeport.contract.run.progress import RunProgress
from tests.support.waiting import wait_until

pytestmark = pytest.mark.unit


class Output(io.StringIO):
    """An output that is a terminal, or a log."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def test_log_has_lines_while_a_part_runs_and_one_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    out, now = Output(terminal=False), [100.0]
    monkeypatch.setattr("sys.stdout", out)
    with RunProgress(clock=lambda: now[0], interval=0.01) as progress:
        progress.begin("schemathesis on Things")
        now[0] = 112.0
        wait_until(lambda: "schemathesis on Things: 12 s\n" in out.getvalue())
        now[0] = 141.0
        progress.end("schemathesis on Things")
    lines = out.getvalue().splitlines()
    assert lines.count("schemathesis on Things: 41 s") >= 1
    assert "\x1b" not in out.getvalue()


def test_terminal_has_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Output(terminal=True)
    monkeypatch.setattr("sys.stdout", out)
    with RunProgress(clock=lambda: 5.0, interval=0.01) as progress:
        progress.begin("checks of REST on Things")
        wait_until(lambda: "\r\x1b[Kchecks of REST on Things: 0 s" in out.getvalue())
        progress.end("checks of REST on Things")
    assert "\n" not in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


def test_run_at_a_url_says_what_becomes_of_the_data() -> None:
    own = data_line("http://127.0.0.1:8080", guarded=False)
    assert "writes and deletes whatever the document allows" in own
    assert "homeport snapshot save NAME" in own
    assert "changes only what it creates, and removes that" in data_line("https://api.example.com", guarded=True)
