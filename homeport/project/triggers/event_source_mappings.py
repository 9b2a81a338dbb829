"""Event source mappings: the triggers of queues and streams.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.source.cursor import Cursor
from homeport.project.triggers.event_pattern import EventPattern, PatternError
from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import FOREVER, QueueTrigger, StreamTrigger

MAPPING = "AWS::Lambda::EventSourceMapping"
_LARGEST_BATCH = 10_000
_SOURCES = {"sqs": "SQS", "dynamodb": "DynamoDB", "kinesis": "Kinesis"}
_NOT_EMULATED: Mapping[str, str] = {
    "TumblingWindowInSeconds": "each batch is invoked without a window's state",
    "Queues": "Amazon MQ is not emulated",
    "Topics": "Kafka is not emulated",
    "SelfManagedEventSource": "Kafka is not emulated",
    "DocumentDBEventSourceConfig": "DocumentDB is not emulated",
}


def read_mapping(resource: StackResource, functions: FunctionReferences) -> Iterator[QueueTrigger | StreamTrigger]:
    """Yield the trigger of a mapping, none where its source or function is not here, which is reported."""
    properties = resource.properties
    function = functions.find(properties.at("FunctionName").value)
    if function is None:
        properties.at("FunctionName").warning(
            f"{resource.logical_id} invokes a function that is not in the project", "nothing invokes it here"
        )
        return
    for name, meaning in _NOT_EMULATED.items():
        if properties.has(name):
            properties.at(name).warning(f"{name} of {resource.logical_id} is not emulated: {meaning}")
    at = properties.at("EventSourceArn")
    service = _service(at.value)
    if service not in _SOURCES:
        at.warning(
            f"{resource.logical_id} reads from a source that is not emulated, and so does not invoke {function}",
            f"emulated are {', '.join(_SOURCES.values())}",
        )
        return
    common: dict[str, Any] = {
        "id": resource.logical_id,
        "function": function,
        "source": properties.source,
        "enabled": _is_enabled(properties.at("Enabled")),
        "window": whole_number(properties, "MaximumBatchingWindowInSeconds", 0, 300) or 0,
        "partial": "ReportBatchItemFailures" in properties.texts("FunctionResponseTypes"),
        "filters": tuple(_filters(properties)),
    }
    if service == "sqs":
        yield _queue_trigger(properties, at.value, common)
    else:
        yield _stream_trigger(properties, service, at.value, common)


def _queue_trigger(properties: Cursor, arn: str, common: Mapping[str, Any]) -> QueueTrigger:
    size = whole_number(properties, "BatchSize", 1, _LARGEST_BATCH) or 10
    limit = 10 if arn.endswith(".fifo") or not common["window"] else _LARGEST_BATCH
    if size > limit:
        # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        hint = (
            "a FIFO queue has no window" if arn.endswith(".fifo") else "set MaximumBatchingWindowInSeconds to 1 or more"
        )
        properties.at("BatchSize").error(
            f"a batch of more than 10 messages, {size} here, needs a batching window", hint
        )
    scaling = properties.map("ScalingConfig")
    concurrency = whole_number(scaling, "MaximumConcurrency", 2, 1000)
    return QueueTrigger(**common, queue_arn=arn, batch_size=min(size, limit), max_concurrency=concurrency)


def _stream_trigger(properties: Cursor, service: str, arn: str, common: Mapping[str, Any]) -> StreamTrigger:
    positions = ("TRIM_HORIZON", "LATEST", *(("AT_TIMESTAMP",) if service == "kinesis" else ()))
    at = properties.at("StartingPosition")
    if at.value is None:
        properties.error(f"StartingPosition of {common['id']} is missing", f"write one of {', '.join(positions)}")
    position = properties.choice("StartingPosition", positions, "LATEST")
    timestamp = properties.at("StartingPositionTimestamp").value
    destination = properties.map("DestinationConfig").map("OnFailure").at("Destination").value
    return StreamTrigger(
        **common,
        service=cast(Any, service),
        stream=arn.split(":", 5)[5].split("/")[1],
        position=cast(Any, position),
        at=float(timestamp) if isinstance(timestamp, int | float) else None,
        batch_size=whole_number(properties, "BatchSize", 1, _LARGEST_BATCH) or 100,
        bisect=properties.flag("BisectBatchOnFunctionError"),
        max_retries=_limit(properties, "MaximumRetryAttempts", 10_000),
        max_age=_limit(properties, "MaximumRecordAgeInSeconds", 604_800),
        parallelization=whole_number(properties, "ParallelizationFactor", 1, 10) or 1,
        on_failure=destination if isinstance(destination, str) else "",
    )


def _service(arn: object) -> str:
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return parts[2] if len(parts) == 6 and parts[0] == "arn" else ""


def _is_enabled(at: Cursor) -> bool:
    return at.value not in (False, "false", "False")


def whole_number(properties: Cursor, key: str, low: int, high: int) -> int | None:
    """Return a whole number, which a template may write as text (the value of a parameter)."""
    at = properties.at(key)
    if isinstance(at.value, str) and at.value.lstrip("-").isdecimal():
        at = at._replace(value=int(at.value))
        properties = properties._replace(value={**properties.value, key: at.value})
    return properties.integer(key, low, high)


def _limit(properties: Cursor, key: str, high: int) -> int:
    found = whole_number(properties, key, FOREVER, high)
    return FOREVER if found is None else found


def _filters(properties: Cursor) -> Iterator[EventPattern]:
    for entry in properties.map("FilterCriteria").list("Filters"):
        pattern = read_pattern(entry.at("Pattern"))
        if pattern is not None:
            yield pattern


def read_pattern(at: Cursor) -> EventPattern | None:
    """Return a pattern, JSON text or a map; None after an error, which is reported."""
    document = at.value
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            at.error(f"the pattern is not JSON: {error}", 'write {"source": ["my.app"]}')
            return None
    try:
        return EventPattern.parse(document)
    except PatternError as error:
        at.error(f"AWS refuses the pattern: {error}")
        return None
