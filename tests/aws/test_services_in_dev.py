"""``homeport dev`` runs the services that a project uses, and functions reach them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.project import write_files
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

SPEC = """
openapi: 3.0.3
info: {title: Jobs, version: 1.0.0}
paths:
  /jobs:
    post:
      operationId: addJob
      x-homeport:
        environment: {QUEUE: {Ref: JobsQueue}, BUCKET: {Ref: FilesBucket}, MODE: {Ref: ModeParameter}}
        policies:
          - {Effect: Allow, Action: ["sqs:*", "s3:*", "ssm:GetParameter", "lambda:InvokeFunction"], Resource: "*"}
      responses: {"200": {description: The jobs.}}
  /work:
    post:
      operationId: work
      responses: {"200": {description: Done.}}
"""
RESOURCES = """
Resources:
  JobsQueue: {Type: AWS::SQS::Queue}
  FilesBucket: {Type: AWS::S3::Bucket}
  ModeParameter: {Type: AWS::SSM::Parameter, Properties: {Name: /jobs/mode, Type: String, Value: slow}}
"""
ADD_JOB = """
import json
import os
import boto3

def handler(event, context):
    sqs, s3, ssm = boto3.client("sqs"), boto3.client("s3"), boto3.client("ssm")
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=event["body"])
    s3.put_object(Bucket=os.environ["BUCKET"], Key=event["body"], Body=b"kept")
    answer = boto3.client("lambda").invoke(FunctionName="jobs-local-work", Payload=json.dumps({"n": 1}))
    names = ["ApproximateNumberOfMessages"]
    count = sqs.get_queue_attributes(QueueUrl=os.environ["QUEUE"], AttributeNames=names)["Attributes"]
    far = boto3.client("s3", endpoint_url="https://s3.us-east-1.amazonaws.com")
    return {
        "jobs": count["ApproximateNumberOfMessages"],
        "files": [each["Key"] for each in far.list_objects_v2(Bucket=os.environ["BUCKET"])["Contents"]],
        "mode": ssm.get_parameter(Name=os.environ["MODE"])["Parameter"]["Value"],
        "worked": json.loads(answer["Payload"].read()),
    }
"""
WORK = "def handler(event, context):\n    return {'doubled': 2 * event['n']}\n"
PLAIN = "def handler(event, context):\n    return {'plain': True}\n"
PLAIN_SPEC = """
openapi: 3.0.3
info: {title: Jobs, version: 1.0.0}
paths:
  /work: {post: {operationId: work, responses: {"200": {description: Done.}}}}
"""


def project(root: Path) -> Path:
    files = {"openapi.yaml": SPEC, "deploy/resources.yaml": RESOURCES, "service/handlers/add_job.py": ADD_JOB}
    packages = {"service/__init__.py": "", "service/handlers/__init__.py": "", "service/handlers/work.py": WORK}
    return write_files(root, {**files, **packages, "deploy/seed/local/parameters.json": '{"/jobs/mode": "fast"}'})


def post(stack: Stack, path: str, body: str = "") -> Any:
    request = urllib.request.Request(stack.url + path, body.encode(), {"Content-Type": "text/plain"}, method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def invoked(root: Path, state: Path) -> Any:
    """Return the answer of the function that ``homeport invoke`` runs beside the stack."""
    command = [sys.executable, "-m", "homeport", "invoke", "addJob", "--project", str(root), "--body", "invoked"]
    variables = {**os.environ, "HOMEPORT_STATE_DIR": str(state)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def process_of_services(stack: Stack) -> int | None:
    """Return the process of the services, a child of the stack's."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if parent == str(stack.process.pid) and "homeport/aws/embedded" in command:
            return int(folder.name)
    return None


def test_function_reaches_what_the_project_declares_and_its_data_are_kept(tmp_path: Path) -> None:
    root, state = project(tmp_path / "jobs"), tmp_path / "state"
    with running_stack(root, (), state=state) as stack:
        assert post(stack, "/jobs", "a") == {"jobs": "1", "files": ["a"], "mode": "fast", "worked": {"doubled": 2}}
        text = stack.output.read_text()
        assert "not emulated" not in text
        assert re.search(
            r"^aws http://127\.0\.0\.1:\d+ \(S3, SQS, Systems Manager Parameter Store, Lambda\)$", text, re.M
        )
        found = process_of_services(stack)
        assert found is not None
        os.kill(found, signal.SIGKILL)
        wait_until(lambda: process_of_services(stack) not in (None, found))
        assert post(stack, "/jobs", "b")["jobs"] == "2"
    with running_stack(root, (), state=state) as stack:
        assert invoked(root, state)["jobs"] == "3"
        assert post(stack, "/jobs", "c") == {
            "jobs": "4",
            "files": ["a", "b", "c", "invoked"],
            "mode": "fast",
            "worked": {"doubled": 2},
        }
        assert "made queue" not in stack.output.read_text()


def test_project_that_uses_none_has_no_process_until_it_does(tmp_path: Path) -> None:
    root = write_files(
        tmp_path / "jobs",
        {
            "openapi.yaml": PLAIN_SPEC,
            "service/__init__.py": "",
            "service/handlers/__init__.py": "",
            "service/handlers/work.py": PLAIN,
        },
    )
    with running_stack(root, ("--no-data", "--reload")) as stack:
        assert post(stack, "/work") == {"plain": True}
        assert process_of_services(stack) is None
        assert "\naws " not in stack.output.read_text()
        project(root)
        wait_until(lambda: "made queue jobs-local-JobsQueue" in stack.output.read_text())
        assert process_of_services(stack) is not None
        assert post(stack, "/jobs", "a")["jobs"] == "1"
