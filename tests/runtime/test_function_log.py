"""The log of an invocation: Lambda's lines, and the function's output."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from homeport.runtime.logs import dated_lines
from tests.support.runtime import Deploy, Deployed

pytestmark = pytest.mark.stack


def log_of(function: Deployed, event: object = None) -> list[str]:
    """The lines between START and END, the line's time and the request id left out."""
    invocation = function.invoke(event)
    text = invocation.log.decode().replace(invocation.request_id, "<id>")
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "<time>", text)
    lines = text.splitlines()
    return lines[lines.index("START RequestId: <id> Version: $LATEST") + 1 : lines.index("END RequestId: <id>")]


def test_the_log_of_a_cold_and_a_warm_invocation(deploy: Deploy) -> None:
    function = deploy("print('loading')\ndef handler(event, context): print('working')")
    cold, warm = function.invoke(), function.invoke()
    number = r"\d+\.\d\d ms"
    report = rf"REPORT RequestId: <id>\tDuration: {number}\tBilled Duration: \d+ ms\tMemory Size: 256 MB"
    report += r"\tMax Memory Used: \d+ MB"
    working = ["START RequestId: <id> Version: \\$LATEST", "working", "END RequestId: <id>"]
    init = r"INIT_START Runtime Version: python:3\.13\.v0\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0{64}"
    for invocation, expected in (
        (cold, [init, "loading", *working, rf"{report}\tInit Duration: {number}\t"]),
        (warm, [*working, rf"{report}\t"]),
    ):
        text = invocation.log.decode().replace(invocation.request_id, "<id>")
        assert re.fullmatch("\n".join(expected) + "\n", text), text


def test_loggers_print_and_context_log_share_the_log_in_order(deploy: Deploy) -> None:
    code = """
        import logging, sys
        log = logging.getLogger("shop")
        logging.getLogger().setLevel("INFO")
        def handler(event, context):
            print("one", end="")
            print(" line")
            log.info("%s é", "two")
            context.log("three")
            print("four", file=sys.stderr)
            log.debug("not this")
            try:
                1 / 0
            except ZeroDivisionError:
                log.exception("five")
    """
    lines = log_of(deploy(code))
    assert lines[:5] == ["one line", "[INFO]\t<time>\t<id>\ttwo é", "three", "four", "[ERROR]\t<time>\t<id>\tfive"]
    assert lines[5] == "Traceback (most recent call last):"
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_warnings_pass_the_root_logger_and_info_does_not(deploy: Deploy) -> None:
    code = """
        import logging
        def handler(event, context):
            logging.info("not this")
            logging.warning("but this")
    """
    assert log_of(deploy(code)) == ["[WARNING]\t<time>\t<id>\tbut this"]


def test_an_unhandled_exception_is_logged_with_its_traceback(deploy: Deploy) -> None:
    lines = log_of(deploy("def handler(event, context):\n    raise ValueError('boom')"))
    space = "\u00a0"
    assert lines[:2] == ["[ERROR] ValueError: boom", "Traceback (most recent call last):"]
    assert lines[2].startswith(f'{space * 2}File "/')
    assert lines[2].endswith(", line 2, in handler")
    assert lines[3] == f"{space * 4}raise ValueError('boom')"


def test_a_log_in_json_has_lambdas_records(deploy: Deploy) -> None:
    code = """
        import logging
        log = logging.getLogger("shop")
        def handler(event, context):
            log.info("sold %s", 1, extra={"order": 7})
            print("plain")
            log.info({"a": 1})
            try:
                1 / 0
            except ZeroDivisionError:
                log.exception("oops")
            raise ValueError("boom")
    """
    environment = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    invocation = deploy(code, log_format="JSON", environment=environment).invoke()
    lines: list[Any] = [
        json.loads(line) if line.startswith("{") else line for line in invocation.log.decode().splitlines()
    ]
    request = {"requestId": invocation.request_id}
    kinds = [line["type"] for line in lines if isinstance(line, dict) and "type" in line]
    assert kinds == ["platform.initStart", "platform.start", "platform.report"]
    sold, plain, mapping, oops, unhandled = lines[2:-1]
    assert without(sold, "timestamp") == {"level": "INFO", "message": "sold 1", "logger": "shop", "order": 7, **request}
    assert plain == "plain"
    assert mapping["message"] == {"a": 1}
    assert (oops["level"], oops["errorType"], oops["errorMessage"]) == (
        "ERROR",
        "ZeroDivisionError",
        "division by zero",
    )
    assert re.fullmatch(r"/.*\.py:handler:11", oops["location"])
    assert "    1 / 0\n" in oops["stackTrace"][0]
    assert unhandled["log_level"] == "ERROR"
    assert without(unhandled, "timestamp", "log_level") == json.loads(invocation.payload)


def without(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in names}


def test_ten_megabytes_of_output_neither_block_nor_get_lost(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    print('#' * 10_000_000)\n    return 'done'")
    invocation = function.invoke()
    assert invocation.payload == b'"done"'
    assert invocation.log.count(b"#") == 10_000_000


def test_output_without_end_is_cut_and_the_timeout_still_comes(deploy: Deploy) -> None:
    function = deploy("def handler(event, context):\n    while True: print('x' * 1_000_000)", timeout=1)
    invocation = function.invoke()
    assert b"Task timed out after 1.00 seconds" in invocation.payload
    assert len(invocation.log) < 40 << 20


def test_binary_output_is_kept_as_it_is(deploy: Deploy) -> None:
    code = "import sys\ndef handler(event, context): sys.stdout.buffer.write(bytes(range(256)))"
    assert bytes(range(256)) in deploy(code).invoke().log


def test_lines_of_requests_at_the_same_time_stay_apart(deploy: Deploy) -> None:
    code = """
        import time
        def handler(event, context):
            for _ in range(20):
                print(event)
                time.sleep(0.01)
    """
    function = deploy(code)
    with ThreadPoolExecutor(4) as threads:
        logs = list(threads.map(lambda number: log_of(function, f"request {number}"), range(4)))
    assert logs == [[f"request {number}"] * 20 for number in range(4)]


WAITS = """
    import fcntl, struct, termios, time
    def until_read():
        # The number of bytes that are in the pipe of the output.
        while struct.unpack("i", fcntl.ioctl(1, termios.FIONREAD, b"1234"))[0]:
            time.sleep(0.01)
    def handler(event, context):
        print("first")
        until_read()
        print("second", end="")
        until_read()
        print(" half")
        while event == "endless":
            time.sleep(0.01)
"""


@pytest.mark.parametrize("event", ["once", "endless"])
def test_each_line_has_the_time_at_which_it_was_written(deploy: Deploy, event: str) -> None:
    dated = dated_lines(deploy(WAITS, timeout=5).invoke(event)).splitlines()
    at = {text: time for time, _, text in (line.partition(" ") for line in dated)}
    named = [next(at[text] for text in at if text.startswith(word)) for word in ("START", "first", "second", "END")]
    assert named == sorted(named) and named[1] < named[2]
    assert (named[2] < named[3]) or event == "once"
    assert "second half" in at
