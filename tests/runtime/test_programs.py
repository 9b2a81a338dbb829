"""Programs of other runtimes in real environments, by the Runtime API: bootstraps in bash and in Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.runtime.program import RuntimeProgram
from tests.support.programs import DeployProgram, client_program, program_deployer, write_program
from tests.support.runtime import alive, error_of, exit_error, in_parallel, last_line, running_parent
from tests.support.waiting import eventually

pytestmark = pytest.mark.stack

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these mounts and signals")

BASH = """\
    #!/bin/bash
    set -eu
    api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
    calls=0
    while true; do
        event=$(curl -sS -D /tmp/headers "$api/invocation/next")
        id=$(grep -i ^lambda-runtime-aws-request-id /tmp/headers | tr -d '\\r' | cut -d' ' -f2)
        calls=$((calls + 1))
        echo "call $calls of $_HANDLER"
        curl -sS -o /dev/null "$api/invocation/$id/response" -d "{\\"calls\\": $calls, \\"event\\": $event}"
    done
"""

# Does what the event says: the odd ways of a runtime.
ODD = client_program("""
import base64, socket, subprocess

calls = 0
while True:
    request_id, event = take()
    calls += 1
    match event["do"]:
        case "return":
            respond(request_id, {"calls": calls})
        case "echo":
            respond(request_id, event)
        case "variables":
            respond(request_id, dict(os.environ))
        case "error":
            error = json.dumps({"errorType": "Odd", "errorMessage": "as asked"})
            ask("POST", f"invocation/{request_id}/error", error, {"Lambda-Runtime-Function-Error-Type": "Odd"})
        case "exit":
            sys.exit(event["status"])
        case "answer and exit":
            respond(request_id, "last words")
            sys.exit(3)
        case "sleep":
            time.sleep(60)
        case "never ask again":
            respond(request_id, os.getpid())
            time.sleep(60)
        case "refusals":
            wrong = ask("POST", "invocation/other/response", "1")
            unknown = ask("GET", "nothing")
            respond(request_id, [[status, json.loads(body)["errorType"]] for status, _, body in (wrong, unknown)])
            print("second:", respond(request_id, 2)[0], flush=True)
        case "large":
            status, _, body = ask("POST", f"invocation/{request_id}/response", b"x" * event["size"])
            print(status, body.decode(), flush=True)
        case "chunks":
            ask("POST", f"invocation/{request_id}/response", iter([b'"in ', b'pieces"']), encode_chunked=True,
                headers={"Transfer-Encoding": "chunked", "Lambda-Runtime-Function-Response-Mode": "streaming"})
        case "broken stream":
            with socket.create_connection(os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")) as other:
                payload = base64.b64encode(b'{"errorType":"Broken"}').decode()
                other.sendall((
                    f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\\r\\nHost: x\\r\\n"
                    "Transfer-Encoding: chunked\\r\\nTrailer: Lambda-Runtime-Function-Error-Type\\r\\n\\r\\n"
                    "4\\r\\npart\\r\\n0\\r\\nLambda-Runtime-Function-Error-Type: Broken\\r\\n"
                    f"Lambda-Runtime-Function-Error-Body: {payload}\\r\\n\\r\\n").encode())
                other.recv(1000)
        case "nonsense":
            with socket.create_connection(os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")) as other:
                other.sendall(b"hello\\r\\n\\r\\n")
                answer = other.makefile().readline()
            respond(request_id, answer)
        case "ask again":
            other = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
            respond(request_id, json.loads(ask("GET", "invocation/next", connection=other)[2]))
        case "leave and return":
            respond(request_id, calls)
            with socket.create_connection(os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")) as other:
                other.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        case "memory":
            block = bytearray(event["size"])
            time.sleep(60)
        case "memory of a child":
            subprocess.run([sys.executable, "-c", f"b = bytearray({event['size']}); import time; time.sleep(60)"])
        case "child":
            child = subprocess.Popen(["sleep", "600"])
            respond(request_id, child.pid)
        case "files":
            found = {}
            for place in ("/tmp/mine", "/var/task/new", "/opt/new", "/usr/new"):
                try:
                    open(place, "w").close()
                    found[place] = "written"
                except OSError as exc:
                    found[place] = exc.strerror
            respond(request_id, found)
        case "shell":
            done = subprocess.run(["sh", "-c", event["command"]], capture_output=True, text=True)
            respond(request_id, done.stdout.strip())
""")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_a_bootstrap_in_bash_answers_and_keeps_its_state(deploy_program: DeployProgram) -> None:
    function = deploy_program(BASH)
    assert function.result({"a": 1}) == {"calls": 1, "event": {"a": 1}}
    invocation = function.invoke([2])
    assert json.loads(invocation.payload) == {"calls": 2, "event": [2]}
    assert "call 2 of index.handler\n" in invocation.log.decode()
    assert (invocation.init_ms, last_line(invocation).count("Init Duration")) == (None, 0)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_sends_a_large_body_after_100_continue(deploy_program: DeployProgram) -> None:
    function = deploy_program(BASH.replace('-d "', '--data-binary @- <<<"'))
    event = "x" * 3_000_000
    assert function.result(event) == {"calls": 1, "event": event}


def wrapper_layer(folder: Path, script: str, mode: int = 0o755) -> Path:
    """Make a layer with a wrapper script."""
    folder.mkdir()
    (folder / "wrapper").write_text(script)
    (folder / "wrapper").chmod(mode)
    return folder


# What stands for Lambda's own runtimes: a program that is none of the function's.
OWN_PROGRAM = RuntimeProgram((os.path.realpath(sys.executable), "bootstrap"))


def test_a_wrapper_script_of_a_layer_starts_the_runtime(deploy_program: DeployProgram, tmp_path: Path) -> None:
    layer = wrapper_layer(tmp_path / "layer", '#!/bin/sh\nexport WRAPPED="$0"\nexec "$@"\n')
    wrapped = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    function = deploy_program(ODD, (layer,), program=OWN_PROGRAM, environment=wrapped)
    assert function.result({"do": "variables"})["WRAPPED"].endswith("/wrapper")
    custom = deploy_program(ODD, (layer,), environment=wrapped)
    assert "WRAPPED" not in custom.result({"do": "variables"})


def test_a_wrapper_script_that_cannot_be_run_is_an_error_of_init(deploy_program: DeployProgram, tmp_path: Path) -> None:
    layer = wrapper_layer(tmp_path / "layer", "#!/bin/sh\n", mode=0o644)
    for wrapper, advice in (
        ("/opt/wrapper", "may not be executed: chmod +x wrapper"),
        ("/opt/missing", "/opt/missing is in none of the function's layers, nor in its code"),
    ):
        wrapped = {"AWS_LAMBDA_EXEC_WRAPPER": wrapper}
        invocation = deploy_program(ODD, (layer,), program=OWN_PROGRAM, environment=wrapped).invoke({})
        assert error_of(invocation)["errorType"] == "Runtime.InvalidEntrypoint"
        assert advice in invocation.log.decode()


def test_events_and_results_of_megabytes_pass(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    event = {"do": "echo", "text": "é" * 900_000}
    assert function.result(event) == event
    assert function.result({"do": "return"}) == {"calls": 2}


def test_an_environment_has_lambdas_variables_and_none_of_pythons(deploy_program: DeployProgram) -> None:
    variables = deploy_program(ODD, environment={"OWN": "value"}).result({"do": "variables"})
    assert variables["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
    assert (variables["OWN"], variables["_HANDLER"]) == ("value", "index.handler")
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "items-local-probe"
    assert not {"AWS_EXECUTION_ENV", "PYTHONPATH", "HOME"} & set(variables)


def test_an_error_of_the_function_is_its_payload_and_the_environment_stays(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    invocation = function.invoke({"do": "error"})
    assert error_of(invocation) == {"errorType": "Odd", "errorMessage": "as asked"}
    assert "Status:" not in last_line(invocation)
    assert function.result({"do": "return"}) == {"calls": 2}


@pytest.mark.parametrize(
    ("status", "reason"),
    [(0, "Runtime exited without providing a reason"), (7, "Runtime exited with error: exit status 7")],
)
def test_the_end_of_a_program_is_worded_as_lambda_words_it(
    deploy_program: DeployProgram, status: int, reason: str
) -> None:
    function = deploy_program(ODD)
    invocation = function.invoke({"do": "exit", "status": status})
    assert error_of(invocation) == exit_error(invocation, reason)
    assert last_line(invocation).endswith("\tStatus: error\tError Type: Runtime.ExitError")
    assert function.result({"do": "return"}) == {"calls": 1}


def test_a_program_that_ends_after_its_response_has_responded(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    assert function.result({"do": "answer and exit"}) == "last words"
    assert function.result({"do": "return"}) == {"calls": 1}


def test_a_program_that_takes_too_long_is_killed(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD, timeout=1)
    invocation = function.invoke({"do": "sleep"})
    assert error_of(invocation)["errorType"] == "Sandbox.Timedout"
    assert last_line(invocation).endswith("\tStatus: timeout")
    # Within its second, the next invocation has to start the program again.
    assert eventually(lambda: function.invoke({"do": "return"}).error is None)


def test_a_program_that_never_asks_again_is_replaced_once_its_time_is_over(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD, timeout=2)
    pid = function.result({"do": "never ask again"})
    assert eventually(lambda: function.invoke({"do": "return"}).payload == b'{"calls": 1}')
    assert eventually(lambda: not alive(pid))


def test_wrong_requests_are_refused_and_do_no_harm(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    assert function.result({"do": "refusals"}) == [[400, "InvalidRequestID"], [404, "NotFound"]]
    second = function.invoke({"do": "return"})
    assert b"second: 403\n" in second.log
    assert json.loads(second.payload) == {"calls": 2}


def test_bytes_that_are_no_http_are_answered_with_400(deploy_program: DeployProgram) -> None:
    assert deploy_program(ODD).result({"do": "nonsense"}) == "HTTP/1.1 400 Bad Request\n"


def test_a_result_over_lambdas_limit_is_refused_with_413(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    error = error_of(function.invoke({"do": "large", "size": 6_291_557}))
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert function.invoke({"do": "large", "size": 6_291_556}).error is None


def test_a_streamed_response_is_collected(deploy_program: DeployProgram) -> None:
    assert deploy_program(ODD).result({"do": "chunks"}) == "in pieces"


def test_a_stream_that_breaks_is_the_error_of_its_trailers(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    assert error_of(function.invoke({"do": "broken stream"})) == {"errorType": "Broken"}
    assert function.result({"do": "return"}) == {"calls": 2}


def test_an_event_can_be_asked_for_again(deploy_program: DeployProgram) -> None:
    assert deploy_program(ODD).result({"do": "ask again"}) == {"do": "ask again"}


def test_a_client_that_hung_up_while_it_waited_gets_the_event_on_its_next_connection(
    deploy_program: DeployProgram,
) -> None:
    function = deploy_program(ODD)
    assert function.result({"do": "leave and return"}) == 1
    assert function.result({"do": "return"}) == {"calls": 2}


@pytest.mark.parametrize("where", ["memory", "memory of a child"])
def test_the_memory_of_a_program_and_its_children_is_limited(deploy_program: DeployProgram, where: str) -> None:
    function = deploy_program(ODD, memory=128)
    invocation = function.invoke({"do": where, "size": 200 << 20})
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: signal: killed")
    assert "Max Memory Used: 128 MB" in last_line(invocation)
    assert last_line(invocation).endswith("Error Type: Runtime.OutOfMemory")


def test_children_of_a_program_end_with_it(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    child = function.result({"do": "child"})
    function.invoke({"do": "exit", "status": 1})
    assert eventually(lambda: not alive(child))


def test_environments_serve_at_the_same_time(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    results = in_parallel(4, lambda: function.result({"do": "shell", "command": "sleep 0.3; echo $PPID"}))
    # One that has ended may serve another request.
    assert len(set(results)) > 1


@linux_only
def test_tmp_is_an_environments_own_and_the_code_is_read_only(deploy_program: DeployProgram, tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    found = deploy_program(ODD, layers=(tmp_path / "layer",)).result({"do": "files"})
    assert found["/tmp/mine"] == "written"
    assert {place: found[place] for place in ("/var/task/new", "/opt/new", "/usr/new")} == dict.fromkeys(
        ("/var/task/new", "/opt/new", "/usr/new"), "Read-only file system"
    )
    assert not Path("/tmp/mine").exists()


def test_signals_that_python_ignores_end_a_programs_children(deploy_program: DeployProgram) -> None:
    command = "yes | head -1; trap"
    assert deploy_program(ODD).result({"do": "shell", "command": command}) == "y"


# Sends a response and its request for the next event at once, and reads both replies together.
PIPELINED = client_program("""
import socket

sock = socket.create_connection(os.environ["AWS_LAMBDA_RUNTIME_API"].split(":"))
file = sock.makefile("rb")
ask_next = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"

def read():
    status, headers = file.readline().decode().split()[1], {}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name] = value
    return status, headers, file.read(int(headers["Content-Length"]))

sock.sendall(ask_next)
accepted = []
while True:
    _, headers, event = read()
    body = json.dumps({"accepted": accepted, "event": json.loads(event)}).encode()
    path = f"/2018-06-01/runtime/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}/response"
    sock.sendall(f"POST {path} HTTP/1.1\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n".encode() + body + ask_next)
    accepted.append(read()[0])
""")


def test_a_client_may_ask_for_the_next_event_before_it_has_the_reply_to_its_response(
    deploy_program: DeployProgram,
) -> None:
    function = deploy_program(PIPELINED)
    results = [function.result(number) for number in range(3)]
    assert results == [{"accepted": ["202"] * number, "event": number} for number in range(3)]


INIT_ERROR = client_program(
    """
    print("before", flush=True)
    ask("POST", "init/error", json.dumps({"errorType": "Sad", "errorMessage": "no luck"}),
        {"Lambda-Runtime-Function-Error-Type": "Runtime.Sad"})
    sys.exit(1)
""".replace("\n    ", "\n")
)


def test_an_error_of_the_initialisation_is_the_invocations(deploy_program: DeployProgram) -> None:
    invocation = deploy_program(INIT_ERROR).invoke()
    assert error_of(invocation) == {"errorType": "Sad", "errorMessage": "no luck"}
    log = invocation.log.decode()
    assert log.count("before\n") == 2
    assert "Phase: init\tStatus: error\tError Type: Runtime.Sad\n" in log


def test_a_program_that_ends_before_it_asks_for_an_event_has_failed(deploy_program: DeployProgram) -> None:
    invocation = deploy_program("#!/bin/sh\necho bad luck >&2\nexit 9\n").invoke()
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: exit status 9")
    assert b"bad luck\n" in invocation.log


NOT_EXECUTED = {
    "none": (None, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]", "build the function into"),
    "no program": ("\x7fELF nothing", "exec format error", "is no program for this machine"),
    "no interpreter": ("#!/nowhere/sh\n", "no such file or directory", "the interpreter that the first line"),
}


@pytest.mark.parametrize(("text", "message", "advice"), NOT_EXECUTED.values(), ids=NOT_EXECUTED)
def test_a_bootstrap_that_can_not_be_executed_is_named_with_the_cure(
    deploy_program: DeployProgram, text: str | None, message: str, advice: str
) -> None:
    invocation = deploy_program(text).invoke()
    error = error_of(invocation)
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].startswith(f"RequestId: {invocation.request_id} Error: ")
    assert error["errorMessage"].endswith(message)
    assert advice in invocation.log.decode()


def test_a_bootstrap_without_the_right_to_execute_is_named(deploy_program: DeployProgram) -> None:
    function = deploy_program("#!/bin/sh\n")
    assert function.config.code is not None
    (function.config.code.root / "bootstrap").chmod(0o644)
    invocation = function.invoke()
    assert error_of(invocation)["errorMessage"].endswith("permission denied")
    assert b"may not be executed: chmod +x bootstrap" in invocation.log


@pytest.mark.skipif(not Path("/opt").is_dir(), reason="there is no /opt")
def test_a_bootstrap_in_a_layer_serves_code_without_one(deploy_program: DeployProgram, tmp_path: Path) -> None:
    write_program(tmp_path / "layer", ODD)
    (tmp_path / "layer" / "bin").mkdir()
    tool = tmp_path / "layer" / "bin" / "layers-tool"
    tool.write_text("#!/bin/sh\necho tool of the layer\n")
    tool.chmod(0o755)
    function = deploy_program(None, layers=(tmp_path / "layer",))
    assert function.result({"do": "shell", "command": "layers-tool"}) == "tool of the layer"


def test_a_program_of_this_machine_is_seen_in_the_environment(deploy_program: DeployProgram, tmp_path: Path) -> None:
    folder = tmp_path / "interpreter"
    write_program(folder, ODD)
    program = RuntimeProgram((str(folder / "bootstrap"),), visible=(folder,))
    function = deploy_program(None, program=program)
    assert function.result({"do": "return"}) == {"calls": 1}


def test_a_program_ends_with_its_gateway(deploy_program: DeployProgram) -> None:
    function = deploy_program(ODD)
    pid = int(function.result({"do": "shell", "command": "echo $PPID"}))
    function.runtime.close()
    assert eventually(lambda: not alive(pid))


def test_without_mounts_a_program_finds_its_code_and_its_layers_by_variables(tmp_path: Path) -> None:
    with (
        running_parent(tmp_path / "project", namespaces=False) as parent,
        program_deployer(parent, tmp_path) as deploy,
    ):
        (tmp_path / "layer").mkdir()
        function = deploy(ODD, layers=(tmp_path / "layer",))
        variables: dict[str, Any] = function.result({"do": "variables"})
        assert function.config.code is not None
        root = str(function.config.code.root)
        assert (variables["LAMBDA_TASK_ROOT"], variables["PWD"]) == (root, root)
        assert variables["LD_LIBRARY_PATH"].split(":") == [root, f"{root}/lib", f"{tmp_path}/layer/lib"]
        assert variables["PATH"].endswith(f":{tmp_path}/layer/bin")
        assert function.result({"do": "shell", "command": "pwd"}) == os.path.realpath(root)


def test_a_compiled_program_runs(deploy_program: DeployProgram, tmp_path: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    source = tmp_path / "main.c"
    source.write_text('#include <unistd.h>\nint main(void) { return execl("/bin/sh", "sh", "boot.sh", (char *)0); }\n')
    function = deploy_program(None)
    assert function.config.code is not None
    root = function.config.code.root
    subprocess.run(["cc", "-o", str(root / "bootstrap"), str(source)], check=True)
    (root / "boot.sh").write_text(BASH.replace("#!/bin/bash", "#!/bin/sh").replace("    ", ""))
    assert function.result(1) == {"calls": 1, "event": 1}
