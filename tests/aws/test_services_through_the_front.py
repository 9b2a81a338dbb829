"""Functions in other languages than Python reach the services through the front."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.contract.fixtures.stack import running_stack
from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.recordings.store import Recordings
from homeport.runtime.front.environment_calls import FrontCalls
from homeport.runtime.front.server import AwsFront
from homeport.runtime.node.sdk import node_sdk
from tests.support.project import write_files
from tests.support.runtime import make_config
from tests.support.runtime_api import own_node
from tests.support.services import ServicesStand, running_services
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stand() -> Iterator[ServicesStand]:
    with running_services() as found:
        yield found


@pytest.fixture
def front() -> Iterator[AwsFront]:
    found = AwsFront()
    yield found
    found.close()


def open_calls(front: AwsFront, url: str | None, **variables: str) -> FrontCalls:
    everything = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    return front.open(make_config("probe.handler", environment=variables, aws_url=url, policies=(everything,)))


def client(calls: FrontCalls, service: str, **config: Any) -> Any:
    variables = calls.variables
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
        config=Config(retries={"max_attempts": 0}, **config),
    )


def test_objects_messages_and_parameters_pass(stand: ServicesStand, front: AwsFront) -> None:
    calls = open_calls(front, stand.endpoint)
    s3, sqs, ssm = (client(calls, service) for service in ("s3", "sqs", "ssm"))
    s3.create_bucket(Bucket="through")
    body = bytes(range(256)) * 100_000
    s3.put_object(Bucket="through", Key="a b/ü.bin", Body=body)
    assert s3.head_object(Bucket="through", Key="a b/ü.bin")["ContentLength"] == len(body)
    assert s3.get_object(Bucket="through", Key="a b/ü.bin")["Body"].read() == body
    s3.delete_object(Bucket="through", Key="a b/ü.bin")
    url = sqs.create_queue(QueueName="through")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hi")
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"] == "hi"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="/none")


def test_variables_of_the_services_lead_to_the_front(stand: ServicesStand, front: AwsFront) -> None:
    given = {"AWS_ENDPOINT_URL": stand.endpoint, "QUEUE": f"{stand.endpoint}/000000000000/q", "OTHER": "https://a.b"}
    variables = open_calls(front, stand.endpoint, **given).variables
    url = variables["AWS_ENDPOINT_URL"]
    assert url != stand.endpoint
    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == url
    assert variables["QUEUE"] == f"{url}/000000000000/q"
    assert "OTHER" not in variables


def test_url_that_a_function_signed_works_when_its_environment_has_ended(stand: ServicesStand, front: AwsFront) -> None:
    calls = open_calls(front, stand.endpoint)
    for version in ("s3", "s3v4"):
        s3 = client(calls, "s3", signature_version=version)
        stand.clients("s3").create_bucket(Bucket=f"later-{version}")
        url = s3.generate_presigned_url("put_object", Params={"Bucket": f"later-{version}", "Key": "k"})
        calls.close()
        with urllib.request.urlopen(urllib.request.Request(url, b"by url", method="PUT")) as answer:
            assert answer.status == 200
        assert stand.clients("s3").get_object(Bucket=f"later-{version}", Key="k")["Body"].read() == b"by url"
        calls = open_calls(front, stand.endpoint)


def test_other_requests_with_unknown_credentials_are_refused(stand: ServicesStand, front: AwsFront) -> None:
    calls = open_calls(front, stand.endpoint)
    s3 = client(calls, "s3")
    place = urlsplit(calls.variables["AWS_ENDPOINT_URL"])
    calls.close()
    with pytest.raises(ClientError):
        s3.list_buckets()
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    connection.request("GET", "/")
    assert connection.getresponse().status == 501
    connection.close()


def test_service_that_does_not_run_is_named(stand: ServicesStand, front: AwsFront) -> None:
    with pytest.raises(ClientError, match="homeport has no s3"):
        client(open_calls(front, None), "s3").list_buckets()
    with pytest.raises(ClientError, match="homeport does not have textract of AWS here"):
        client(open_calls(front, stand.endpoint), "textract").detect_document_text(Document={"Bytes": b"x"})


def test_bucket_in_the_host_is_found(stand: ServicesStand) -> None:
    stand.clients("s3").create_bucket(Bucket="hosted")
    stand.clients("s3").put_object(Bucket="hosted", Key="a/b.txt", Body=b"1")
    place = urlsplit(stand.endpoint)
    for host in ("hosted.localhost", "hosted.s3.localhost:4566", "hosted.s3.us-east-1.amazonaws.com"):
        connection = http.client.HTTPConnection(place.hostname or "", place.port)
        connection.request("GET", "/a/b.txt", headers={"Host": host})
        answer = connection.getresponse()
        assert (host, answer.status, answer.read()) == (host, 200, b"1")
        connection.close()


SPEC = """
openapi: 3.0.3
info: {title: Jobs, version: 1.0.0}
paths:
  /jobs:
    post:
      operationId: addJob
      x-homeport:
        runtime: nodejs22.x
        environment: {QUEUE: {Ref: JobsQueue}, BUCKET: {Ref: FilesBucket}}
        policies:
          - {Effect: Allow, Action: ["sqs:*", "s3:*", "ssm:*", "lambda:InvokeFunction"], Resource: "*"}
      responses: {"200": {description: The jobs.}}
