"""Filters of event source mappings: patterns on records whose body or data may be JSON of its own.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from homeport.project.triggers.event_pattern import EventPattern


def takes(filters: Sequence[EventPattern], record: Mapping[str, Any]) -> bool:
    """Return whether a record, as a function would get it, passes one of the filters, or there are none."""
    return not filters or any(_matches(pattern, record) for pattern in filters)


def _matches(pattern: EventPattern, record: Mapping[str, Any]) -> bool:
    found = dict(record)
    if "body" in pattern.document:
        # A pattern for JSON takes no plain text, and one for plain text no JSON object.
        found["body"] = _content(str(record.get("body", "")), pattern.document["body"])
    if "data" in pattern.document:
        kinesis = record.get("kinesis", {})
        found["data"] = _content(_decode(kinesis.get("data", "")), pattern.document["data"])
        # A pattern names the metadata of a Kinesis record without ``kinesis``: partitionKey.
        found |= {name: value for name, value in kinesis.items() if name != "data"}
    return pattern.matches(found)


def _content(text: str, wanted: Any) -> Any:
    if not isinstance(wanted, Mapping):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return None


def _decode(data: str) -> str:
    try:
        return base64.b64decode(data).decode()
    except ValueError:
        return ""
