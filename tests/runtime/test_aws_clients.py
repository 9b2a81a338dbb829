"""AWS's own runtime clients, unchanged, against our Runtime API.

https://github.com/aws/aws-lambda-python-runtime-interface-client
https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.environment import read_environment
from homeport.package_cache import make_once
from homeport.runtime.program import RuntimeProgram
from tests.support.programs import DeployProgram
from tests.support.runtime import Deployed, error_of, exit_error, last_line

pytestmark = pytest.mark.stack

PYTHON_HANDLER = """\
import os, sys

calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("call", calls)
    match event["do"]:
        case "raise":
            raise ValueError("boom")
        case "exit":
            sys.exit(4)
        case "large":
            return "x" * event["size"]
        case "context":
            trace = os.environ["_X_AMZN_TRACE_ID"].split(";")[0]
            return [context.aws_request_id, context.invoked_function_arn, context.get_remaining_time_in_millis(), trace]
    return {"calls": calls, "event": event}
"""

NODE_HANDLER = """\
let calls = 0;

export const handler = async (event, context) => {
    calls += 1;
    console.log("call", calls);
    switch (event.do) {
        case "raise":
            throw new RangeError("boom");
        case "exit":
            process.exit(4);
        case "large":
            return "x".repeat(event.size);
        case "context":
            const trace = process.env._X_AMZN_TRACE_ID.split(";")[0];
            return [context.awsRequestId, context.invokedFunctionArn, context.getRemainingTimeInMillis(), trace];
    }
    return {calls, event};
};

export const streamed = awslambda.streamifyResponse(async (event, stream) => {
    const metadata = {statusCode: 201, headers: {"x-a": "b"}, cookies: ["c=d"]};
    const http = awslambda.HttpResponseStream.from(stream, metadata);
    http.write("part 1, ");
    http.write("part 2");
    http.end();
});
"""
NODE_CLIENT = "aws-lambda-ric@4.0.2"


def python_function(deploy: DeployProgram, client: Path, code: str = PYTHON_HANDLER) -> Deployed:
    python = Path(sys.executable).resolve()
    program = RuntimeProgram(("bootstrap",), visible=(client,))
    variables = {"PYTHONPATH": str(client), "PYTHONDONTWRITEBYTECODE": "1"}
    function = deploy(f"#!/bin/sh\nexec {python} -m awslambdaric app.handler\n", program=program, environment=variables)
    assert function.config.code is not None
    (function.config.code.root / "app.py").write_text(code)
    return function


@pytest.fixture(scope="module")
def node_client() -> Path:
    """A folder with AWS's client for Node.js, which npm compiles with curl: that takes minutes, once per machine."""
    if shutil.which("npm") is None:
        pytest.skip("AWS's client for Node.js can't be installed here: there is no npm")
    folder = read_environment().cache_dir / NODE_CLIENT.replace("@", "-")

    if not folder.is_dir() and "AWS_CLIENTS" not in os.environ:
        pytest.skip("make test-aws-clients compiles AWS's client for Node.js")

    def install(draft: Path) -> None:
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(draft), NODE_CLIENT]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = " ".join(done.stderr.strip().splitlines()[-3:])
            pytest.skip(f"AWS's client for Node.js can't be compiled here: {last}")

    return make_once(folder, install)


def node_function(deploy: DeployProgram, client: Path, handler: str = "handler") -> Deployed:
    node = shutil.which("node")
    program = RuntimeProgram(("bootstrap",), visible=(client,))
    text = f"#!/bin/sh\nexec {node} {client}/node_modules/aws-lambda-ric/index.mjs\n"
    function = deploy(text, program=program, environment={"_HANDLER": f"index.{handler}"}, memory=512)
    assert function.config.code is not None
    (function.config.code.root / "index.mjs").write_text(NODE_HANDLER)
    return function


@pytest.fixture(params=["python", pytest.param("node", marks=pytest.mark.slow)])
def function(request: pytest.FixtureRequest, deploy_program: DeployProgram) -> Iterator[Deployed]:
    if request.param == "python":
        yield python_function(deploy_program, request.getfixturevalue("awslambdaric"))
    else:
        yield node_function(deploy_program, request.getfixturevalue("node_client"))


def test_invocations_are_answered_one_after_the_other(function: Deployed) -> None:
    results = [function.result({"do": "return", "n": n}) for n in range(3)]
    assert results == [{"calls": n + 1, "event": {"do": "return", "n": n}} for n in range(3)]
    invocation = function.invoke({"do": "context"})
    request_id, arn, left, trace = json.loads(invocation.payload)
    assert (request_id, arn) == (invocation.request_id, function.config.arn)
    assert 0 < left <= function.config.timeout * 1000
    assert trace.startswith("Root=1-")
    assert "call 4" in invocation.log.decode()


def test_an_exception_is_an_error_and_the_environment_stays(function: Deployed) -> None:
    error = error_of(function.invoke({"do": "raise"}))
    assert (error["errorType"], error["errorMessage"]) in (("ValueError", "boom"), ("RangeError", "boom"))
    assert function.result({"do": "return"})["calls"] == 2


def test_an_exit_ends_the_environment(function: Deployed) -> None:
    invocation = function.invoke({"do": "exit"})
    assert error_of(invocation) == exit_error(invocation, "Runtime exited with error: exit status 4")
    assert function.result({"do": "return"})["calls"] == 1


def test_a_result_over_lambdas_limit_is_refused(function: Deployed) -> None:
    error = error_of(function.invoke({"do": "large", "size": 6_291_557}))
    assert error["errorType"] == "Function.ResponseSizeTooLarge"


def test_an_import_that_fails_is_an_error_of_the_initialisation(
    deploy_program: DeployProgram, awslambdaric: Path
) -> None:
    invocation = python_function(deploy_program, awslambdaric, "import nowhere\n").invoke()
    error: dict[str, Any] = error_of(invocation)
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert last_line(invocation).endswith("\tStatus: error\tError Type: Runtime.ImportModuleError")


@pytest.mark.slow
def test_a_streamed_http_response_is_a_proxy_response(deploy_program: DeployProgram, node_client: Path) -> None:
    assert node_function(deploy_program, node_client, "streamed").result({}) == {
        "statusCode": 201,
        "headers": {"x-a": "b"},
        "cookies": ["c=d"],
        "multiValueHeaders": {"Set-Cookie": ["c=d"]},
        "body": "part 1, part 2",
    }
