"""The bucket: a receipt that has arrived is noted in its order."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from service.files import describe
from service.order import RECEIPTS
from service.store import orders


def handler(event: dict[str, Any], context: Any) -> None:
    """Note the type and the size. S3 writes keys as a form does: a space is a plus."""
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        if not orders.change(key.removeprefix(RECEIPTS), receipt=describe(bucket, key)):
            print(f"{key} belongs to no order")
