"""Items in DynamoDB: the only place that talks to AWS.

Every change is one conditional write, so nothing is ever half done and two writers never overwrite each other unseen.
botocore tries again where DynamoDB is busy or an answer got lost; a write that had got through isn't made twice.
"""

from __future__ import annotations

import gc
import os
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from service import dynamodb
from service.attributes import to_item
from service.cursor import Position
from service.errors import Changed, Conflict, KeyReused, NotFound, TooLarge, Unavailable
from service.idempotency import Receipt
from service.model import Item, timestamp
from service.preconditions import UNCONDITIONAL, Preconditions
from service.retries import turns

Page = tuple[list[Item], Position | None]
"""Items, and where to go on if there are more."""

_BUSY = frozenset(
    (
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    )
)
_PASSING = frozenset(("None", "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"))
"""Reasons to cancel a transaction that may be gone with the next attempt.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors
"""

_NO_ITEM = "There is no item with this id."
_TAKEN = "There is an item with this id already."
_UNKNOWN = "The database's answer got lost, and the item was changed since. Get it, then try again if needed."
_TOO_BUSY = "The database takes no more requests for now. Try again."


class _ConditionFailed(Exception):
    """A write's condition didn't hold; ``item`` is what is there. ``retried``: an earlier attempt may have written."""

    def __init__(self, item: Item, retried: bool) -> None:
        super().__init__("the condition of a write failed")
        self.item = item
        self.retried = retried


class ItemStore:
    """The items of one table; another one keeps receipts of requests with an Idempotency-Key.

    Every method may raise Unavailable. A ``deadline`` is a time of ``time.monotonic()``.
    """

    def __init__(self, client: Any, table: str, receipts: str = "") -> None:
        self._client = client
        self._table = table
        self._receipts = receipts

    def create(self, item: Item) -> None:
        """Add an item. Raises Conflict if its id is taken."""
        try:
            self._call("put_item", dynamodb.put_new(self._table, item))
        except _ConditionFailed as failed:
            # Whoever changed it since left the time of its creation.
            if not (failed.retried and failed.item.get("createdAt") == item["createdAt"]):
                raise Conflict(_TAKEN) from None

    def create_once(self, item: Item, receipt: Receipt, deadline: float) -> Item:
        """Add an item and give it, unless an earlier request with this key did: then give the item that it made.

        Raises KeyReused if that request had another body, and Conflict if the id is taken.
        """
        puts = [dynamodb.put_new(self._table, item), dynamodb.put_receipt(self._receipts, receipt, item)]
        for _ in turns(deadline):
            try:
                self._call("transact_write_items", {"TransactItems": [{"Put": put} for put in puts]})
            except ClientError as error:
                if made := _made_before(error, receipt):
                    return made
            else:
                return item
        raise Unavailable(_TOO_BUSY)

    def get(self, item_id: str) -> Item:
        """An item as it is now. Raises NotFound."""
        asked = {"TableName": self._table, "Key": dynamodb.key(item_id), "ConsistentRead": True}
        found = self._call("get_item", asked).get("Item")
        if found is None:
            raise NotFound(_NO_ITEM)
        return to_item(found)

    def get_many(self, item_ids: list[str], deadline: float) -> dict[str, Item]:
        """Those of up to 100 items that there are, as they are now, by id. What can't be read isn't left out."""
        found: list[Item] = []
        asked: Any = {self._table: {"Keys": [dynamodb.key(item_id) for item_id in item_ids], "ConsistentRead": True}}
        for _ in turns(deadline):
            reply = self._call("batch_get_item", {"RequestItems": asked})
            found += [to_item(attributes) for attributes in reply["Responses"].get(self._table, [])]
            asked = reply.get("UnprocessedKeys")
            if not asked:
                return {item["itemId"]: item for item in found}
        raise Unavailable(_TOO_BUSY)

    def replace(self, item_id: str, content: Item, now: datetime, preconditions: Preconditions = UNCONDITIONAL) -> Item:
        """Give an item new content, or create it: then its version is 1. Raises Changed."""
        return self._update(item_id, content, now, preconditions, must_exist=False)

    def change(self, item_id: str, changes: Item, now: datetime, preconditions: Preconditions = UNCONDITIONAL) -> Item:
        """Give some of an item's properties new values. Raises NotFound and Changed."""
        return self._update(item_id, changes, now, preconditions, must_exist=True)

    def delete(self, item_id: str, preconditions: Preconditions = UNCONDITIONAL) -> None:
        """Remove an item. Raises NotFound and Changed."""
        try:
            self._call("delete_item", dynamodb.delete(self._table, item_id, preconditions))
        except _ConditionFailed as failed:
            if failed.item:
                raise _changed(failed, preconditions) from None
            if not failed.retried:
                raise NotFound(_NO_ITEM) from None

    def page(self, limit: int, after: Position | None) -> Page:
        """At most ``limit`` items that follow ``after``, in no order."""
        # One more than asked for is read, so that a full last page is known to be the last.
        return _page(self._call("scan", dynamodb.scan(self._table, limit + 1, after)), limit)

    def page_by_status(self, status: str, limit: int, after: Position | None) -> Page:
        """At most ``limit`` items of one status that follow ``after``, newest first."""
        return _page(self._call("query", dynamodb.query(self._table, status, limit + 1, after)), limit)

    def _update(
        self, item_id: str, properties: Item, now: datetime, preconditions: Preconditions, *, must_exist: bool
    ) -> Item:
        asked = dynamodb.update(self._table, item_id, properties, now, preconditions, must_exist=must_exist)
        try:
            return to_item(self._call("update_item", asked)["Attributes"])
        except _ConditionFailed as failed:
            there = failed.item
            if there.get("updatedAt") == timestamp(now):
                if failed.retried and {**there, **properties} == there:
                    return there
                # Another writer was at it in the same microsecond.
                later = now + timedelta(microseconds=1)
                return self._update(item_id, properties, later, preconditions, must_exist=must_exist)
            if must_exist and not there:
                raise NotFound(_NO_ITEM) from None
            if failed.retried and there.get("createdAt") == timestamp(now):
                raise Unavailable(_UNKNOWN) from None
            raise _changed(failed, preconditions) from None

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            reply: dict[str, Any] = getattr(self._client, operation)(**parameters)
        except (ConnectionError, HTTPClientError) as error:
            raise Unavailable("The database doesn't answer. Try again.") from error
        except ClientError as error:
            raise _meaning(error) from error
        return reply


