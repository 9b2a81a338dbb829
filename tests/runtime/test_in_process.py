"""Handlers in this very process: the same payloads as from a worker."""

from __future__ import annotations

import builtins
import itertools
import json
import os
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.runtime.api import RequestTooLarge
from homeport.runtime.host.in_process import InProcessRuntime
from homeport.runtime.logs import dated_lines
from homeport.runtime.worker.module_finder import PACKAGE
from tests.support.code_folders import code_function
from tests.support.project import write_files
from tests.support.runtime import Deploy, make_config, make_configs, make_function
from tests.support.waiting import LAST_RESORT

Make = Callable[..., InProcessRuntime]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == PACKAGE}
    runtimes: list[InProcessRuntime] = []

    def forget_service() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]

    def make_runtime(code: str, handler: str = "service.handlers.probe.handler") -> InProcessRuntime:
        file = tmp_path / f"{handler.rpartition('.')[0].replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(code))
        configs = {"probe": make_config(handler)}
        runtime = InProcessRuntime(configs, tmp_path, new_id=lambda: "the-id", clock=lambda: 1_700_000_000.0)
        runtimes.append(runtime)
        return runtime

    forget_service()
    yield make_runtime
    for runtime in runtimes:
        runtime.close()
    forget_service()
    sys.modules.update(kept)


CODES = {
    "result": "def handler(event, context): return {'event': event, 'id': context.aws_request_id}",
    "exception": "def handler(event, context):\n    raise ValueError('boom')",
    "no json": "def handler(event, context): return {1, 2}",
    "missing module": "import nowhere\ndef handler(event, context): pass",
    "syntax error": "def handler(event, context)\n    pass",
    "no handler": "other = 1",
    "exit": "import sys\ndef handler(event, context): sys.exit(3)",
    "exit with words": "import sys\ndef handler(event, context): sys.exit('words')",
    "lone surrogate": "def handler(event, context): return '\\ud800'",
    "too large": "def handler(event, context): return 'x' * 6_291_555",
}


@pytest.mark.stack
@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_payloads_are_those_of_a_worker(make: Make, deploy: Deploy, tmp_path: Path, code: str) -> None:
    function = deploy(code)
    mine = make(code, function.config.handler).invoke("probe", b'{"a": 1}')
    theirs = function.invoke({"a": 1})
    expected = theirs.payload.decode().replace(theirs.request_id, "the-id")
    assert mine.payload.decode() == expected.replace(str(function.parent.setup.project.resolve()), str(tmp_path))
    assert mine.error == theirs.error


