"""Signed requests to a running ``homeport dev``, sent by ``homeport curl``, and the policy that they need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.commands import assert_one_clear_line, homeport, homeport_here
from tests.support.project import write_files
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

SPEC = """
openapi: 3.0.3
info: {title: Signed, version: 1.0.0}
paths:
  /who:
    get:
      operationId: who
      security: [{sigv4: []}]
      x-homeport:
        policies: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]
      responses: {"200": {description: The caller.}}
    post:
      operationId: tell
      security: [{sigv4: []}]
      responses: {"200": {description: The caller.}}
components:
  securitySchemes:
    sigv4: {type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: awsSigv4}
"""
STAGES = """
stages:
  local:
    flavor: rest
    iam:
      callers:
        ann: {accessKeyId: AKIAANN, secretAccessKey: a secret, allow: [execute-api:/local/GET/who]}
        bob: {accessKeyId: AKIABOB, secretAccessKey: another, allow: "*"}
        eve: {accessKeyId: ASIAEVE, secretAccessKey: third, sessionToken: to/ken+=, role: reader, allow: "*"}
"""
WHO = """
import json
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    sqs = boto3.client("sqs")
    sqs.list_queues()
    try:
        sqs.create_queue(QueueName="mine")
        denied = ""
    except ClientError as error:
        denied = error.response["Error"]["Code"]
    body = {"user": event["requestContext"]["identity"]["userArn"], "denied": denied}
    return {"statusCode": 200, "body": json.dumps(body)}
"""
TELL = """
def handler(event, context):
    return {"statusCode": 200, "body": event["requestContext"]["identity"]["userArn"]}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose routes take signed requests."""
    files = {
        "openapi.yaml": SPEC,
        "deploy/stages.yaml": STAGES,
        "service/handlers/who.py": WHO,
        "service/handlers/tell.py": TELL,
    }
    return write_files(tmp_path_factory.mktemp("signed"), files)


@pytest.fixture(scope="module")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the project, running and recorded, where the commands find it."""
    state = tmp_path_factory.mktemp("state")
    with (
        pytest.MonkeyPatch.context() as patch,
        running_stack(project, ("--inspected", "--no-data"), state=state) as found,
    ):
        patch.setenv("HOMEPORT_STATE_DIR", str(state))
        yield found


def test_request_of_a_caller_is_signed_and_answered(stack: Stack, project: Path) -> None:
    done = homeport(project, "curl", "get", "/who?a=b%20c", "--as", "ann", "-H", "X-Note: ü", "--include")
    assert (done.returncode, done.stderr) == (0, "")
    head, _, body = done.stdout.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK\n")
    assert json.loads(body) == {"user": "arn:aws:iam::000000000000:user/ann", "denied": "AccessDenied"}


def test_caller_gets_no_further_than_its_policy(stack: Stack, project: Path) -> None:
    denied = homeport(project, "curl", "POST", "/who", "--as", "ann", "-d", "{}")
    assert "because no identity-based policy allows the execute-api:Invoke action" in denied.stdout
    allowed = homeport(project, "curl", "POST", "/who", "--as", "bob", "-d", "{}")
    assert allowed.stdout == "arn:aws:iam::000000000000:user/bob"
    unsigned = homeport(project, "curl", "GET", "/who")
    assert json.loads(unsigned.stdout) == {"message": "Missing Authentication Token"}


def test_a_session_of_a_role_signs_headers_and_urls(stack: Stack, project: Path) -> None:
    session = "arn:aws:sts::000000000000:assumed-role/reader/eve"
    assert homeport(project, "curl", "POST", "/who", "--as", "eve", "-d", "{}").stdout == session
    url = homeport(project, "curl", "GET", "/who?a=b", "--as", "eve", "--presign", "--expires", "60").stdout.strip()
    with urlopen(url, timeout=60) as answer:
        assert json.load(answer)["user"] == session
    assert "X-Amz-Expires=60" in url
    assert_one_clear_line(homeport_here(project, "curl", "GET", "/who", "--presign"), "signed by a caller", "--as")


def test_caller_that_there_is_not_is_told_with_the_nearest(stack: Stack, project: Path) -> None:
    assert_one_clear_line(homeport_here(project, "curl", "GET", "/who", "--as", "anna"), "no caller 'anna'", "ann")


def test_policy_of_what_was_recorded_is_printed(stack: Stack, project: Path) -> None:
    assert homeport(project, "curl", "GET", "/who", "--as", "ann").returncode == 0

    def printed() -> str:
        return homeport_here(project, "policy", "who").stdout

    wait_until(lambda: "sqs:CreateQueue" in printed())
    done = homeport_here(project, "policy", "who")
    assert json.loads(done.stdout) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "arn:aws:sqs:us-east-1:*:mine"},
            {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"},
        ],
    }
    assert "who is not allowed sqs:CreateQueue on arn:aws:sqs:us-east-1:000000000000:mine today" in done.stderr
