"""Events that services of another process put into a queue, as functions get them, and the resources that send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from homeport.aws.setup.relays import unreachable, without_functions
from homeport.project.model import Resources, ServiceResource, Source
from homeport.triggers.sources.relay_poller import relayed_event

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:shop-local-show"
RELAY = "arn:aws:sqs:us-east-1:000000000000:homeport-shop-local-show"


class Queues:
    """Clients whose SQS makes queues."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, name: str) -> Queues:
        assert name == "sqs"
        return self

    def create_queue(self, QueueName: str) -> dict[str, str]:
        self.made.append(QueueName)
        return {"QueueUrl": f"http://127.0.0.1/{QueueName}"}

    def get_queue_attributes(self, QueueUrl: str, **_: Any) -> dict[str, dict[str, str]]:
        return {"Attributes": {"QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{QueueUrl.rpartition('/')[2]}"}}


def properties_of(kind: str, properties: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    resource = ServiceResource("It", kind, "it", properties, {}, Source("deploy/resources.yaml", 1))
    queues: Any = Queues()
    found = without_functions(Resources({}, others={"It": resource}), queues)
    return found.others["It"].properties, queues.made


def test_bucket_tells_the_queue_and_keeps_what_it_tells_others() -> None:
    entry = {"Event": "s3:ObjectCreated:*", "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}}
    written = {
        "LambdaConfigurations": [{**entry, "Function": FUNCTION}],
        "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": "arn:q"}],
    }
    found, made = properties_of("AWS::S3::Bucket", {"NotificationConfiguration": written})
    assert found["NotificationConfiguration"] == {
        "QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": "arn:q"}, {**entry, "Queue": RELAY}]
    }
    assert made == ["homeport-shop-local-show"]


def test_topic_and_subscription_send_to_the_queue() -> None:
    written = {"Protocol": "lambda", "Endpoint": FUNCTION, "TopicArn": "arn:t", "FilterPolicy": {"a": ["b"]}}
    wanted = {**written, "Protocol": "sqs", "Endpoint": RELAY}
    assert properties_of("AWS::SNS::Subscription", written)[0] == wanted
    assert properties_of("AWS::SNS::Topic", {"Subscription": [written]})[0] == {"Subscription": [wanted]}


def test_rule_and_schedule_send_to_the_queue_and_other_targets_stay() -> None:
    targets = [{"Id": "a", "Arn": f"{FUNCTION}:live", "Input": "{}"}, {"Id": "b", "Arn": "arn:aws:sqs:r:a:q"}]
    found, _ = properties_of("AWS::Events::Rule", {"Targets": targets})
    assert found == {"Targets": [{**targets[0], "Arn": RELAY}, targets[1]]}
    assert properties_of("AWS::Scheduler::Schedule", {"Target": targets[0]})[0] == {
        "Target": {**targets[0], "Arn": RELAY}
    }


def test_resources_without_a_function_stay_as_they_are() -> None:
    for kind in ("AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::Events::Rule"):
        assert properties_of(kind, {"Name": "x"}) == ({"Name": "x"}, [])


def test_resources_that_do_not_reach_functions_are_named() -> None:
    source = Source("deploy/resources.yaml", 1)
    machine = ServiceResource(
        "Flow", "AWS::StepFunctions::StateMachine", "f", {"Definition": {"R": FUNCTION}}, {}, source
    )
    quiet = ServiceResource("Quiet", "AWS::StepFunctions::StateMachine", "q", {"Definition": {}}, {}, source)
    nightly = ServiceResource("Nightly", "AWS::Scheduler::Schedule", "n", {"Target": {"Arn": FUNCTION}}, {}, source)
    resources = Resources({}, others={each.logical_id: each for each in (machine, quiet, nightly)})
    assert list(map(str, unreachable(resources, "http://127.0.0.1:4566"))) == [
        "deploy/resources.yaml:1: warning: Flow at http://127.0.0.1:4566 can't call functions of this machine: its "
        "tasks that invoke functions fail (without --aws they work)",
        "deploy/resources.yaml:1: warning: Nightly is kept at http://127.0.0.1:4566: LocalStack runs no schedule "
        "of EventBridge Scheduler (homeport schedules --run Nightly runs it)",
    ]


def test_events_of_s3_and_eventbridge_are_the_body_itself() -> None:
    for event in ({"Records": [{"eventSource": "aws:s3"}]}, {"source": "shop", "detail": {}}, ["a"], 7):
        body = relayed_event(json.dumps(event))
        assert body is not None and json.loads(body) == event


def test_notification_of_sns_is_brought_into_the_form_of_lambda() -> None:
    url = "http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:news:1"
    notification = {
        "Type": "Notification",
        "MessageId": "m",
        "TopicArn": "arn:aws:sns:us-east-1:000000000000:news",
        "Message": "hello",
        "Timestamp": "2026-01-31T09:30:00.000Z",
        "UnsubscribeURL": url,
    }
    (record,) = json.loads(relayed_event(json.dumps(notification)) or b"")["Records"]
    assert record["EventSubscriptionArn"] == "arn:aws:sns:us-east-1:000000000000:news:1"
    assert (record["Sns"]["Message"], record["Sns"]["Subject"], record["Sns"]["UnsubscribeUrl"]) == ("hello", None, url)


def test_text_becomes_json_and_the_test_event_of_s3_is_nobody_s() -> None:
    assert relayed_event("plain") == b'"plain"'
    assert relayed_event(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})) is None