"""
RESOURCES = """
Resources:
  JobsQueue: {Type: AWS::SQS::Queue}
  FilesBucket: {Type: AWS::S3::Bucket}
"""
ADD_JOB = """
import { S3Client, PutObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { SQSClient, SendMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { SSMClient, PutParameterCommand, GetParameterCommand } from '@aws-sdk/client-ssm';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

export const handler = async () => {
  const { QUEUE, BUCKET } = process.env;
  const s3 = new S3Client({}), sqs = new SQSClient({}), ssm = new SSMClient({});
  await sqs.send(new SendMessageCommand({ QueueUrl: QUEUE, MessageBody: 'hi' }));
  const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl: QUEUE, WaitTimeSeconds: 5 }));
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a b.txt', Body: 'text' }));
  const found = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a b.txt' }));
  await ssm.send(new PutParameterCommand({ Name: '/p', Value: '1', Type: 'String', Overwrite: true }));
  const parameter = await ssm.send(new GetParameterCommand({ Name: '/p' }));
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: BUCKET, Key: 'a b.txt' }));
  return {
    message: received.Messages[0].Body,
    text: await found.Body.transformToString(),
    parameter: parameter.Parameter.Value,
    queue: QUEUE,
    url,
  };
};
"""


def test_function_in_node_uses_the_services_by_its_own_sdk(tmp_path: Path) -> None:
    try:
        node_sdk(read_environment().cache_dir, own_node(), print)
    except SetupError as error:
        pytest.skip(f"there is no Node.js with its SDK here: {error}")
    files = {"openapi.yaml": SPEC, "deploy/resources.yaml": RESOURCES, "service/handlers/add_job.mjs": ADD_JOB}
    root = write_files(tmp_path / "jobs", files)
    with running_stack(root, ("--inspected",), state=root / ".homeport") as stack:
        request = urllib.request.Request(f"{stack.url}/jobs", b"", method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                found = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(stack.read_output()) from error
        assert (found["message"], found["text"], found["parameter"]) == ("hi", "text", "1")
        assert found["queue"].endswith("/000000000000/jobs-local-JobsQueue")
        with urllib.request.urlopen(found["url"]) as answer:
            assert answer.read() == b"text"
        recordings = Recordings(root / ".homeport" / "inspector.db")
        wait_until(lambda: recordings.page().rows != (), stack.read_output)
        (recording,) = recordings.select()
        assert recording.function is not None
        calls = recording.function.calls
        assert [(call.service, call.operation) for call in calls] == [
            *(("sqs", "SendMessage"), ("sqs", "ReceiveMessage"), ("s3", "PutObject"), ("s3", "GetObject")),
            *(("ssm", "PutParameter"), ("ssm", "GetParameter")),
        ]
        assert {(call.status, call.error) for call in calls} == {(200, None)}
        assert calls[0].made[0].startswith("sqs:") and calls[2].made == (f"s3:{calls[2].resource}",)
