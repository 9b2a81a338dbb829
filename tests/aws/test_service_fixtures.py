"""The pytest plugin's fixtures for buckets, queues and topics, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import write_files

pytestmark = pytest.mark.stack

SPEC = """
openapi: 3.0.3
info: {title: Jobs, version: 1.0.0}
paths:
  /jobs:
    post:
      operationId: addJob
      x-homeport:
        environment: {QUEUE: {Ref: JobsQueue}, BUCKET: {Ref: FilesBucket}}
        policies: [{Effect: Allow, Action: ["sqs:*", "s3:*"], Resource: "*"}]
      responses: {"200": {description: The jobs.}}
"""
RESOURCES = """
Resources:
  JobsQueue: {Type: AWS::SQS::Queue}
  FilesBucket: {Type: AWS::S3::Bucket}
  NewsTopic: {Type: AWS::SNS::Topic}
"""
ADD_JOB = """
import os
import boto3

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody="job")
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="new", Body=b"new")
    boto3.client("s3").delete_object(Bucket=os.environ["BUCKET"], Key="old")
    return {}
"""
CASES = """
import urllib.request

import pytest


def post(url):
    with urllib.request.urlopen(urllib.request.Request(f"{url}/jobs", b"", method="POST"), timeout=60) as answer:
        return answer.status


def keys(bucket):
    return [each.key for each in bucket.objects.all()]


def test_api_is_seen_in_its_bucket_and_its_queue(homeport_url, homeport_bucket, homeport_queue):
    assert keys(homeport_bucket("FilesBucket")) == ["old"]
    assert post(homeport_url) == 200
    assert keys(homeport_bucket("FilesBucket")) == ["new"]
    (message,) = homeport_queue("JobsQueue").receive_messages(WaitTimeSeconds=5)
    assert message.body == "job"


def test_next_test_finds_what_was_there_before(homeport_bucket, homeport_queue):
    assert keys(homeport_bucket("FilesBucket")) == ["old"]
    assert homeport_bucket("FilesBucket").Object("old").get()["Body"].read() == b"kept"
    assert homeport_queue("JobsQueue").receive_messages() == []


def test_topic_and_any_client(homeport_topic, homeport_aws):
    assert homeport_topic("NewsTopic").publish(Message="m")["MessageId"]
    assert len(homeport_aws("sns").list_topics()["Topics"]) == 1


def test_unknown_name_is_an_error_with_the_nearest(homeport_queue):
    with pytest.raises(Exception, match="has no queue 'JobQueue'.*JobsQueue"):
        homeport_queue("JobQueue")
"""


def test_fixtures_open_the_services_of_the_stack(tmp_path: Path) -> None:
    files = {"openapi.yaml": SPEC, "deploy/resources.yaml": RESOURCES, "service/handlers/add_job.py": ADD_JOB}
    packages = {"service/__init__.py": "", "service/handlers/__init__.py": ""}
    seed = {"deploy/seed/local/objects/FilesBucket/old": "kept"}
    write_files(tmp_path / "jobs", {**files, **packages, **seed})
    (tmp_path / "test_jobs.py").write_text(CASES)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT_")}
    done = subprocess.run(
        [*command, "--homeport-project", "jobs"], cwd=tmp_path, env=plain, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
