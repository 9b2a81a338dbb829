"""The process of the services: what it keeps, whom it answers, and what it calls."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from homeport.aws.developer_endpoints import queue_messages, sent_mails
from homeport.aws.setup.clients import Clients
from homeport.aws.setup.process import clear
from homeport.aws.snapshot import ForeignServicesError, load_services, save_services
from homeport.contract.service_cleanup import cleaned_services
from homeport.errors import HomeportError
from homeport.project.load import load_project
from tests.support.project import write_files
from tests.support.services import ServicesStand, running_services
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"x": 1}, "End": True}}})
ROLE = "arn:aws:iam::000000000000:role/r"
PASSWORD = "Secret-Pass-1"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServicesStand]:
    with running_services(tmp_path_factory.mktemp("services")) as stand:
        yield stand


def keep_objects(clients: Clients) -> Callable[[Clients], Any]:
    s3 = clients("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a/b.txt", Body=b"hello", Metadata={"colour": "blue"}, ContentType="text/plain")

    def read(again: Clients) -> Any:
        found = again("s3").get_object(Bucket="kept", Key="a/b.txt")
        return found["Body"].read(), found["Metadata"], found["ContentType"]

    return read


def keep_messages(clients: Clients) -> Callable[[Clients], Any]:
    sqs = clients("sqs")
    url = sqs.create_queue(QueueName="kept.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}", MessageGroupId="g", MessageDeduplicationId=str(number))
    (first,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])

    def read(again: Clients) -> Any:
        names = ["ApproximateNumberOfMessages", "FifoQueue"]
        return again("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]

    return read


def keep_subscriptions(clients: Clients) -> Callable[[Clients], Any]:
    sns = clients("sns")
    topic = sns.create_topic(Name="kept")["TopicArn"]
    clients("sqs").create_queue(QueueName="of-topic")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:of-topic")
    return lambda again: again("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]


def keep_rules(clients: Clients) -> Callable[[Clients], Any]:
    events = clients("events")
    events.create_event_bus(Name="kept")
    events.put_rule(Name="r", EventBusName="kept", EventPattern='{"source":["shop"]}')
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:q"}
    events.put_targets(Rule="r", EventBusName="kept", Targets=[target])
    return lambda again: again("events").list_targets_by_rule(Rule="r", EventBusName="kept")["Targets"]


def keep_schedules(clients: Clients) -> Callable[[Clients], Any]:
    target = {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": ROLE}
    clients("scheduler").create_schedule(
        Name="kept", ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    return lambda again: again("scheduler").get_schedule(Name="kept")["ScheduleExpression"]


def keep_parameters(clients: Clients) -> Callable[[Clients], Any]:
    ssm = clients("ssm")
    ssm.put_parameter(Name="/kept", Value="1", Type="String")
    ssm.put_parameter(Name="/kept", Value="2", Type="String", Overwrite=True)
    return lambda again: [each["Value"] for each in again("ssm").get_parameter_history(Name="/kept")["Parameters"]]


def keep_secrets(clients: Clients) -> Callable[[Clients], Any]:
    clients("secretsmanager").create_secret(Name="kept", SecretString="s")
    return lambda again: again("secretsmanager").get_secret_value(SecretId="kept")["SecretString"]


def keep_executions(clients: Clients) -> Callable[[Clients], Any]:
    states = clients("stepfunctions")
    machine = states.create_state_machine(name="kept", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    run = states.start_execution(stateMachineArn=machine)["executionArn"]
    wait_until(lambda: states.describe_execution(executionArn=run)["status"] == "SUCCEEDED")
    return lambda again: again("stepfunctions").describe_execution(executionArn=run)["output"]


def keep_records(clients: Clients) -> Callable[[Clients], Any]:
    kinesis = clients("kinesis")
    kinesis.create_stream(StreamName="kept", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName="kept")
    kinesis.put_record(StreamName="kept", Data=b"x", PartitionKey="1")

    def read(again: Clients) -> Any:
        client, shard = again("kinesis"), {"StreamName": "kept", "ShardId": "shardId-000000000000"}
        iterator = client.get_shard_iterator(**shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        return [record["Data"] for record in client.get_records(ShardIterator=iterator)["Records"]]

    return read


def keep_users(clients: Clients) -> Callable[[Clients], Any]:
    cognito = clients("cognito-idp")
    pool = cognito.create_user_pool(PoolName="kept")["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
    name = client["UserPoolClient"]["ClientId"]
    cognito.sign_up(ClientId=name, Username="ada", Password=PASSWORD)
    cognito.admin_confirm_sign_up(UserPoolId=pool, Username="ada")

    def read(again: Clients) -> Any:
        given = {"USERNAME": "ada", "PASSWORD": PASSWORD}
        found = again("cognito-idp").initiate_auth(ClientId=name, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        return sorted(found["AuthenticationResult"])

    return read


def keep_keys(clients: Clients) -> Callable[[Clients], Any]:
    kms = clients("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    secret = kms.encrypt(KeyId=key, Plaintext=b"hidden")["CiphertextBlob"]
    return lambda again: again("kms").decrypt(CiphertextBlob=secret)["Plaintext"]


def keep_identities(clients: Clients) -> Callable[[Clients], Any]:
    clients("sesv2").create_email_identity(EmailIdentity="kept@example.com")
    return lambda again: again("sesv2").get_email_identity(EmailIdentity="kept@example.com")["IdentityType"]


def keep_metrics(clients: Clients) -> Callable[[Clients], Any]:
    clients("cloudwatch").put_metric_data(Namespace="kept", MetricData=[{"MetricName": "m", "Value": 1.5}])
    return lambda again: [each["MetricName"] for each in again("cloudwatch").list_metrics(Namespace="kept")["Metrics"]]


KEPT = (
    *(keep_objects, keep_messages, keep_subscriptions, keep_rules, keep_schedules, keep_parameters, keep_secrets),
    *(keep_executions, keep_records, keep_users, keep_keys, keep_identities, keep_metrics),
)


def test_answered_change_of_every_service_is_there_after_kill_9(tmp_path: Path) -> None:
    with running_services(tmp_path) as stand:
        reads = {keep.__name__: keep(stand.clients) for keep in KEPT}
        before = {name: read(stand.clients) for name, read in reads.items()}
        stand.kill_and_restart()
        assert {name: read(stand.clients) for name, read in reads.items()} == before
        assert all(before.values())


def test_each_answered_message_is_there_when_the_process_dies_among_them(tmp_path: Path) -> None:
    with running_services(tmp_path) as stand:
        url = stand.clients("sqs").create_queue(QueueName="q")["QueueUrl"]
        for round in range(3):
            sqs = stand.clients("sqs")
            for number in range(20):
                sqs.send_message(QueueUrl=url, MessageBody=f"{round}-{number}")
            stand.kill_and_restart()
        count = stand.clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert count["ApproximateNumberOfMessages"] == "60"


def test_deleted_things_stay_deleted(tmp_path: Path) -> None:
    with running_services(tmp_path) as stand:
        clients = stand.clients
        clients("ssm").put_parameter(Name="/gone", Value="1", Type="String")
        clients("s3").create_bucket(Bucket="gone")
        clients("ssm").delete_parameter(Name="/gone")
        clients("s3").delete_bucket(Bucket="gone")
        stand.kill_and_restart()
        assert stand.clients("ssm").describe_parameters()["Parameters"] == []
        assert stand.clients("s3").list_buckets()["Buckets"] == []


def test_without_a_folder_nothing_is_kept() -> None:
    with running_services() as stand:
        stand.clients("ssm").put_parameter(Name="/a", Value="1", Type="String")
        stand.kill_and_restart()
        assert stand.clients("ssm").describe_parameters()["Parameters"] == []


def test_order_of_the_kit_empties_every_service(tmp_path: Path) -> None:
    with running_services(tmp_path) as stand:
        keep_objects(stand.clients)
        keep_parameters(stand.clients)
        clear(stand.clients)
        stand.kill_and_restart()
        assert stand.clients("s3").list_buckets()["Buckets"] == []
        assert stand.clients("ssm").describe_parameters()["Parameters"] == []


def test_service_that_does_not_run_here_is_named(shared: ServicesStand) -> None:
    with pytest.raises(ClientError, match="homeport does not have textract of AWS here"):
        shared.clients("textract").detect_document_text(Document={"Bytes": b"x"})
    with pytest.raises(ClientError, match="homeport does not have ec2 of AWS here"):
        shared.clients("ec2").describe_instances()


def test_presigned_urls_take_and_give_an_object_without_credentials(shared: ServicesStand) -> None:
    shared.clients("s3").create_bucket(Bucket="signed")
    keys: Any = {"aws_access_key_id": "any", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3: Any = boto3.client("s3", endpoint_url=shared.endpoint, config=Config(signature_version="s3v4"), **keys)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "signed", "Key": "a b.txt"})
    with urllib.request.urlopen(urllib.request.Request(put, b"by url", method="PUT")) as answer:
        assert answer.status == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "a b.txt"})
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(get.replace("Signature=", "Signature=0"))
    refused.value.close()
    # A page may use it: it was signed for it.
    with urllib.request.urlopen(urllib.request.Request(get, headers={"Origin": "https://shop.example"})) as answer:
        assert answer.read() == b"by url"


def test_page_of_a_browser_can_not_read_or_empty_the_services(shared: ServicesStand) -> None:
    shared.clients("ssm").put_parameter(Name="/secret", Value="1", Type="String", Overwrite=True)
    for target in ("AmazonSSM.GetParameter", "Homeport.Clear"):
        headers = {"Origin": "https://evil.example", "X-Amz-Target": target}
        request = urllib.request.Request(shared.endpoint, b'{"Name": "/secret"}', headers, method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        with refused.value:
            assert refused.value.code in (403, 501)
    assert shared.clients("ssm").get_parameter(Name="/secret")["Parameter"]["Value"] == "1"


class LambdaApi(HTTPServer):
    """A stand-in for the gateway's Lambda API, which notes what is invoked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: LambdaApi

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = self.headers["X-Amz-Invocation-Type"]
        self.server.calls.append((self.path.split("/")[3].rpartition("%3A")[2], kind, event))
        body = b'{"answer": 42}'
        self.send_response(200 if kind == "RequestResponse" else 202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def lambda_api() -> Iterator[LambdaApi]:
    server = LambdaApi()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def function(name: str) -> str:
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


def test_topics_buckets_and_rules_invoke_functions_asynchronously(lambda_api: LambdaApi) -> None:
    with running_services(functions=lambda_api.url) as stand:
        sns, s3, events = (stand.clients(name) for name in ("sns", "s3", "events"))
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function("on-news"))
        sns.publish(TopicArn=topic, Message="hi")
        s3.create_bucket(Bucket="uploads")
        target = {"LambdaFunctionArn": function("on-upload"), "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket="uploads",
            NotificationConfiguration={"LambdaFunctionConfigurations": [target]},
            SkipDestinationValidation=True,
        )
        s3.put_object(Bucket="uploads", Key="k", Body=b"1")
        events.put_rule(Name="r", EventPattern='{"source":["shop"]}')
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": function("on-order")}])
        events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": "{}"}])
        wait_until(lambda: len(lambda_api.calls) == 3)
    assert {(name, kind) for name, kind, _ in lambda_api.calls} == {
        ("on-news", "Event"),
        ("on-upload", "Event"),
        ("on-order", "Event"),
    }
    by_name = {name: event for name, _, event in lambda_api.calls}
    assert by_name["on-news"]["Records"][0]["Sns"]["Message"] == "hi"
    assert by_name["on-upload"]["Records"][0]["s3"]["object"]["key"] == "k"
    assert by_name["on-order"]["source"] == "shop"


