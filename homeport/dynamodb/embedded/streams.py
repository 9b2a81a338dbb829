"""Stream records as DynamoDB writes them, and items whose time to live is over.

An item that expires is deleted by the service, and its stream record says so. The journal has such a deletion as a
write of its own action, which no client can send.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .storage.storage import Storage

EXPIRE = "Homeport.ExpireItem"
"""The action of a deletion by the service."""

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Identity.html
_SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


class StreamRecords:
    """The stream records of ``dynamodb``, ministack's module. ``expiring`` is set while the service deletes an item."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self.expiring = False
        self._record, dynamodb._build_change_record = dynamodb._build_change_record, self.record

    def record(self, *arguments: Any) -> Any:
        """Return the record of a change, with its size, and who made it if that was the service."""
        record = self._record(*arguments)
        change = record["dynamodb"]
        images = (change[name] for name in ("Keys", "OldImage", "NewImage") if name in change)
        change["SizeBytes"] = sum(map(self._dynamodb._item_size_bytes, images))
        return {**record, "userIdentity": _SERVICE} if self.expiring else record


def expiry_writes(dynamodb: Any, storage: Storage, now: float) -> Iterator[tuple[str, bytes]]:
    """Yield the writes that remove the items whose time to live is over at ``now``, unless they change before.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
    """
    for (*_, name), setting in dynamodb._ttl_settings.all_items():
        table = dynamodb._tables.get(name)
        if table is None or setting["TimeToLiveStatus"] != "ENABLED":
            continue
        keys = [key for key in (table["pk_name"], table["sk_name"]) if key]
        due = []
        for item in storage.expiring(table):
            if float(item[setting["AttributeName"]]["N"]) > now:
                break
            due.append(item)
        for item in due:
            if _has_expired(item[setting["AttributeName"]], now):
                yield EXPIRE, _delete_if_same(name, keys, item, setting["AttributeName"])


def _has_expired(value: Any, now: float) -> bool:
    """Return True for a time to live attribute that has passed: a Number, at most five years ago."""
    try:
        return 0 <= now - float(value["N"]) < 5 * 365 * 86400
    except (TypeError, KeyError, ValueError):
        return False


def _delete_if_same(table: str, keys: list[str], item: Mapping[str, Any], attribute: str) -> bytes:
    request = {
        "TableName": table,
        "Key": {key: item[key] for key in keys},
        "ConditionExpression": "#ttl = :ttl",
        "ExpressionAttributeNames": {"#ttl": attribute},
        "ExpressionAttributeValues": {":ttl": item[attribute]},
    }
    return json.dumps(request).encode()
