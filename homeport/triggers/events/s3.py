"""Events of S3 buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from homeport.triggers.events.times import iso_millis

_OWNER = "A3NL1KOZZKExample"


@dataclass(frozen=True, slots=True)
class S3Change:
    """A change of an object in a bucket.

    ``event`` is S3's name of it without ``s3:`` (``ObjectCreated:Put``), ``configuration`` the id of the notification.
    An object that was removed has no ``size`` and no ``etag``.
    """

    event: str
    bucket: str
    key: str
    region: str
    time: datetime
    configuration: str
    size: int | None = None
    etag: str = ""
    version: str = ""
    sequencer: str = "0055AED6DCD90281E5"
    request_id: str = "C3D13FE58DE4C810"
    extended_id: str = "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD"
    source_ip: str = "127.0.0.1"
    principal: str = "AWS:AIDAINPONIXQXHT3IKHL2"


def s3_event(change: S3Change) -> dict[str, Any]:
    """Return the event of a change: one record."""
    return {"Records": [s3_record(change)]}


def s3_record(change: S3Change) -> dict[str, Any]:
    """Return the record of a change. The key is encoded as in a form: a space is ``+``."""
    item: dict[str, Any] = {"key": quote_plus(change.key, safe="/-_.~!*'()")}
    if change.size is not None:
        item |= {"size": change.size, "eTag": change.etag}
    if change.version:
        item["versionId"] = change.version
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": change.region,
        "eventTime": iso_millis(change.time),
        "eventName": change.event,
        "userIdentity": {"principalId": change.principal},
        "requestParameters": {"sourceIPAddress": change.source_ip},
        "responseElements": {"x-amz-request-id": change.request_id, "x-amz-id-2": change.extended_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": change.configuration,
            "bucket": {
                "name": change.bucket,
                "ownerIdentity": {"principalId": _OWNER},
                "arn": f"arn:aws:s3:::{change.bucket}",
            },
            "object": {**item, "sequencer": change.sequencer},
        },
    }


def is_test_event(message: Mapping[str, Any]) -> bool:
    """Return whether a message is the one that S3 sends when a notification is set up, which no function gets."""
    return message.get("Event") == "s3:TestEvent"
