"""The origin of an event in a few words, for the console: ``sns news``, ``s3 files``, ``schedule nightly``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def origin_of(event: bytes) -> str:
    """Return what an event says of where it comes from, ``event`` where it says nothing."""
    try:
        document = json.loads(event)
    except ValueError:
        return "event"
    if not isinstance(document, Mapping):
        return "event"
    records = document.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], Mapping):
        return _of_record(records[0])
    resources = document.get("resources")
    if document.get("source") in ("aws.events", "aws.scheduler") and isinstance(resources, list) and resources:
        return f"schedule {_last(resources[0])}"
    if "detail-type" in document and "source" in document:
        return f"eventbridge {document['source']}"
    return "event"


def _of_record(record: Mapping[str, Any]) -> str:
    match record:
        case {"EventSource": "aws:sns", "Sns": {"TopicArn": str(arn)}}:
            return f"sns {_last(arn)}"
        case {"eventSource": "aws:s3", "s3": {"bucket": {"name": str(name)}}}:
            return f"s3 {name}"
    return "event"


def _last(arn: object) -> str:
    return str(arn).replace("/", ":").rpartition(":")[2]
