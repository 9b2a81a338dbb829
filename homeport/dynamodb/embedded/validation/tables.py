"""Checks of a table's definition and settings, where ministack takes what DynamoDB refuses.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..ministack_module import find_table
from .messages import INVALID, broken_constraint, constraint_error, one_of

_VIEWS = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
_ONE_INDEX = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
_MOST_GLOBAL, _MOST_LOCAL = 20, 5
Answer = Any


class TableChecks:
    """The requests about tables of ``dynamodb``, ministack's module, whose functions it replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        for name, check in (
            ("_create_table", create_table_error),
            ("_update_table", self._update_error),
            ("_list_tables", list_tables_error),
            ("_update_ttl", self._time_to_live_error),
        ):
            setattr(dynamodb, name, self._with_check(getattr(dynamodb, name), check))

    def _with_check(
        self, carry_out: Callable[[Any], Answer], check: Callable[[Mapping[str, Any]], str | None]
    ) -> Callable[[Any], Answer]:
        def answer_to(data: Any) -> Answer:
            message = check(data)
            if message is None:
                return carry_out(data)
            kind = "LimitExceededException" if message == _ONE_INDEX else "ValidationException"
            return self._dynamodb.error_response_json(kind, message, 400)

        return answer_to

    def _update_error(self, data: Mapping[str, Any]) -> str | None:
        table = find_table(self._dynamodb, data.get("TableName"))
        if table is None:
            return None
        stream = data.get("StreamSpecification")
        if stream is not None:
            streaming = bool((table.get("StreamSpecification") or {}).get("StreamEnabled"))
            if not stream.get("StreamEnabled") and not streaming:
                return "Table has no stream to disable"
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
        changes = data.get("GlobalSecondaryIndexUpdates") or []
        online = [change for change in changes if "Create" in change or "Delete" in change]
        if len(online) > 1:
            return _ONE_INDEX
        made = [change["Create"] for change in changes if "Create" in change]
        kept = len(table.get("GlobalSecondaryIndexes") or ())
        return _stream_error(stream) or _indexes_error(made, kept) or self._billing_error(data, table)

    def _billing_error(self, data: Mapping[str, Any], table: Any) -> str | None:
        if data.get("BillingMode") == "PROVISIONED" and not data.get("ProvisionedThroughput"):
            mode = (table.get("BillingModeSummary") or {}).get("BillingMode")
            if mode == "PAY_PER_REQUEST":
                return f"{INVALID}: ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        return None

    def _time_to_live_error(self, data: Mapping[str, Any]) -> str | None:
        if find_table(self._dynamodb, data.get("TableName")) is None:
            return None
        asked = data.get("TimeToLiveSpecification") or {}
        name = self._dynamodb._normalize_table_name(data.get("TableName"))
        setting = self._dynamodb._ttl_settings.get(name) or {}
        is_on = setting.get("TimeToLiveStatus") == "ENABLED"
        if not asked.get("AttributeName"):
            return None
        if bool(asked.get("Enabled")) != is_on:
            return None
        if is_on and asked["AttributeName"] != setting["AttributeName"]:
            current = setting["AttributeName"]
            return f"TimeToLive is active on a different AttributeName: current AttributeName is {current}"
        return f"TimeToLive is already {'enabled' if is_on else 'disabled'}"


def create_table_error(data: Mapping[str, Any]) -> str | None:
    """Return the message for a definition that is over a limit, or that says too much or too little."""
    keys = [each.get("AttributeName") for each in data.get("KeySchema") or ()]
    # A key that is named twice and defined once lacks a definition, which ministack says.
    if len(data.get("AttributeDefinitions") or ()) >= len(keys) > 1 and keys[0] == keys[1]:
        return "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if data.get(kind) == []:
            return f"{INVALID}: List of {kind} is empty"
    local = data.get("LocalSecondaryIndexes") or []
    for index in local if len(keys) > 1 else ():
        if len(index.get("KeySchema") or ()) == 1:
            return f"{INVALID}: Index KeySchema does not have a range key for index: {index.get('IndexName')}"
    message = _projection_error(local)
    if message is None and len(local) > _MOST_LOCAL:
        message = f"{INVALID}: Number of LocalSecondaryIndexes exceeds per-table limit of {_MOST_LOCAL}"
    made = data.get("GlobalSecondaryIndexes") or []
    return message or _indexes_error(made, 0) or _stream_error(data.get("StreamSpecification"))


def list_tables_error(data: Mapping[str, Any]) -> str | None:
    """Return the message for a page of another size than 1 to 100."""
    limit = data.get("Limit")
    if limit is None or 1 <= limit <= 100:
        return None
    bound = "less than or equal to 100" if limit > 100 else "greater than or equal to 1"
    return constraint_error(broken_constraint(limit, "limit", f"have value {bound}"))


def _indexes_error(made: list[Any], kept: int) -> str | None:
    message = _projection_error(made)
    if message is None and kept + len(made) > _MOST_GLOBAL:
        return f"{INVALID}: GlobalSecondaryIndex count exceeds the per-table limit of {_MOST_GLOBAL}"
    return message


def _projection_error(indexes: list[Any]) -> str | None:
    for index in indexes:
        projection = index.get("Projection") or {}
        kind = projection.get("ProjectionType")
        if kind is None:
            return f"{INVALID}: Unknown ProjectionType: null"
        if projection.get("NonKeyAttributes") and kind in ("ALL", "KEYS_ONLY"):
            return f"{INVALID}: ProjectionType is {kind}, but NonKeyAttributes is specified"
    return None


def _stream_error(stream: Mapping[str, Any] | None) -> str | None:
    if not stream or not stream.get("StreamEnabled"):
        return None
    view = stream.get("StreamViewType")
    if view is None:
        return f"{INVALID}: StreamViewType must be specified when a stream is enabled"
    if view not in _VIEWS:
        return constraint_error(broken_constraint(view, "streamSpecification.streamViewType", one_of(_VIEWS)))
    return None
