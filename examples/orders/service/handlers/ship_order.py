"""The queue of orders to ship. The messages that fail come again, and the others of their batch don't."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from service.order import MOST_IN_A_PARCEL, timestamp
from service.store import orders


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    failed = []
    for record in event["Records"]:
        try:
            ship(json.loads(record["body"]))
        except Exception as error:
            print(json.dumps({"level": "ERROR", "message": record["body"], "error": repr(error)}))
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def ship(message: dict[str, Any]) -> None:
    """Ship an order. A second time changes the moment alone."""
    if message["pieces"] > MOST_IN_A_PARCEL:
        raise ValueError(f"{message['pieces']} pieces do not fit into a parcel")
    orders.change(message["orderId"], status="shipped", shippedAt=timestamp(datetime.now(UTC)))