def test_task_of_a_state_machine_gets_the_answer_of_its_function(lambda_api: LambdaApi) -> None:
    task = {"Type": "Task", "Resource": function("work"), "End": True}
    with running_services(functions=lambda_api.url) as stand:
        states = stand.clients("stepfunctions")
        definition = json.dumps({"StartAt": "A", "States": {"A": task}})
        machine = states.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
        run = states.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]
        wait_until(lambda: states.describe_execution(executionArn=run)["status"] != "RUNNING")
        assert json.loads(states.describe_execution(executionArn=run)["output"]) == {"answer": 42}
    assert lambda_api.calls == [("work", "RequestResponse", {"n": 1})]


def test_archive_brings_everything_back_also_in_another_process(tmp_path: Path) -> None:
    file = tmp_path / "before.services.tar.gz"
    with running_services(tmp_path / "one") as one:
        readers = [keep(one.clients) for keep in (keep_objects, keep_messages, keep_subscriptions, keep_rules)]
        before = [read(one.clients) for read in readers]
        assert save_services(one.endpoint, file, "local") == file.stat().st_size
        s3, sqs = one.clients("s3"), one.clients("sqs")
        s3.delete_object(Bucket="kept", Key="a/b.txt")
        s3.create_bucket(Bucket="later")
        s3.put_object(Bucket="later", Key="k", Body=b"x")
        sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName="kept.fifo")["QueueUrl"])
        load_services(one.endpoint, file, "local")
        assert [read(one.clients) for read in readers] == before
        assert [each["Name"] for each in one.clients("s3").list_buckets()["Buckets"]] == ["kept"]
        one.kill_and_restart()
        assert [read(one.clients) for read in readers] == before
    with running_services(tmp_path / "two") as two:
        load_services(two.endpoint, file, "local")
        found = two.clients("s3").get_object(Bucket="kept", Key="a/b.txt")
        assert found["Body"].read() == b"hello"
        with pytest.raises(HomeportError, match="stage local, not of dev"):
            load_services(two.endpoint, file, "dev")
        file.write_bytes(file.read_bytes()[:-200])
        with pytest.raises(HomeportError, match="damaged"):
            load_services(two.endpoint, file, "local")
        assert two.clients("s3").list_buckets()["Buckets"]


