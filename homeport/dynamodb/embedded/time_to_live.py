"""Time to live: the deletions of items that have expired.

The service makes such a deletion, and its stream record says so. The journal has it as a write of its own action, which
no client can send.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .storage.storage import Storage

EXPIRE = "Homeport.ExpireItem"
"""The action of a deletion by the service."""


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
