"""A function's environment is Lambda's: variables, modules, context."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.support.runtime import Deploy, Deployed, make_config

pytestmark = pytest.mark.stack

LOOK = """
    import os, sys
    def handler(event, context):
        return eval(event, globals() | locals())
"""


@pytest.fixture
def look(deploy: Deploy) -> Deployed:
    return deploy(LOOK)


def test_the_environment_is_the_functions_and_nothing_else(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-developers-own")
    function = deploy(LOOK)
    variables = function.result("dict(os.environ)")
    config = make_config("")
    handler = variables.pop("_HANDLER")
    assert handler.startswith("service.handlers.handler_")
    own = {name: variables.pop(name) for name in ("AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID")}
    variables.pop("TMPDIR", None)
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", own["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", own["_X_AMZN_TRACE_ID"])
    assert variables == {name: value for name, value in config.environment.items() if name != "_HANDLER"}


def test_a_trace_id_given_by_the_gateway_reaches_the_function(look: Deployed) -> None:
    event = json.dumps("os.environ['_X_AMZN_TRACE_ID']").encode()
    assert look.runtime.invoke(look.name, event, trace_id="Root=1-2-3").payload == b'"Root=1-2-3"'


@pytest.mark.parametrize("module", ["flask", "yaml", "homeport", "tests", "deploy", "pip", "pytest"])
def test_a_module_outside_of_the_bundle_cannot_be_imported(look: Deployed, module: str) -> None:
    (look.parent.setup.project / "tests").mkdir(exist_ok=True)
    (look.parent.setup.project / "deploy").mkdir(exist_ok=True)
    assert look.result(f"__import__('importlib.util').util.find_spec({module!r}) is None") is True


def test_boto3_comes_from_the_functions_own_packages(look: Deployed) -> None:
    assert look.result("__import__('boto3').__file__").startswith(str(look.parent.setup.packages))


def test_a_module_of_the_service_keeps_its_real_path(look: Deployed) -> None:
    assert look.result("__file__").startswith(str(look.parent.setup.project.resolve() / "service" / "handlers"))


def test_no_bytecode_is_left_in_the_project(look: Deployed) -> None:
    look.result("1")
    assert list((look.parent.setup.project / "service").rglob("__pycache__")) == []


def test_the_working_folder_holds_the_bundle_alone(look: Deployed) -> None:
    assert look.result("os.listdir('.')") == ["service"]
    assert look.result("open('service/handlers/__init__.py').read()") == ""


def test_standard_input_is_empty_and_no_other_descriptor_leaks_in(look: Deployed) -> None:
    assert look.result("sys.stdin.read()") == ""
    # 3 and 4 are the socket to the gateway and the lifeline; the last one is the listing's own.
    assert look.result("sorted(int(fd) for fd in os.listdir('/dev/fd'))") == [0, 1, 2, 3, 4, 5]


def test_signals_mask_and_limits_are_a_fresh_processs(look: Deployed) -> None:
    assert look.result("[str(__import__('signal').getsignal(n)) for n in (15, 17)]") == ["0", "0"]
    assert look.result("oct(os.umask(0o22))") == "0o22"
    assert look.result("__import__('resource').getrlimit(__import__('resource').RLIMIT_CORE)[0]") == 0


def test_time_is_utc_and_text_is_utf_8(look: Deployed) -> None:
    assert look.result("__import__('time').tzname") == ["UTC", "UTC"]
    assert look.result("[sys.stdout.encoding, sys.getdefaultencoding(), open('/dev/null').encoding]") == ["utf-8"] * 3


def test_the_developers_aws_configuration_is_not_read(look: Deployed) -> None:
    session = "__import__('boto3').session.Session()._session"
    assert look.result(f"[{session}.get_config_variable(n) for n in ('config_file', 'credentials_file')]") == [
        "/dev/null",
        "/dev/null",
    ]
    assert look.result(f"{session}.get_credentials().access_key") == "test"


def test_a_client_uses_the_local_dynamodb(look: Deployed) -> None:
    assert look.result("__import__('boto3').client('dynamodb').meta.endpoint_url") == "http://127.0.0.1:8000"


def test_random_numbers_differ_between_environments(deploy: Deploy) -> None:
    questions = ("__import__('random').random()", "str(__import__('uuid').uuid4())")
    answers = [deploy(LOOK).result(f"[{', '.join(questions)}]") for _ in range(2)]
    assert answers[0][0] != answers[1][0]
    assert answers[0][1] != answers[1][1]


def test_exit_is_there_as_in_any_python(look: Deployed) -> None:
    assert b"exit status 3" in look.invoke("exit(3)").payload


def test_the_context_has_lambdas_attributes(look: Deployed) -> None:
    names = (
        "function_name function_version invoked_function_arn memory_limit_in_mb log_group_name client_context tenant_id"
    )
    assert look.result(f"{{n: getattr(context, n) for n in {names.split()}}}") == {
        "function_name": "items-local-probe",
        "function_version": "$LATEST",
        "invoked_function_arn": "arn:aws:lambda:eu-west-1:000000000000:function:items-local-probe",
        "memory_limit_in_mb": "256",
        "log_group_name": "/aws/lambda/items-local-probe",
        "client_context": None,
        "tenant_id": None,
    }
    assert look.result("context.log_stream_name == os.environ['AWS_LAMBDA_LOG_STREAM_NAME']") is True
    identity = "[context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id]"
    assert look.result(identity) == [None, None]
    invocation = look.invoke("context.aws_request_id")
    assert json.loads(invocation.payload) == invocation.request_id


def test_the_remaining_time_counts_down_from_the_timeout(look: Deployed) -> None:
    first, second = look.result(
        "[context.get_remaining_time_in_millis(), time.sleep(0.2), "
        "context.get_remaining_time_in_millis()][::2]".replace("time.", "__import__('time').")
    )
    assert 9000 < first <= 10_000
    assert 180 < first - second < 1000


@pytest.mark.parametrize("text", ['é 😀 \u2028 \x00 \\ "', "x" * 5_900_000])
def test_text_travels_unharmed_both_ways(deploy: Deploy, text: str) -> None:
    assert deploy("def handler(event, context): return event").result({"text": text}) == {"text": text}


def test_the_request_ids_differ(look: Deployed) -> None:
    assert len({look.invoke("1").request_id for _ in range(5)}) == 5


def test_a_file_beside_the_package_is_not_in_the_bundle(deploy: Deploy) -> None:
    function = deploy("import shared\ndef handler(event, context): pass")
    Path(function.parent.setup.project / "shared.py").write_text("")
    log = function.invoke().log
    assert b"homeport: only the package service is deployed: move shared into it\n" in log


def test_the_trace_of_each_invocation_is_seen_by_it_and_by_what_it_starts(deploy: Deploy) -> None:
    code = """
        import os, subprocess
        def handler(event, context):
            child = ["/bin/sh", "-c", 'echo "$_X_AMZN_TRACE_ID"']
            seen = subprocess.run(child, capture_output=True, text=True).stdout.strip()
            return [os.environ["_X_AMZN_TRACE_ID"], seen]
    """
    function = deploy(code)
    for trace in ("Root=1-a;Sampled=0", "Root=1-b", "Root=1-" + "c" * 2000, "Root=1-d"):
        invocation = function.runtime.invoke(function.name, b"{}", trace_id=trace)
        assert json.loads(invocation.payload) == [trace, trace]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of a process from /proc")
def test_a_worker_does_not_grow_with_the_requests_that_it_served(deploy: Deploy) -> None:
    code = """
        import pathlib, re
        def handler(event, context):
            status = pathlib.Path("/proc/self/status").read_text()
            return int(re.search(r"RssAnon:\\s+(\\d+)", status)[1])
    """
    function = deploy(code)
    for _ in range(1000):
        function.invoke()
    before = function.result()
    for _ in range(3000):
        function.invoke()
    assert function.result() - before < 200, "kilobytes"
