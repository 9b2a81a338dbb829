"""A function's log in the terminal: tracebacks are lines, once, without the machinery of imports."""

from __future__ import annotations

import json

import pytest

from homeport.gateway.observers.log_lines import (
    MAX_LENGTH,
    terminal_lines,
)

pytestmark = pytest.mark.unit

TRACEBACK = "Traceback (most recent call last):\n  File \"service/a.py\", line 3, in handler\n    boom()\nKeyError: 'x'"


def lines(*log: str) -> list[str]:
    return list(terminal_lines(log))


def test_traceback_in_a_json_line_follows_it_as_lines() -> None:
    shown = lines(json.dumps({"level": "ERROR", "error": TRACEBACK, "status": 500}))
    assert json.loads(shown[0]) == {"level": "ERROR", "status": 500}
    assert shown[1:] == ["error:", *(f"  {line}" for line in TRACEBACK.split("\n"))]


def test_stack_trace_of_lambdas_json_format_follows_as_lines() -> None:
    entry = {"level": "ERROR", "stackTrace": ['  File "/var/task/a.py", line 3, in handler\n    boom()\n']}
    assert lines(json.dumps(entry)) == [
        '{"level": "ERROR"}',
        "stackTrace:",
        '    File "/var/task/a.py", line 3, in handler',
        "      boom()",
    ]


def test_short_json_line_stays_as_it_is() -> None:
    line = '{"level":"INFO", "tags": ["a", "b"],  "n": 1e2}'
    assert lines(line) == [line]


def test_long_json_line_is_still_json() -> None:
    (line,) = lines(json.dumps({"level": "INFO", "body": "x" * 5_000, "items": list(range(900))}))
    assert len(line) <= MAX_LENGTH
    shown = json.loads(line)
    assert (shown["level"], len(shown["body"])) == ("INFO", 161)


def test_line_that_only_looks_like_json_stays() -> None:
    assert lines('{"error": "a\\nb') == ['{"error": "a\\nb']


def test_error_that_is_logged_by_both_initialisations_is_shown_once() -> None:
    error = ["[ERROR] KeyError: 'ITEMS_TABLE'", "Traceback (most recent call last):", '  File "a.py", line 1']
    log = [
        "INIT_START Runtime Version: python:3.13.v0",
        *error,
        "INIT_REPORT Init Duration: 3 ms",
        *error,
        "END RequestId: 1",
    ]
    assert lines(*log) == [*log[:5], "END RequestId: 1"]


def test_two_different_errors_are_shown() -> None:
    log = ["[ERROR] one", "[ERROR] two", "more of two", "[ERROR] one"]
    assert lines(*log) == ["[ERROR] one", "[ERROR] two", "more of two"]


def test_frames_of_the_import_machinery_are_left_out() -> None:
    shown = lines(
        "Traceback (most recent call last):",
        '\u00a0\u00a0File "/usr/lib/python3.13/importlib/__init__.py", line 88, in import_module',
        "\u00a0\u00a0\u00a0\u00a0return _bootstrap._gcd_import(name[level:], package, level)",
        '\u00a0\u00a0File "<frozen importlib._bootstrap>", line 1387, in _gcd_import',
        '\u00a0\u00a0File "/var/task/service/store.py", line 240, in <module>',
        '\u00a0\u00a0\u00a0\u00a0items = os.environ["ITEMS_TABLE"]',
        '\u00a0\u00a0File "<frozen os>", line 716, in __getitem__',
        "KeyError: 'ITEMS_TABLE'",
    )
    assert shown == [
        "Traceback (most recent call last):",
        '  File "/var/task/service/store.py", line 240, in <module>',
        '    items = os.environ["ITEMS_TABLE"]',
        "KeyError: 'ITEMS_TABLE'",
    ]