def test_services_that_keep_nothing_give_no_archive(tmp_path: Path) -> None:
    with running_services(None) as stand, pytest.raises(ForeignServicesError, match="--no-data"):
        save_services(stand.endpoint, tmp_path / "a", "local")


CLEAN = {
    "openapi.yaml": "openapi: 3.0.3\ninfo: {title: Clean, version: '1'}\n"
    "paths:\n  /a: {get: {operationId: a, responses: {'200': {description: A.}}}}\n",
    "service/__init__.py": "",
    "service/handlers/__init__.py": "",
    "service/handlers/a.py": "def handler(event, context): ...\n",
}


def test_run_leaves_buckets_and_queues_as_they_were(
    shared: ServicesStand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resources = """
Resources:
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: cleaned}}
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: cleaned-jobs}}
  Full: {Type: AWS::SQS::Queue, Properties: {QueueName: cleaned-full}}
  Missing: {Type: AWS::SQS::Queue, Properties: {QueueName: cleaned-missing}}
"""
    project = load_project(write_files(tmp_path, {**CLEAN, "deploy/resources.yaml": resources}))
    s3, sqs = shared.clients("s3"), shared.clients("sqs")
    s3.create_bucket(Bucket="cleaned")
    s3.put_object(Bucket="cleaned", Key="own", Body=b"1")
    s3.put_object(Bucket="cleaned", Key="changed", Body=b"1")
    jobs, full = (sqs.create_queue(QueueName=f"cleaned-{name}")["QueueUrl"] for name in ("jobs", "full"))
    sqs.send_message(QueueUrl=full, MessageBody="before")
    with cleaned_services(project, shared.endpoint):
        for key in ("made", "changed"):
            s3.put_object(Bucket="cleaned", Key=key, Body=b"2")
        for url in (jobs, full):
            sqs.send_message(QueueUrl=url, MessageBody="during")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="cleaned")["Contents"]] == ["changed", "own"]
    count = ["ApproximateNumberOfMessages"]
    left = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=count)["Attributes"][count[0]] for url in (jobs, full)
    ]
    assert left == ["0", "2"]
    assert capsys.readouterr().out.splitlines() == [
        "cleaned up: 1 object of bucket cleaned",
        "cleaned up: not 1 object of bucket cleaned that the run changed or removed: changed, …",
        "cleaned up: 1 message of queue cleaned-jobs",
    ]


