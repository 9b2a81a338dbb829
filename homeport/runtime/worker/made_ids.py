"""The ids of what a call made: a message, an event, a record. The event that follows has the same id in it.

An id is ``SERVICE:ID``. ``homeport/recordings/links.py`` finds the same ids in events, and so what followed a call.
Objects of S3 have no id of their own in both places: their bucket and key stand for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Of one call: a batch has 500 entries at most (PutRecords), of which the first ones are enough to follow.
_MOST = 50
# The operations that make entries, and where the response has their ids: the list's member, and the id's.
_LISTS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("events", "PutEvents"): ("Entries", "EventId"),
    ("sns", "PublishBatch"): ("Successful", "MessageId"),
    ("sqs", "SendMessageBatch"): ("Successful", "MessageId"),
}
_SINGLE: Mapping[tuple[str, str], str] = {
    ("sns", "Publish"): "MessageId",
    ("sqs", "SendMessage"): "MessageId",
    ("states", "StartExecution"): "executionArn",
    ("states", "StartSyncExecution"): "executionArn",
}
_S3_OBJECT = frozenset({"CompleteMultipartUpload", "CopyObject", "DeleteObject", "PutObject"})


def made_ids(service: str, operation: str, parameters: Mapping[str, Any], response: Mapping[str, Any]) -> list[str]:
    """Return the ids of what a successful call made; ``response`` is as botocore has it."""
    return list(dict.fromkeys(_ids(service, operation, parameters, response)))[:_MOST]


def _ids(service: str, operation: str, parameters: Mapping[str, Any], response: Mapping[str, Any]) -> Iterator[str]:
    called = (service, operation)
    if called in _SINGLE:
        yield from _with_prefix(service, [response.get(_SINGLE[called])])
    elif called in _LISTS:
        entries, name = _LISTS[called]
        yield from _with_prefix(service, (entry.get(name) for entry in _entries(response.get(entries))))
    elif service == "kinesis" and operation in ("PutRecord", "PutRecords"):
        records = [response] if operation == "PutRecord" else _entries(response.get("Records"))
        stream = _stream(parameters)
        yield from _with_prefix(f"kinesis:{stream}", (record.get("SequenceNumber") for record in records))
    elif service == "lambda" and operation in ("Invoke", "InvokeAsync", "InvokeWithResponseStream"):
        metadata = response.get("ResponseMetadata")
        yield from _with_prefix("lambda", [metadata.get("RequestId") if isinstance(metadata, Mapping) else None])
    elif service == "s3":
        yield from _objects(operation, parameters)


def _objects(operation: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    bucket = parameters.get("Bucket")
    if operation in _S3_OBJECT:
        yield f"s3:{bucket}/{parameters.get('Key')}"
    elif operation == "DeleteObjects":
        deleted = parameters.get("Delete")
        for each in _entries(deleted.get("Objects") if isinstance(deleted, Mapping) else None):
            yield f"s3:{bucket}/{each.get('Key')}"


def _stream(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("StreamName") or str(parameters.get("StreamARN", "")).rpartition("/")[2])


def _with_prefix(prefix: str, ids: Iterable[Any]) -> Iterator[str]:
    return (f"{prefix}:{id}" for id in ids if isinstance(id, str) and id)


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []
