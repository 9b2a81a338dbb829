"""Sample events: what the function of a trigger would get, or that of a source which the project does not have."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, assert_never

from homeport.errors import HomeportError
from homeport.project.model import LOCAL_ACCOUNT, Resources, Source, Table
from homeport.project.triggers.event_pattern import EventPattern
from homeport.project.triggers.schedule_expression import Rate
from homeport.project.triggers.trigger import (
    AnyTrigger,
    BucketTrigger,
    PoolTrigger,
    QueueTrigger,
    RuleTrigger,
    ScheduleTrigger,
    StreamTrigger,
    TopicTrigger,
)
from homeport.triggers.events.cognito import TRIGGER_SOURCES, PoolUser, cognito_event
from homeport.triggers.events.dynamodb import dynamodb_event, sample_record
from homeport.triggers.events.eventbridge import EventOrigin, apply_input, bus_event
from homeport.triggers.events.kinesis import kinesis_record
from homeport.triggers.events.s3 import S3Change, s3_event
from homeport.triggers.events.schedule import schedule_input
from homeport.triggers.events.sns import sns_event
from homeport.triggers.events.sqs import sqs_event
from homeport.triggers.events.times import iso_millis

_NOWHERE = Source("", 0)
_TEXT = "Sent by hand"


@dataclass(frozen=True, slots=True)
class SampleInput:
    """The input of a sample: ``body`` is the message, the item, the object's key or the event's detail, as text.

    ``now`` is seconds since the epoch, ``new_id()`` a UUID.
    """

    body: str | None
    region: str
    now: float
    new_id: Callable[[], str]

    @property
    def moment(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.now, UTC)

    @property
    def origin(self) -> EventOrigin:
        """The origin of an event of a bus."""
        return EventOrigin(self.new_id(), LOCAL_ACCOUNT, self.region, self.moment)


def trigger_event(trigger: AnyTrigger, given: SampleInput, resources: Resources) -> Any:
    """Return the event that the function of a trigger would get. Raises HomeportError for a body of another form."""
    match trigger:
        case QueueTrigger():
            return sqs_event([_message(given)], trigger.queue_arn)
        case StreamTrigger(service="dynamodb"):
            return _table_event(trigger, given, resources)
        case StreamTrigger():
            return {"Records": [_kinesis_record(trigger, given)]}
        case TopicTrigger():
            return sns_event(_notification(trigger, given), f"{trigger.topic_arn}:{given.new_id()}")
        case BucketTrigger():
            return s3_event(_change(trigger, given))
        case RuleTrigger():
            return _rule_input(trigger, given)
        case ScheduleTrigger():
            return schedule_input(trigger, given.origin)
        case PoolTrigger():
            return _pool_event(trigger, given)
        case unknown:
            assert_never(unknown)


def sample_triggers(region: str) -> Mapping[str, AnyTrigger]:
    """Return a trigger of each source by the source's name, for functions that have none."""

    def arn(service: str, resource: str) -> str:
        return f"arn:aws:{service}:{region}:{LOCAL_ACCOUNT}:{resource}"

    common: dict[str, Any] = {"id": "Sample", "function": "", "source": _NOWHERE}
    hourly = Rate(3600)
    pattern = EventPattern.parse({"source": ["my.app"], "detail-type": ["Order Placed"]})
    pool = f"{region}_AbCdEfGhI"
    return {
        "sqs": QueueTrigger(**common, queue_arn=arn("sqs", "my-queue")),
        "sns": TopicTrigger(**common, topic_arn=arn("sns", "my-topic")),
        "s3": BucketTrigger(**common, bucket="my-bucket", events=("s3:ObjectCreated:Put",)),
        "dynamodb": StreamTrigger(**common, service="dynamodb", stream="my-table"),
        "kinesis": StreamTrigger(**common, service="kinesis", stream="my-stream"),
        "eventbridge": RuleTrigger(**common, rule="my-rule", pattern=pattern),
        "schedule": ScheduleTrigger(
            **common, name="my-rule", arn=arn("events", "rule/my-rule"), text="rate(1 hour)", schedule=hourly
        ),
        "scheduler": ScheduleTrigger(
            **common,
            name="my-schedule",
            arn=arn("scheduler", "schedule/default/my-schedule"),
            text="rate(1 hour)",
            schedule=hourly,
        ),
        **{f"cognito:{event}": PoolTrigger(**common, pool=pool, event=event) for event in TRIGGER_SOURCES},
    }


def _message(given: SampleInput) -> dict[str, Any]:
    body, sent = given.body if given.body is not None else _TEXT, int(given.now * 1000)
    return {
        "MessageId": given.new_id(),
        "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "Body": body,
        "MD5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(sent),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": str(sent + 2),
        },
    }


def _notification(trigger: TopicTrigger, given: SampleInput) -> dict[str, Any]:
    return {
        "MessageId": given.new_id(),
        "TopicArn": trigger.topic_arn,
        "Message": given.body if given.body is not None else _TEXT,
        "Timestamp": iso_millis(given.moment),
    }


def _change(trigger: BucketTrigger, given: SampleInput) -> S3Change:
    event = trigger.events[0].removeprefix("s3:")
    # s3:ObjectCreated:* stands for every way to create an object.
    name = event.replace("*", "Delete" if event.startswith("ObjectRemoved") else "Put")
    removed = event.startswith("ObjectRemoved")
    return S3Change(
        event=name,
        bucket=trigger.bucket,
        key=given.body if given.body is not None else f"{trigger.prefix}example{trigger.suffix}",
        region=given.region,
        time=given.moment,
        configuration=given.new_id(),
        size=None if removed else 1024,
        etag="" if removed else "d41d8cd98f00b204e9800998ecf8427e",
    )


def _kinesis_record(trigger: StreamTrigger, given: SampleInput) -> dict[str, Any]:
    data = (given.body if given.body is not None else _TEXT).encode()
    record = {
        "PartitionKey": "1",
        "SequenceNumber": "49590338271490256608559692538361571095921575989136588898",
        "Data": base64.b64encode(data).decode(),
        "ApproximateArrivalTimestamp": given.now,
    }
    arn = f"arn:aws:kinesis:{given.region}:{LOCAL_ACCOUNT}:stream/{trigger.stream}"
    role = f"arn:aws:iam::{LOCAL_ACCOUNT}:role/{trigger.function or 'my-role'}"
    return kinesis_record(record, "shardId-000000000006", arn, role)


def _table_event(trigger: StreamTrigger, given: SampleInput, resources: Resources) -> dict[str, Any]:
    table = next((found for found in resources.tables.values() if found.name == trigger.stream), None)
    names = [key["AttributeName"] for key in table.properties["KeySchema"]] if table is not None else ["id"]
    item = _document(given.body, "an item, a JSON object") if given.body is not None else _item(names, table)
    image = {name: attribute_value(value) for name, value in item.items()}
    if missing := [name for name in names if name not in image]:
        raise HomeportError(f"the item has no {', '.join(missing)}", f"the key of {trigger.stream} is {names}")
    view = _view(table)
    images = {"NewImage": image} if view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else {}
    record = sample_record("INSERT", {name: image[name] for name in names}, images, given.now, view)
    label = given.moment.strftime("%Y-%m-%dT%H:%M:%S.000")
    arn = f"arn:aws:dynamodb:{given.region}:{LOCAL_ACCOUNT}:table/{trigger.stream}/stream/{label}"
    return dynamodb_event([record], arn)


def _view(table: Table | None) -> str:
    specification = table.properties.get("StreamSpecification") if table is not None else None
    return str((specification or {}).get("StreamViewType", "NEW_AND_OLD_IMAGES"))


def _item(names: list[str], table: Table | None) -> dict[str, Any]:
    types = {}
    if table is not None:
        types = {it["AttributeName"]: it["AttributeType"] for it in table.properties.get("AttributeDefinitions", ())}
    return {name: 101 if types.get(name) == "N" else f"{name}-1" for name in names}


def attribute_value(value: Any) -> dict[str, Any]:
    """Return a JSON value as an attribute value of DynamoDB; one that is written as such stays."""
    match value:
        case {"S": str()} | {"N": str()} | {"B": str()} | {"M": dict()} | {"L": list()} if len(value) == 1:
            return dict(value)
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [attribute_value(inner) for inner in value]}
        case Mapping():
            return {"M": {name: attribute_value(inner) for name, inner in value.items()}}
    raise HomeportError(f"{value!r} is no value of an item")


def _rule_input(trigger: RuleTrigger, given: SampleInput) -> Any:
    pattern = trigger.pattern.document
    detail = _document(given.body, "the event's detail, a JSON object") if given.body is not None else {}
    if given.body is None:
        detail = _example(pattern.get("detail", {}))
    source, kind = _first(pattern.get("source"), "my.app"), _first(pattern.get("detail-type"), "Something Happened")
    event = bus_event(source, kind, detail, given.origin)
    arn = f"arn:aws:events:{given.region}:{LOCAL_ACCOUNT}:rule/{trigger.rule}"
    return apply_input(event, trigger.target, arn, given.moment)


def _example(pattern: Any) -> dict[str, Any]:
    """Return a detail with the first value of each field that a pattern writes out."""
    found: dict[str, Any] = {}
    for name, part in pattern.items() if isinstance(pattern, Mapping) else ():
        if isinstance(part, Mapping):
            found[name] = _example(part)
        elif isinstance(part, list) and part and not isinstance(part[0], Mapping):
            found[name] = part[0]
    return found


def _first(values: Any, default: str) -> str:
    written = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return written[0] if written else default


def _pool_event(trigger: PoolTrigger, given: SampleInput) -> dict[str, Any]:
    if trigger.event not in TRIGGER_SOURCES:
        raise HomeportError(f"there is no sample of the trigger {trigger.event}", "--event FILE")
    attributes = {"sub": given.new_id(), "email_verified": "true", "email": "user@example.com"}
    if given.body is not None:
        attributes = {name: str(value) for name, value in _document(given.body, "the user's attributes").items()}
    user = PoolUser(trigger.pool, given.region, "3n4b5urk1ft4fl3mg5e62d9ado", "user-1", attributes)
    return cognito_event(trigger.event, user)


def _document(text: str, words: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise HomeportError(f"--body is not JSON: {error}", f"it is {words}") from None
    if not isinstance(found, dict):
        raise HomeportError(f"--body is {words}")
    return found