def test_services_of_another_machine_are_never_cleaned(tmp_path: Path) -> None:
    project = load_project(write_files(tmp_path, CLEAN))
    with cleaned_services(project, "https://sqs.us-east-1.amazonaws.com"), cleaned_services(project, None):
        pass


def test_a_look_at_messages_changes_nothing(shared: ServicesStand) -> None:
    sqs = shared.clients("sqs")
    url = sqs.create_queue(QueueName="looked-at", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    colour = {"colour": {"DataType": "String", "StringValue": "blue"}}
    sqs.send_message(QueueUrl=url, MessageBody="one", MessageAttributes=colour)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=600)
    for _ in range(3):
        found = queue_messages(shared.endpoint, url)
        assert found is not None
        states = [(each.body, each.state, each.receives, each.attributes) for each in found]
        assert states == [("one", "visible", 0, {"colour": "blue"}), ("later", "delayed", 0, {})]
    (received,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert received["Attributes"]["ApproximateReceiveCount"] == "1"
    found = queue_messages(shared.endpoint, url)
    assert found is not None
    assert [(each.state, each.receives) for each in found] == [("in flight", 1), ("delayed", 0)]
    assert queue_messages(shared.endpoint, f"{url}-other") is None


def test_sent_mails_are_seen(shared: ServicesStand) -> None:
    shared.clients("ses").verify_email_identity(EmailAddress="shop@example.com")
    content = {"Subject": {"Data": "Your order"}, "Body": {"Text": {"Data": "On its way."}}}
    shared.clients("ses").send_email(
        Source="shop@example.com", Destination={"ToAddresses": ["ada@example.com"]}, Message=content
    )
    mails = sent_mails(shared.endpoint)
    assert mails is not None
    assert (mails[0].source, mails[0].to, mails[0].subject) == ("shop@example.com", ("ada@example.com",), "Your order")
    assert mails[0].text == "On its way."


def test_no_page_of_a_browser_has_a_look(shared: ServicesStand) -> None:
    asked = urllib.request.Request(f"{shared.endpoint}/_aws/ses", headers={"Origin": "http://elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=60)
    refused.value.close()