def _changed(failed: _ConditionFailed, preconditions: Preconditions) -> Changed | Unavailable:
    """Another writer was faster; unless an attempt whose answer got lost may have been, and he came after it."""
    return Changed() if preconditions.never_matched(failed.item) or not failed.retried else Unavailable(_UNKNOWN)


def _meaning(error: Any) -> Exception:
    """What an error of DynamoDB means here; a mistake of our own, or a cancelled transaction, stays what it is."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    metadata = error.response["ResponseMetadata"]
    if code == "ConditionalCheckFailedException":
        return _ConditionFailed(to_item(error.response.get("Item", {})), metadata.get("RetryAttempts", 0) > 0)
    if code in _BUSY or metadata["HTTPStatusCode"] >= 500:
        return Unavailable(_TOO_BUSY)
    return (_too_large(message) if code == "ValidationException" else None) or error


def _made_before(error: Any, receipt: Receipt) -> Item | None:
    """The item that a key made before, if that cancelled the transaction; None if it is worth another attempt."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        raise error
    item, kept = error.response["CancellationReasons"]
    if kept["Code"] == "ConditionalCheckFailed":
        if kept["Item"]["fingerprint"]["S"] != receipt.fingerprint:
            raise KeyReused
        return to_item(kept["Item"]["item"]["M"])
    if (item["Code"], kept["Code"]) == ("ConditionalCheckFailed", "None"):
        raise Conflict(_TAKEN)
    if not {item["Code"], kept["Code"]} <= _PASSING | {"ConditionalCheckFailed"}:
        raise _too_large(item.get("Message", "")) or error
    return None


def _too_large(message: str) -> TooLarge | None:
    return TooLarge("The item is larger than 400 KB.") if message.startswith("Item size") else None


def _page(reply: dict[str, Any], limit: int) -> Page:
    found = [to_item(attributes) for attributes in reply["Items"]]
    items = found[:limit]
    if len(found) <= limit and "LastEvaluatedKey" not in reply:
        return items, None
    last = items[-1] if items else to_item(reply["LastEvaluatedKey"])
    return items, Position(last.get("createdAt", "0"), last["itemId"])


def connect() -> Any:
    """A client for DynamoDB, at the endpoint of AWS_ENDPOINT_URL_DYNAMODB or AWS's own.

    Three attempts end well within a function's 10 seconds. Parameters are made here and checked by DynamoDB, so
    botocore need not check them as well.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=1.5,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
        parameter_validation=False,
    )
    # Nothing that a client is made of becomes garbage: to look for some meanwhile is a tenth of a cold start.
    gc.disable()
    try:
        return boto3.client("dynamodb", config=config)
    finally:
        gc.enable()


items = ItemStore(connect(), os.environ["ITEMS_TABLE"], os.environ.get("IDEMPOTENCY_TABLE", ""))
"""Made once, while the function starts, and kept between requests."""
