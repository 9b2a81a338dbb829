"""Samples of the events of a project's triggers."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from homeport.errors import HomeportError
from homeport.project.model import Resources, Source, Table
from homeport.project.triggers.event_pattern import EventPattern
from homeport.project.triggers.trigger import BucketTrigger, PoolTrigger, RuleTarget, RuleTrigger, StreamTrigger
from homeport.triggers.sample import SampleInput, attribute_value, sample_triggers, trigger_event

NOTES = Table(
    "NotesTable",
    "notes",
    {
        "KeySchema": [
            {"AttributeName": "owner", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
    },
    Source("deploy/resources.yaml", 1),
)
COMMON: dict[str, Any] = {"id": "T", "function": "work", "source": Source("template.yaml", 1)}


def given(body: str | None = None) -> SampleInput:
    return SampleInput(body, "eu-west-1", 1_700_000_000.0, lambda: "00000000-0000-4000-8000-000000000000")


def sample(trigger: Any, body: str | None = None) -> Any:
    return trigger_event(trigger, given(body), Resources({"NotesTable": NOTES}))


@pytest.mark.parametrize("source", sample_triggers("eu-west-1"))
def test_every_source_has_a_sample(source: str) -> None:
    event = sample(sample_triggers("eu-west-1")[source])
    assert "eu-west-1" in str(event)


def test_message_is_the_body() -> None:
    (record,) = sample(sample_triggers("eu-west-1")["sqs"], '{"n": 1}')["Records"]
    assert record["body"] == '{"n": 1}'
    assert record["md5OfBody"] == hashlib.md5(b'{"n": 1}').hexdigest()
    assert record["eventSourceARN"] == "arn:aws:sqs:eu-west-1:000000000000:my-queue"


def test_item_of_a_table_has_its_key_and_its_view() -> None:
    trigger = StreamTrigger(**COMMON, service="dynamodb", stream="notes")
    (record,) = sample(trigger)["Records"]
    assert record["dynamodb"]["Keys"] == {"owner": {"S": "owner-1"}, "number": {"N": "101"}}
    assert (record["dynamodb"]["StreamViewType"], "NewImage" in record["dynamodb"]) == ("KEYS_ONLY", False)
    (record,) = sample(trigger, '{"owner": "ana", "number": 7, "tags": ["a"]}')["Records"]
    assert record["dynamodb"]["Keys"] == {"owner": {"S": "ana"}, "number": {"N": "7"}}


def test_item_without_its_key_is_refused() -> None:
    with pytest.raises(HomeportError, match="the item has no number"):
        sample(StreamTrigger(**COMMON, service="dynamodb", stream="notes"), '{"owner": "ana"}')


def test_item_becomes_attribute_values() -> None:
    value = {"a": None, "b": True, "c": 1, "d": 1.5, "e": "x", "f": [1], "g": {"h": {"S": "kept"}}}
    assert attribute_value(value) == {
        "M": {
            "a": {"NULL": True},
            "b": {"BOOL": True},
            "c": {"N": "1"},
            "d": {"N": "1.5"},
            "e": {"S": "x"},
            "f": {"L": [{"N": "1"}]},
            "g": {"M": {"h": {"S": "kept"}}},
        }
    }


def test_object_has_a_key_that_the_notification_takes() -> None:
    trigger = BucketTrigger(**COMMON, bucket="files", events=("s3:ObjectRemoved:*",), prefix="in/", suffix=".png")
    (record,) = sample(trigger)["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectRemoved:Delete", "in/example.png")


def test_event_of_a_rule_is_one_that_its_pattern_takes() -> None:
    pattern = EventPattern.parse(
        {
            "source": ["shop"],
            "detail-type": ["Order", "Return"],
            "detail": {"state": ["new"], "total": [{"exists": True}]},
        }
    )
    trigger = RuleTrigger(**COMMON, rule="orders", pattern=pattern)
    event = sample(trigger)
    assert (event["source"], event["detail-type"], event["detail"]) == ("shop", "Order", {"state": "new"})
    assert pattern.matches(sample(trigger, '{"state": "new", "total": 3}'))
    inner = RuleTrigger(**COMMON, rule="orders", pattern=pattern, target=RuleTarget(path="$.detail"))
    assert sample(inner, '{"state": "old"}') == {"state": "old"}


def test_data_of_kinesis_is_the_body() -> None:
    (record,) = sample(sample_triggers("eu-west-1")["kinesis"], "hi")["Records"]
    assert base64.b64decode(record["kinesis"]["data"]) == b"hi"


def test_attributes_of_a_user_are_the_body() -> None:
    event = sample(PoolTrigger(**COMMON, pool="eu-west-1_x", event="PreSignUp"), '{"email": "a@b.example"}')
    assert event["request"]["userAttributes"] == {"email": "a@b.example"}
    assert event["userPoolId"] == "eu-west-1_x"


def test_trigger_without_a_sample_is_named() -> None:
    with pytest.raises(HomeportError, match="there is no sample of the trigger CustomSMSSender"):
        sample(PoolTrigger(**COMMON, pool="p", event="CustomSMSSender"))


@pytest.mark.parametrize("body", ["{", "[]"])
def test_body_of_another_form_is_refused(body: str) -> None:
    with pytest.raises(HomeportError, match="--body is"):
        sample(sample_triggers("eu-west-1")["dynamodb"], body)
