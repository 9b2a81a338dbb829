"""Stream records as DynamoDB writes them: with the size of a change, and the service as author of its deletions."""

from __future__ import annotations

from typing import Any

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