def test_the_log_has_what_was_printed_and_logged_and_the_terminal_too(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    code = """
        import logging
        logging.getLogger().setLevel("INFO")
        def handler(event, context):
            print("printed")
            logging.info("logged")
    """
    runtime = make(code)
    for _ in range(2):
        lines = runtime.invoke("probe", b"{}").log.decode().splitlines()
        assert lines[:2] == ["START RequestId: the-id Version: $LATEST", "printed"]
        assert lines[2].startswith("[INFO]\t")
        assert lines[2].endswith("\tthe-id\tlogged")
        assert lines[3] == "END RequestId: the-id"
        assert lines[4].startswith("REPORT RequestId: the-id\tDuration: ")
    assert capsys.readouterr().out.count("printed\n") == 2


def test_the_functions_variables_are_set_and_the_developers_aws_ones_are_not(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make("import os\ndef handler(event, context): return dict(os.environ)")
    os.environ["AWS_PROFILE"] = "the-developers-own"
    variables = json.loads(runtime.invoke("probe", b"{}", trace_id="Root=1").payload)
    assert "AWS_PROFILE" not in variables
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "items-local-probe"
    assert variables["AWS_ACCESS_KEY_ID"] == "test"
    assert variables["_X_AMZN_TRACE_ID"] == "Root=1"


def test_requests_wait_for_their_turn(make: Make) -> None:
    runtime = make(
        """
        import time
        running = 0
        def handler(event, context):
            global running
            running += 1
            time.sleep(0.02)
            seen, running = running, running - 1
            return seen
        """
    )
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(runtime.invoke("probe", b"{}").payload)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"1"] * 4


def test_replace_imports_the_service_anew(make: Make) -> None:
    runtime = make("def handler(event, context): return 1")
    assert runtime.invoke("probe", b"{}").payload == b"1"
    again = make("def handler(event, context): return 2")
    again.replace({"probe": make_config("service.handlers.probe.handler")})
    assert again.invoke("probe", b"{}").payload == b"2"


def test_replace_does_not_wait_for_a_function_that_a_debugger_holds(make: Make, tmp_path: Path) -> None:
    held, go_on = threading.Event(), threading.Event()
    code = "import builtins\ndef handler(event, context):\n    builtins.hold_here()\n    return {number}"
    runtime = make(code.format(number=1))

    def hold_here() -> None:
        held.set()
        assert go_on.wait(LAST_RESORT)

    builtins.hold_here = hold_here  # type: ignore[attr-defined]
    results: list[bytes] = []
    running = threading.Thread(target=lambda: results.append(runtime.invoke("probe", b"{}").payload))
    try:
        running.start()
        assert held.wait(LAST_RESORT)
        (tmp_path / "service/handlers/probe.py").write_text(code.format(number=2))
        runtime.replace({"probe": make_config("service.handlers.probe.handler")})
        go_on.set()
        running.join()
        assert runtime.invoke("probe", b"{}").payload == b"2"
    finally:
        go_on.set()
        del builtins.hold_here  # type: ignore[attr-defined]
    assert results == [b"1"]


def test_an_event_over_six_megabytes_is_refused(make: Make) -> None:
    with pytest.raises(RequestTooLarge):
        make("").invoke("probe", b"x" * 6_291_457)


def test_lines_have_the_time_at_which_they_were_written(make: Make, tmp_path: Path) -> None:
    make("def handler(event, context):\n    print('one')\n    print('two')")
    seconds = itertools.count(1_700_000_000)
    ticking = InProcessRuntime(
        {"probe": make_config("service.handlers.probe.handler")}, tmp_path, clock=lambda: float(next(seconds))
    )
    times = [line.partition(" ")[0] for line in dated_lines(ticking.invoke("probe", b"{}")).splitlines()]
    ticking.close()
    start, one, two, end, report = times
    assert start < one < two < end == report


def test_functions_with_code_of_their_own_have_their_own_modules_of_one_name(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "a/app.py": "import helper\ncalls = 0\ndef handler(e, c):\n"
            "    global calls\n    calls += 1\n    return [helper.name, calls]\n",
            "a/helper.py": "name = 'a'",
            "b/app.py": "import helper\ndef handler(e, c): return helper.name",
            "b/helper.py": "name = 'b'",
        },
    )
    configs = make_configs(*(code_function(name, tmp_path / name) for name in ("a", "b")))
    runtime = InProcessRuntime(configs, tmp_path)
    try:
        results = [json.loads(runtime.invoke(name, b"{}").payload) for name in ("a", "b", "a")]
        assert results == [["a", 1], "b", ["a", 2]]
        (tmp_path / "a" / "helper.py").write_text("name = 'c'")
        runtime.replace(configs)
        assert json.loads(runtime.invoke("a", b"{}").payload) == ["c", 1]
    finally:
        runtime.close()
    assert "helper" not in sys.modules
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_missing_package_names_the_pip_file_of_the_function(tmp_path: Path) -> None:
    write_files(tmp_path, {"a/app.py": "import no_such_package_at_all"})
    runtime = InProcessRuntime(make_configs(code_function("a", tmp_path / "a")), tmp_path)
    log = runtime.invoke("a", b"{}").log.decode()
    runtime.close()
    assert "add it to a/requirements.txt" in log


def test_a_function_of_another_runtime_is_not_run_and_says_how_it_is(make: Make, tmp_path: Path) -> None:
    configs = make_configs(make_function("shell", "main", runtime="provided.al2023"))
    runtime = InProcessRuntime(configs, tmp_path)
    invocation = runtime.invoke("shell", b"1")
    runtime.close()
    assert invocation.error == "Unhandled"
    assert b"start without --in-process" in invocation.log
