"""``homeport dev`` has queues, streams, topics, buckets, rules and schedules invoke a project's functions."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.aws.setup.clients import Clients
from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.commands import homeport, homeport_here
from tests.support.project import write_files
from tests.support.waiting import wait_until

pytestmark = pytest.mark.stack

SPEC = """
openapi: 3.0.3
info: {title: Shop, version: 1.0.0}
paths:
  /orders:
    post:
      operationId: addOrder
      x-homeport: {access: {OrdersTable: [PutItem]}}
      responses: {"201": {description: Kept.}}
x-homeport:
  functions:
    index-order:
      environment: {QUEUE: {Ref: ShipQueue}}
      policies:
        - {Effect: Allow, Action: "sqs:SendMessage", Resource: "*"}
        - Effect: Allow
          Action: ["dynamodb:DescribeStream", "dynamodb:Get*", "dynamodb:ListStreams"]
          Resource: "*"
    ship-order:
      policies: &queue
        - {Effect: Allow, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource: "*"}
    show-event:
      policies: *queue
"""
RESOURCES = """
Resources:
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  ShipQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadQueue.Arn, maxReceiveCount: 2}
  DeadQueue: {Type: AWS::SQS::Queue}
  FailedQueue: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic}
  Files:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        LambdaConfigurations:
          - Event: s3:ObjectCreated:*
            Function: !GetAtt ShowEventFunction.Arn
            Filter: {S3Key: {Rules: [{Name: suffix, Value: .png}]}}
  StreamMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt OrdersTable.StreamArn
      FunctionName: !Ref IndexOrderFunction
      StartingPosition: TRIM_HORIZON
      FilterCriteria: {Filters: [{Pattern: '{"eventName": ["INSERT"]}'}]}
  ShipMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt ShipQueue.Arn
      FunctionName: !Ref ShipOrderFunction
      FunctionResponseTypes: [ReportBatchItemFailures]
  NewsToShow:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: lambda, TopicArn: !Ref News, Endpoint: !GetAtt ShowEventFunction.Arn}
  NewsMayShow:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref ShowEventFunction, Principal: sns.amazonaws.com}
  Placed:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [shop], detail: {total: [{numeric: [">", 100]}]}}
      Targets: [{Id: show, Arn: !GetAtt ShowEventFunction.Arn}]
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: cron(0 3 * * ? *)
      Targets: [{Id: show, Arn: !GetAtt ShowEventFunction.Arn}]
  ShowRetries:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref ShowEventFunction
      Qualifier: $LATEST
      MaximumRetryAttempts: 1
      DestinationConfig: {OnFailure: {Destination: !GetAtt FailedQueue.Arn}}
"""
ADD_ORDER = """
import json
import os
import boto3

def handler(event, context):
    order = json.loads(event["body"])
    item = {name: {"S": str(value)} for name, value in order.items()}
    boto3.client("dynamodb").put_item(TableName=os.environ["ORDERS_TABLE"], Item=item)
    return {"statusCode": 201, "body": "{}"}
"""
INDEX_ORDER = """
import os
import boto3

def handler(event, context):
    for record in event["Records"]:
        body = record["dynamodb"]["NewImage"]["id"]["S"]
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=body)
"""
SHIP_ORDER = """
def handler(event, context):
    failed = []
    for record in event["Records"]:
        print("ship", record["body"], record["attributes"]["ApproximateReceiveCount"])
        if record["body"].startswith("bad"):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""
SHOW_EVENT = """
import json

def handler(event, context):
    record = event["Records"][0] if "Records" in event else event
    source = record.get("EventSource") or record.get("eventSource") or record.get("source")
    print("show", source, json.dumps(record.get("Sns", {}).get("Message") or record.get("detail")))
    print("keys", source, ",".join(sorted(record.get("Sns") or record)))
    if "fail" in json.dumps(record):
        raise ValueError("told to fail")
"""


