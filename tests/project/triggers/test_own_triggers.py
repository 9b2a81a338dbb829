"""Triggers of deploy/resources.yaml, whose resources refer to the kit's own functions by their logical ids."""

from __future__ import annotations

import json
from pathlib import Path

from homeport.project.load import read_project
from homeport.project.project import Project
from homeport.project.triggers.trigger import QueueTrigger, StreamTrigger, TopicTrigger
from tests.support.spec import document, operation, write_document

SPEC = {
    **document({"/a": {"get": operation()}}),
    "x-homeport": {"functions": {"ship-order": {"timeout": 30}}},
}
RESOURCES = """\
Resources:
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  ShipQueue: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic}
  ShipMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt ShipQueue.Arn
      FunctionName: !Ref ShipOrderFunction
      BatchSize: SIZE
  StreamMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt OrdersTable.StreamArn
      FunctionName: !GetAtt ActFunction.Arn
      StartingPosition: LATEST
  NewsToShip:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: lambda, TopicArn: !Ref News, Endpoint: !GetAtt ShipOrderFunction.Arn}
  NewsMayShip:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref ShipOrderFunction
      Principal: sns.amazonaws.com
      SourceArn: !Ref News
"""


def read(root: Path, resources: str = RESOURCES) -> tuple[Project, list[str]]:
    text = resources.replace("SIZE", "5")
    folder = write_document(root, SPEC, resources=text, handlers=("act", "ship_order"))
    project, problems = read_project(folder, environ={})
    assert project is not None
    return project, [str(problem) for problem in problems]


def test_resources_refer_to_functions_as_in_the_deployed_template(tmp_path: Path) -> None:
    project, problems = read(tmp_path)
    assert problems == []
    queue, stream, topic = project.triggers.every
    assert isinstance(queue, QueueTrigger)
    assert (queue.function, queue.queue_arn, queue.batch_size) == (
        *("ship-order", "arn:aws:sqs:us-east-1:000000000000:test-local-ShipQueue", 5),
    )
    assert isinstance(stream, StreamTrigger)
    assert (stream.function, stream.service, stream.stream) == ("act", "dynamodb", "test-local-OrdersTable")
    assert isinstance(topic, TopicTrigger)
    assert (topic.function, topic.topic_arn) == ("ship-order", "arn:aws:sns:us-east-1:000000000000:test-local-News")
    assert project.resources.others["NewsToShip"].properties["Endpoint"].endswith(":function:test-local-ship-order")
    assert "ShipOrderFunction" not in project.resources.others


def test_mistake_is_an_error_at_its_line(tmp_path: Path) -> None:
    _, problems = read(tmp_path, RESOURCES.replace("SIZE", "500"))
    line = RESOURCES[: RESOURCES.index("BatchSize")].count("\n") + 1
    assert problems == [
        f"deploy/resources.yaml:{line}: error: a batch of more than 10 messages, 500 here, needs a batching window "
        "(set MaximumBatchingWindowInSeconds to 1 or more)"
    ]


def test_function_that_is_not_there_is_named(tmp_path: Path) -> None:
    _, problems = read(tmp_path, RESOURCES.replace("!Ref ShipOrderFunction\n      Batch", "lost-function\n      Batch"))
    assert len(problems) == 1
    assert "ShipMapping invokes a function that is not in the project" in problems[0]


def test_project_without_triggers_has_none(tmp_path: Path) -> None:
    folder = write_document(tmp_path, document({"/a": {"get": operation()}}))
    project, _ = read_project(folder, environ={})
    assert project is not None
    assert project.triggers.every == ()


def test_functions_without_a_route_are_deployed_with_the_resources_that_invoke_them(tmp_path: Path) -> None:
    from homeport.cloud.template.build import build_template

    project, _ = read(tmp_path)
    resources = json.loads(json.dumps(build_template(project)))["Resources"]
    assert resources["ShipOrderFunction"]["Properties"]["Handler"] == "service.handlers.ship_order.handler"
    assert resources["ShipMapping"]["Properties"]["FunctionName"] == {"Ref": "ShipOrderFunction"}
    assert "ShipOrderPermission" not in resources
