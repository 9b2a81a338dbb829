"""The console of Node.js functions, in both log formats."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.runtime.node.conftest import Start

pytestmark = pytest.mark.stack

_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def logged(start: Start, statements: str, **variables: str) -> list[str]:
    """Return the lines that a handler of these statements logs."""
    code = f"export const handler = async (event, context) => {{ {statements} }};"
    environment = start({"index.mjs": code}, variables=variables)
    environment.invoke()
    return environment.end().splitlines()


def entries(start: Start, statements: str, **variables: str) -> list[dict[str, Any]]:
    """Return the JSON entries that a handler logs, without their times and request ids."""
    found = [json.loads(line) for line in logged(start, statements, AWS_LAMBDA_LOG_FORMAT="JSON", **variables)]
    for entry in found:
        assert re.fullmatch(_TIME, entry.pop("timestamp"))
        assert entry.pop("requestId") == "request-0"
    return found


def test_a_text_entry_has_time_request_and_level(start: Start) -> None:
    statements = """
        console.log('a %s', 'b', { c: 1n }); console.info('i'); console.warn('w'); console.error('e');
        console.debug('d'); console.trace('t'); console.fatal('f'); console.log('two\\nlines'); console.log();
    """
    lines = logged(start, statements)
    assert lines[7:9] == [lines[7], "lines"]
    texts = [line.split("\t") for line in (*lines[:8], lines[9])]
    assert all(re.fullmatch(_TIME, time) and request == "request-0" for time, request, *_ in texts)
    assert [text[2:] for text in texts] == [
        ["INFO", "a b { c: 1n }"],
        ["INFO", "i"],
        ["WARN", "w"],
        ["ERROR", "e"],
        ["DEBUG", "d"],
        ["TRACE", "t"],
        ["FATAL", "f"],
        ["INFO", "two"],
        ["INFO", ""],
    ]


def test_an_error_in_text_has_its_stack(start: Start) -> None:
    lines = logged(start, "console.error('failed', new TypeError('why'));")
    assert lines[0].endswith("\tERROR\tfailed TypeError: why")
    assert lines[1].startswith("    at Runtime.handler (file://")


def test_an_error_that_ends_an_invocation_is_logged(start: Start) -> None:
    line = logged(start, "const error = new Error('boom'); error.code = 'E1'; error.more = [1]; throw error;")[0]
    title, _, text = line.partition("\t{")
    assert title.endswith("\tERROR\tInvoke Error ")
    error = json.loads("{" + text)
    assert error.pop("stack")[0] == "Error: boom"
    assert error == {"errorType": "Error", "errorMessage": "boom", "code": "E1", "more": [1]}


def test_json_entries_hold_values(start: Start) -> None:
    statements = """
        console.log('text'); console.warn({ a: [1] }); console.info('a %d', 5, { b: 1 }); console.debug(5n);
        const circle = {}; circle.self = circle; console.error(circle);
    """
    assert entries(start, statements) == [
        {"level": "INFO", "message": "text"},
        {"level": "WARN", "message": {"a": [1]}},
        {"level": "INFO", "message": "a 5 { b: 1 }"},
        {"level": "DEBUG", "message": "5n"},
        {"level": "ERROR", "message": "<ref *1> { self: [Circular *1] }"},
    ]


def test_json_entries_of_errors(start: Start) -> None:
    statements = """
        const error = new RangeError('why'); error.code = 'E1';
        console.error(error); console.error('failed:', error); throw error;
    """
    alone, with_text, ended = entries(start, statements)
    assert alone["message"].pop("stackTrace")[0] == "RangeError: why"
    assert alone == {
        "level": "ERROR",
        "message": {"errorType": "RangeError", "errorMessage": "why", "code": "E1"},
    }
    assert with_text["message"].startswith("failed: RangeError: why\n")
    assert (with_text["errorType"], with_text["errorMessage"]) == ("RangeError", "why")
    assert with_text["stackTrace"][0] == "RangeError: why"
    assert ended["message"]["errorType"] == "RangeError"


def test_levels_below_the_functions_are_left_out(start: Start) -> None:
    statements = "console.debug('d'); console.info('i'); console.log('l'); console.warn('w'); console.fatal('f');"
    assert [entry["message"] for entry in entries(start, statements, AWS_LAMBDA_LOG_LEVEL="WARN")] == ["w", "f"]


def test_a_tenant_is_named(start: Start) -> None:
    code = "export const handler = async () => { console.log('here'); };"
    environment = start({"index.mjs": code}, variables={"AWS_LAMBDA_LOG_FORMAT": "JSON"})
    environment.invoke(headers={"Lambda-Runtime-Aws-Tenant-Id": "t1"})
    environment.invoke()
    found = [json.loads(line) for line in environment.end().splitlines()]
    assert [entry.get("tenantId") for entry in found] == ["t1", None]


def test_a_callback_handler_is_warned_of(start: Start) -> None:
    code = "exports.handler = (event, context, callback) => callback(null, 1);"
    environment = start({"index.js": code})
    assert environment.invoke().json == 1
    assert "\tundefined\tWARN\tAWS Lambda plans to remove support for callback-based" in environment.end()


def test_a_log_that_fills_the_pipe_is_whole(start: Start) -> None:
    lines = logged(
        start, "process.stdout.write('first\\n'); for (let i = 0; i < 4000; i += 1) console.log('x'.repeat(100));"
    )
    assert len(lines) == 4001