def write_shop(root: Path) -> Path:
    files = {"openapi.yaml": SPEC, "deploy/resources.yaml": RESOURCES, "service/__init__.py": ""}
    handlers = {"__init__": "", "add_order": ADD_ORDER, "index_order": INDEX_ORDER, "ship_order": SHIP_ORDER}
    handlers["show_event"] = SHOW_EVENT
    return write_files(root, {**files, **{f"service/handlers/{name}.py": text for name, text in handlers.items()}})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide the project, whose state is in its own folder, where commands find the stack that runs."""
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    """Provide the project as it runs."""
    with running_stack(root, ("--no-data", "--reload"), state=root / ".homeport") as stack:
        wait_until(lambda: "made rule" in stack.read_output(), stack.read_output)
        yield stack


def clients(stack: Stack) -> Clients:
    assert stack.aws is not None
    return Clients(stack.aws, "us-east-1", embedded=True)


def prints(stack: Stack, text: str) -> Callable[[], bool]:
    return lambda: text in stack.read_output()


def await_text(stack: Stack, text: str) -> None:
    wait_until(prints(stack, text), stack.read_output)


def add_order(stack: Stack, **order: Any) -> None:
    request = urllib.request.Request(
        f"{stack.url}/orders", json.dumps(order).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201


def receive(stack: Stack, name: str) -> list[str]:
    """Return the messages of a queue, as soon as there are any."""
    sqs = clients(stack)("sqs")
    url = sqs.get_queue_url(QueueName=f"shop-local-{name}")["QueueUrl"]
    found: list[str] = []

    def has_some() -> bool:
        found.extend(message["Body"] for message in sqs.receive_message(QueueUrl=url).get("Messages", ()))
        return bool(found)

    wait_until(has_some, stack.read_output)
    return found


def test_order_goes_from_table_to_stream_to_queue_and_a_bad_one_to_the_dead_letters(stack: Stack) -> None:
    add_order(stack, id="good-1")
    add_order(stack, id="bad-1")
    await_text(stack, "ship good-1 1")
    await_text(stack, "ship bad-1 2")
    assert receive(stack, "DeadQueue") == ["bad-1"]
    text = stack.read_output()
    assert re.search(r"ok +[\d.]+ ms dynamodb shop-local-OrdersTable > index-order", text)
    assert re.search(r"ok +[\d.]+ ms sqs shop-local-ShipQueue > ship-order", text)
    assert text.count("ship good-1") == 1


def test_topic_bucket_and_rule_invoke_their_functions(stack: Stack) -> None:
    aws = clients(stack)
    aws("sns").publish(TopicArn="arn:aws:sns:us-east-1:000000000000:shop-local-News", Message="hello")
    await_text(stack, 'show aws:sns "hello"')
    bucket = next(it["Name"] for it in aws("s3").list_buckets()["Buckets"])
    aws("s3").put_object(Bucket=bucket, Key="a.txt", Body=b"x")
    aws("s3").put_object(Bucket=bucket, Key="a.png", Body=b"x")
    await_text(stack, "show aws:s3")
    entries = [{"Source": "shop", "DetailType": "Placed", "Detail": json.dumps({"total": total})} for total in (7, 700)]
    aws("events").put_events(Entries=entries)
    await_text(stack, 'show shop {"total": 700}')
    text = stack.read_output()
    assert (
        "keys aws:sns Message,MessageAttributes,MessageId,Signature,SignatureVersion,SigningCertUrl,Subject,Timestamp,"
        "TopicArn,Type,UnsubscribeUrl" in text
    )
    assert "keys shop account,detail,detail-type,id,region,resources,source,time,version" in text
    assert (
        "keys aws:s3 awsRegion,eventName,eventSource,eventTime,eventVersion,requestParameters,responseElements,s3,"
        "userIdentity" in text
    )
    assert re.search(r"ms s3 \S+ > show-event", text)
    assert re.search(r"ms eventbridge shop > show-event", text)
    # Each source invokes the function once: the services here or the gateway, not both.
    assert [text.count(f"show {source}") for source in ("aws:s3", 'aws:sns "hello"', 'shop {"total"')] == [1, 1, 1]
    assert '{"total": 7}' not in text


def test_services_of_another_process_reach_functions_through_queues(stack: Stack, tmp_path: Path) -> None:
    root = write_shop(tmp_path / "other")
    (root / "openapi.yaml").write_text(SPEC.replace("title: Shop", "title: Other"))
    assert stack.aws is not None and stack.dynamodb is not None
    outside = ("--no-data", "--aws", stack.aws, "--dynamodb", stack.dynamodb)
    with running_stack(root, outside, state=root / ".homeport") as other:
        wait_until(lambda: "made rule" in other.read_output(), other.read_output)
        aws = clients(stack)
        aws("sns").publish(TopicArn="arn:aws:sns:us-east-1:000000000000:other-local-News", Message="from afar")
        bucket = next(it["Name"] for it in aws("s3").list_buckets()["Buckets"] if it["Name"].startswith("other"))
        aws("s3").put_object(Bucket=bucket, Key="a b.png", Body=b"x")
        aws("s3").put_object(Bucket=bucket, Key="c.txt", Body=b"x")
        aws("events").put_events(
            Entries=[{"Source": "shop", "DetailType": "Placed", "Detail": json.dumps({"total": 777})}]
        )
        for text in ('show aws:sns "from afar"', "show aws:s3", 'show shop {"total": 777}'):
            await_text(other, text)
        add_order(other, id="good-9")
        await_text(other, "ship good-9 1")
        printed = other.read_output()
    assert [printed.count(f"show {source}") for source in ("aws:s3", "aws:sns", "shop")] == [1, 1, 1]
    assert (
        "keys aws:sns Message,MessageAttributes,MessageId,Signature,SignatureVersion,SigningCertUrl,Subject" in printed
    )
    assert re.search(r"ok +[\d.]+ ms sns other-local-News > show-event", printed)
    assert "from afar" not in stack.read_output()


def test_event_that_fails_is_tried_again_and_its_record_is_sent(stack: Stack) -> None:
    clients(stack)("sns").publish(TopicArn="arn:aws:sns:us-east-1:000000000000:shop-local-News", Message="fail please")
    (body,) = receive(stack, "FailedQueue")
    record = json.loads(body)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["requestContext"]["functionArn"].endswith(":function:shop-local-show-event:$LATEST")
    assert record["requestPayload"]["Records"][0]["Sns"]["Message"] == "fail please"
    assert record["responsePayload"]["errorMessage"] == "told to fail"
    wait_until(lambda: stack.read_output().count('show aws:sns "fail please"') == 2, stack.read_output)


def test_schedule_runs_at_once_from_the_terminal(root: Path, stack: Stack) -> None:
    listed = homeport_here(root, "schedules")
    assert re.match(r"Nightly  cron\(0 3 \* \* \? \*\)  show-event  next \d{4}-\d\d-\d\d 03:00 UTC", listed.stdout)
    done = homeport_here(root, "schedules", "--run", "Nightly")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nightly runs show-event")
    await_text(stack, "show aws.events {}")
    assert re.search(r"ms schedule \S*Nightly > show-event", stack.read_output())


def test_gateway_that_is_killed_loses_no_message(stack: Stack) -> None:
    gateway = next(
        int(folder.name)
        for folder in Path("/proc").glob("[0-9]*")
        if (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(stack.process.pid)
        and "homeport.gateway.process" in (folder / "cmdline").read_text()
    )
    os.kill(gateway, signal.SIGKILL)
    sqs = clients(stack)("sqs")
    url = sqs.get_queue_url(QueueName="shop-local-ShipQueue")["QueueUrl"]
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=f"after-kill-{number}")
    for number in range(5):
        await_text(stack, f"ship after-kill-{number} ")


def test_saved_file_changes_what_the_next_event_meets(root: Path, stack: Stack) -> None:
    handler = root / "service/handlers/ship_order.py"
    handler.write_text(SHIP_ORDER.replace('print("ship"', 'print("sent"'))
    add_order(stack, id="good-2")
    await_text(stack, "sent good-2 1")
    resources = root / "deploy/resources.yaml"
    resources.write_text(
        RESOURCES.replace("FunctionName: !Ref ShipOrderFunction", "FunctionName: !Ref ShowEventFunction")
    )
    add_order(stack, id="good-3")
    await_text(stack, "sqs shop-local-ShipQueue > show-event")
    assert "sent good-3" not in stack.read_output()


def test_commands_know_the_events_of_triggers(root: Path) -> None:
    done = homeport_here(root, "event", "ShipMapping", "--body", "good-9")
    (record,) = json.loads(done.stdout)["Records"]
    assert (record["body"], record["eventSourceARN"].rpartition(":")[2]) == ("good-9", "shop-local-ShipQueue")
    done = homeport_here(root, "event", "index-order", "--body", '{"id": "7"}')
    (record,) = json.loads(done.stdout)["Records"]
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "7"}}
    done = homeport_here(root, "event", "show-event")
    assert done.returncode == 2
    assert "'show-event' has several triggers (choose one: --trigger" in done.stderr
    done = homeport_here(root, "event", "show-event", "--trigger", "Files/0")
    assert json.loads(done.stdout)["Records"][0]["s3"]["object"]["key"] == "example.png"
    done = homeport(root, "invoke", "show-event", "--trigger", "NewsToShow", "--body", "by hand")
    assert (done.returncode, done.stdout) == (0, "null\n")
    assert 'show aws:sns "by hand"' in done.stderr
