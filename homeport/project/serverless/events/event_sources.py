"""Queues and streams that functions read from: ``sqs`` and ``stream``.

https://www.serverless.com/framework/docs/providers/aws/events/sqs
https://www.serverless.com/framework/docs/providers/aws/events/streams
"""

from __future__ import annotations

import json
import re
from typing import Any

from homeport.project.serverless.functions.roles import source_kind
from homeport.project.serverless.logical_names import function_id, normal_name, plain_name
from homeport.project.serverless.service import (
    Content,
    EventEntry,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_SHARED = {
    "batchSize": "BatchSize",
    "enabled": "Enabled",
    "maximumBatchingWindow": "MaximumBatchingWindowInSeconds",
    "batchWindow": "MaximumBatchingWindowInSeconds",
    "maximumRetryAttempts": "MaximumRetryAttempts",
    "maximumRecordAgeInSeconds": "MaximumRecordAgeInSeconds",
    "bisectBatchOnFunctionError": "BisectBatchOnFunctionError",
    "parallelizationFactor": "ParallelizationFactor",
    "tumblingWindowInSeconds": "TumblingWindowInSeconds",
    "startingPosition": "StartingPosition",
}


def add_event_sources(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the event source mappings of a service."""
    for entry in service.events("sqs", "stream"):
        settings = entry.settings if isinstance(entry.settings.value, dict) else entry.settings._replace(value={})
        arn = settings.at("arn") if settings.value else entry.settings
        if arn.value is None or arn.value is True:
            entry.settings.error(f"the event {entry.kind} has no arn", "write arn: {Fn::GetAtt: [QUEUE, Arn]}")
            continue
        kind = source_kind(entry.kind, entry.settings)
        properties = _properties(entry, settings, arn, kind)
        word = "SQS" if kind == "sqs" else kind[:1].upper() + kind[1:]
        base = f"{normal_name(entry.function.key)}EventSourceMapping{word}{plain_name(_source_name(arn))}"
        template.add(_free(base, template), "AWS::Lambda::EventSourceMapping", properties, entry.settings)


def _properties(entry: EventEntry, settings: Cursor, arn: Cursor, kind: str) -> Content:
    made: Content = {
        "EventSourceArn": arn,
        "FunctionName": arn_of(function_id(entry.function.key)),
        "BatchSize": 10,
        "StartingPosition": None if kind == "sqs" else "TRIM_HORIZON",
    }
    made |= {name: settings.at(key) for key, name in _SHARED.items() if settings.at(key).value is not None}
    if settings.has("functionResponseType"):
        made["FunctionResponseTypes"] = [settings.at("functionResponseType")]
    if settings.has("filterPatterns"):
        made["FilterCriteria"] = {
            "Filters": [
                {"Pattern": Placed(json.dumps(pattern.value), pattern)}
                for pattern in settings.at("filterPatterns").entries()
            ]
        }
    if settings.has("maximumConcurrency"):
        made["ScalingConfig"] = {"MaximumConcurrency": settings.at("maximumConcurrency")}
    failure = settings.at("destinations").at("onFailure")
    if failure.value is not None:
        made["DestinationConfig"] = {"OnFailure": {"Destination": _arn(failure)}}
    if settings.has("consumer"):
        settings.at("consumer").warning("a consumer of enhanced fan-out is not emulated: the stream is polled")
    return made


def _arn(at: Cursor) -> Any:
    return optional(at.at("arn")) or at


def _source_name(arn: Cursor) -> str:
    """Return the name of a source, as the framework takes it from its ARN for logical ids."""
    match arn.value:
        case {"Fn::GetAtt": [str(name), *_]} | {"Ref": str(name)} | {"Fn::ImportValue": str(name)}:
            return name
        case {"Fn::GetAtt": str(name)}:
            return name.partition(".")[0]
        case {"Fn::Join": [_, [*_, str(name)]]}:
            return name
    text = text_of(arn)
    parts = re.split(r"[:/]", text)
    return parts[parts.index("stream") - 1] if "stream" in parts[1:] else parts[-1] or "Source"


def _free(base: str, template: ServiceTemplate) -> str:
    name, number = base, 2
    while name in template.resources:
        name, number = f"{base}{number}", number + 1
    return name
