"""The table's stream: every new order goes into the queue of those to ship."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from service.order import pieces

sqs = boto3.client("sqs")
plain = TypeDeserializer().deserialize


def handler(event: dict[str, Any], context: Any) -> None:
    """Send a message for each record. One that fails has Lambda try the batch again: ship-order may get two."""
    for record in event["Records"]:
        order = plain({"M": record["dynamodb"]["NewImage"]})
        message = {"orderId": order["orderId"], "pieces": pieces(order)}
        sqs.send_message(QueueUrl=os.environ["SHIP_QUEUE"], MessageBody=json.dumps(message))
