"""Requests of a contract run to the embedded DynamoDB of its stack: its items, and the consistency of reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any

from homeport.errors import HomeportError
from homeport.http_client import send_request

_TIMEOUT = 30.0
_API = "DynamoDB_20120810."
# homeport/dynamodb/embedded/server.py takes this order.
_SET_CONSISTENCY = "Homeport.SetReadConsistency"


class EngineOrderError(HomeportError):
    """The DynamoDB of a stack did not answer, or refused."""


def scan(endpoint: str, table: str) -> Iterator[dict[str, Any]]:
    """Yield all items of a table, by its name, in DynamoDB's JSON. Raises EngineOrderError."""
    asked: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        page = _send(endpoint, f"{_API}Scan", asked)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def put_item(endpoint: str, table: str, item: Mapping[str, Any]) -> None:
    """Store an item, in DynamoDB's JSON, in a table, by its name. Raises EngineOrderError."""
    _send(endpoint, f"{_API}PutItem", {"TableName": table, "Item": item})


def set_lag(endpoint: str, seconds: float | None, seed: int | None = None) -> None:
    """Have eventually consistent reads lag behind the writes by ``seconds``: None is for ever, 0 not at all.

    All such reads are stale, with a ``seed`` about every second one, always the same ones. Raises EngineOrderError
    where it is not the embedded engine that listens there.
    """
    _send(endpoint, _SET_CONSISTENCY, {"Lag": seconds, "Seed": seed})


def _send(endpoint: str, target: str, body: Mapping[str, Any]) -> Any:
    data = json.dumps(body).encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("X-Amz-Target", target),
        ("Content-Length", str(len(data))),
    ]
    try:
        response = send_request(endpoint, "POST", "/", headers, data, timeout=_TIMEOUT)
    except (OSError, HTTPException) as error:
        raise EngineOrderError(f"the DynamoDB at {endpoint} does not answer: {error}", "does it still run?") from error
    if response.status != 200:
        raise EngineOrderError(f"the DynamoDB at {endpoint} refused {target}: {response.body.decode(errors='replace')}")
    return json.loads(response.body)
