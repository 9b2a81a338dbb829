"""The Init phase: its failures, and the second attempt within the invocation."""

from __future__ import annotations

import json

import pytest

from homeport.runtime.api import Invocation
from homeport.runtime.host.execution_environment import EnvironmentSettings
from tests.support.runtime import Deploy, Deployed, error_of, exit_error, last_line

pytestmark = pytest.mark.stack


def check_init_error(function: Deployed, kind: str, message: str) -> Invocation:
    invocation = function.invoke()
    error = error_of(invocation)
    assert (error["errorType"], error["requestId"]) == (kind, "")
    assert error["errorMessage"].startswith(message)
    assert error_of(function.invoke()) == error
    return invocation


def test_a_handler_name_without_a_module_is_malformed(deploy: Deploy) -> None:
    message = "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"
    check_init_error(deploy("", handler="handler"), "Runtime.MalformedHandlerName", message)


def test_a_missing_module_is_an_import_error_with_a_hint_in_the_log(deploy: Deploy) -> None:
    code = "import flask\ndef handler(event, context): pass"
    function = deploy(code)
    message = f"Unable to import module '{function.module}': No module named 'flask'"
    invocation = check_init_error(function, "Runtime.ImportModuleError", message)
    assert (
        f"[ERROR] Runtime.ImportModuleError: {message}\nTraceback (most recent call last):\n" in invocation.log.decode()
    )
    assert b"homeport: flask is not in the function's bundle: add it to service/requirements.txt\n" in invocation.log
    assert "\tStatus: error\tError Type: Runtime.ImportModuleError" in last_line(invocation)


def test_a_module_beside_the_handler_is_not_called_a_package(deploy: Deploy) -> None:
    function = deploy("import beside_it\ndef handler(event, context): pass")
    helper = function.parent.setup.project / "service" / "handlers" / "beside_it.py"
    helper.write_text("")
    message = f"Unable to import module '{function.module}': No module named 'beside_it'"
    invocation = check_init_error(function, "Runtime.ImportModuleError", message)
    assert b"homeport: beside_it is the project's own service.handlers.beside_it: write from service" in invocation.log


def test_a_missing_handler_is_named(deploy: Deploy) -> None:
    function = deploy("other = 1")
    message = f"Handler 'handler' missing on module '{function.module}'"
    check_init_error(function, "Runtime.HandlerNotFound", message)


def test_a_syntax_error_says_where(deploy: Deploy) -> None:
    function = deploy("def handler(event, context)\n    pass\n")
    module = function.module
    invocation = check_init_error(
        function, "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': expected ':'"
    )
    [trace] = json.loads(invocation.payload)["stackTrace"]
    assert trace == (
        f'  File "{function.parent.setup.project.resolve()}/{module.replace(".", "/")}.py" Line 1\n'
        "    def handler(event, context)\n"
    )


def test_an_exception_in_the_module_shows_its_frames(deploy: Deploy) -> None:
    function = deploy("raise RuntimeError('at import')")
    invocation = check_init_error(function, "RuntimeError", "at import")
    trace = json.loads(invocation.payload)["stackTrace"]
    assert trace[-1].endswith("line 1, in <module>\n    raise RuntimeError('at import')\n")
    assert not any("homeport/runtime" in frame for frame in trace)
    assert last_line(invocation).endswith("\tStatus: error\tError Type: Runtime.Unknown")


def test_an_exit_in_the_module_is_an_exit_error(deploy: Deploy) -> None:
    invocation = deploy("import sys; sys.exit(4)").invoke()
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: exit status 4")


def test_a_failed_init_is_tried_again_within_the_invocation(deploy: Deploy) -> None:
    code = """
        import pathlib, tempfile
        mark = pathlib.Path(tempfile.gettempdir(), "mark")
        if not mark.exists():
            mark.touch()
            raise RuntimeError("not the first time")
        def handler(event, context): return "second"
    """
    invocation = deploy(code).invoke()
    assert invocation.payload == b'"second"'
    assert invocation.init_ms is None
    log = invocation.log.decode()
    assert "\tPhase: init\tStatus: error\tError Type: Runtime.Unknown\nSTART" in log


def test_an_init_that_takes_too_long_is_done_again_under_the_functions_timeout(deploy: Deploy) -> None:
    code = """
        import time
        time.sleep(0.6)
        def handler(event, context): return "late"
    """
    invocation = deploy(code, {"settings": EnvironmentSettings(init_timeout=0.3)}, timeout=5).invoke()
    assert invocation.payload == b'"late"'
    assert invocation.duration_ms > 600
    assert "ms\tPhase: init\tStatus: timeout\nSTART" in invocation.log.decode()


def test_an_init_that_never_ends_is_a_timeout_of_the_function(deploy: Deploy) -> None:
    code = "while True: pass"
    invocation = deploy(code, {"settings": EnvironmentSettings(init_timeout=0.2)}, timeout=1).invoke()
    assert error_of(invocation)["errorType"] == "Sandbox.Timedout"
    log = invocation.log.decode()
    places = [
        log.index(text) for text in ("Phase: init\tStatus: timeout", "Phase: invoke\tStatus: timeout", "\nSTART ")
    ]
    assert places == sorted(places)
