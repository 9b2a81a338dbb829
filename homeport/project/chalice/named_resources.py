"""The queues, topics, buckets and streams that an app only names: they are there on AWS, and are made here.

A Chalice app says ``@app.on_sqs_message(queue="jobs")``; who makes the queue is not said. A resource of the same name
in the app's own template (``resources.json``) is that queue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_KINDS = {
    "queue": ("AWS::SQS::Queue", "QueueName"),
    "topic": ("AWS::SNS::Topic", "TopicName"),
    "stream": ("AWS::Kinesis::Stream", "Name"),
    "bucket": ("AWS::S3::Bucket", "BucketName"),
}


def add_named_resources(resources: dict[str, Any], sources: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Add what the sources of an app's events name to the resources of its template, and the buckets' notifications.

    Returns the logical ids that were added, each with the function that it is for.
    """
    added: list[tuple[str, str]] = []
    for source in sources:
        function = str(source.get("function"))
        for key, (kind, name_key) in _KINDS.items():
            name = _name(key, source)
            if name is None:
                continue
            logical_id = _find(resources, kind, name_key, name)
            if logical_id is None:
                logical_id = f"{key.capitalize()}{_letters(name)}"
                resources[logical_id] = {"Type": kind, "Properties": {name_key: name, **_properties(key, name)}}
                added.append((logical_id, function))
            if key == "bucket" and function in resources:
                _notify(resources[logical_id]["Properties"], source)
    return added


def _name(key: str, source: Mapping[str, Any]) -> str | None:
    """Return the name of a resource; an ARN ends with it."""
    written = source.get(key) or (source.get("queue_arn") if key == "queue" else None)
    return str(written).rpartition(":")[2] if isinstance(written, str) and written else None


def _find(resources: Mapping[str, Any], kind: str, name_key: str, name: str) -> str | None:
    for logical_id, resource in resources.items():
        if resource.get("Type") == kind and resource.get("Properties", {}).get(name_key) == name:
            return logical_id
    return None


def _letters(name: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name))


def _properties(key: str, name: str) -> dict[str, Any]:
    if key == "stream":
        return {"ShardCount": 1}
    return {"FifoQueue": True} if key == "queue" and name.endswith(".fifo") else {}


def _notify(bucket: dict[str, Any], source: Mapping[str, Any]) -> None:
    """Have a bucket tell a function of its objects."""
    rules = [{"Name": name, "Value": source[name]} for name in ("prefix", "suffix") if source.get(name)]
    configuration = bucket.setdefault("NotificationConfiguration", {})
    configuration.setdefault("LambdaConfigurations", []).extend(_entries(source, rules))


def _entries(source: Mapping[str, Any], rules: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    events = source.get("events")
    for event in events if isinstance(events, list) else ("s3:ObjectCreated:*",):
        entry = {"Event": event, "Function": {"Fn::GetAtt": [source["function"], "Arn"]}}
        yield entry | ({"Filter": {"S3Key": {"Rules": rules}}} if rules else {})
