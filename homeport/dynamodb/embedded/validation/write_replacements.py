"""Writes, checked before ministack carries them out: of one item, in batches, in transactions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..expressions import ExpressionError
from ..ministack_module import find_table, validation_error
from . import legacy, shapes
from .expression_replacements import Expressions
from .legacy_updates import apply_attribute_updates, attribute_updates_error
from .messages import INVALID
from .paths import path_error
from .request import RequestExpressions

Answer = tuple[int, dict[str, str], bytes]
"""A response of ministack: status, headers, body."""

_WRITES = {"PutItem": "_put_item", "UpdateItem": "_update_item", "DeleteItem": "_delete_item"}


class Writes:
    """The writes of ``dynamodb``, ministack's module, and the conditions and updates from before expressions."""

    def __init__(self, dynamodb: Any, expressions: Expressions) -> None:
        self._dynamodb = dynamodb
        self._expressions = expressions
        self._write_error, dynamodb._single_write_request_error = (
            dynamodb._single_write_request_error,
            self.write_request,
        )
        dynamodb._expected_error = self.expected_error
        dynamodb._evaluate_expected = legacy.meets_expected
        dynamodb._apply_attribute_updates = self.attribute_updates
        dynamodb._check_legacy_comparison = legacy.compare
        self._transact, dynamodb._transact_write_items = dynamodb._transact_write_items, self.transact
        self._write_batch, dynamodb._batch_write_item = dynamodb._batch_write_item, self.batch_write
        for action, name in _WRITES.items():
            setattr(dynamodb, name, self._checked_write(action, getattr(dynamodb, name)))

    def expected_error(self, expected: Any) -> str | None:
        """Return what is wrong with an Expected parameter."""
        return legacy.expected_error(expected) if isinstance(expected, dict) else None

    def attribute_updates(self, item: Any, updates: Any) -> Any:
        """Return an item after updates from before expressions. Raises ministack's error for them."""
        try:
            return apply_attribute_updates(item, updates)
        except ExpressionError as error:
            raise self._dynamodb._AttributeUpdatesValidationError(str(error)) from error

    def write_request(self, data: Any) -> Any:
        """Check what the writes of one item have in common."""
        message = (
            shapes.conditional_operator_error(data, "Expected")
            or shapes.item_error(data.get("Item"))
            or attribute_updates_error(data.get("AttributeUpdates") or {})
        )
        if message is not None:
            return self._error(message)
        error = self._write_error(data)
        if error and b"can only be specified when using expressions" in error[2]:
            return self._error(_without_expression(data))
        return error

    def batch_write(self, data: Any) -> Any:
        """Carry out a BatchWriteItem."""
        if not data.get("RequestItems"):
            return self._error("The requestItems parameter is required for BatchWriteItem")
        requests = data["RequestItems"]
        message = shapes.write_requests_error(requests) if isinstance(requests, dict) else None
        return self._write_batch(data) if message is None else self._error(message)

    def transact(self, data: Any) -> Any:
        """Carry out a TransactWriteItems; an update of a key cancels it."""
        members = data.get("TransactItems")
        if not isinstance(members, list):
            return self._transact(data)
        message = shapes.transact_items_error(members)
        if message is not None:
            return self._error(message)
        reasons = {
            place: reason for place, member in enumerate(members) if (reason := self._key_reason(member)) is not None
        }
        if reasons:
            return self._dynamodb._transact_validation_cancel_response(len(members), reasons)
        # ministack works out each update when the conditions have been decided, as DynamoDB does.
        self._expressions.key_errors = {
            id(member["Update"]["UpdateExpression"]): message
            for member in members
            if isinstance(member, dict) and (message := self._key_update_error(member.get("Update"))) is not None
        }
        try:
            return self._transact(data)
        finally:
            self._expressions.key_errors = {}

    def _key_reason(self, member: Any) -> str | None:
        """Return why a member of a transaction names no item of its table."""
        for name in ("Update", "Delete", "ConditionCheck"):
            operation: Any = member.get(name) if isinstance(member, dict) else None
            table = self._table(operation) if isinstance(operation, dict) else None
            if table is None:
                continue
            wanted = {key for key in (table["pk_name"], table["sk_name"]) if key}
            if set(operation.get("Key") or ()) != wanted:
                return "The provided key element does not match the schema"
        put: Any = member.get("Put") if isinstance(member, dict) else None
        table = self._table(put) if isinstance(put, dict) else None
        for key in (table["pk_name"], table["sk_name"]) if table is not None else ():
            if key and key not in (put.get("Item") or {}):
                return f"{INVALID}: Missing the key {key} in the item"
        return None

    def _key_update_error(self, update: Any) -> str | None:
        if not isinstance(update, dict) or not update.get("UpdateExpression"):
            return None
        table = self._table(update)
        expressions = RequestExpressions(update)
        if table is None or expressions.error(("ConditionExpression", "UpdateExpression")) is not None:
            return None
        changed = {path[0] for path in expressions.update_paths()}
        for name in (table["pk_name"], table["sk_name"]):
            if name in changed:
                return f"{INVALID}: Cannot update attribute {name}. This attribute is part of the key"
        return None

    def _checked_write(self, action: str, carry_out: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
        def write(data: Any) -> Answer:
            message = self._write_path_error(data)
            if message is not None:
                answer: Answer = self._error(message)
                return answer
            answer = carry_out(data)
            if data.get("ReturnValues") == "UPDATED_OLD" and action == "UpdateItem":
                return _without_empty_attributes(answer)
            return answer

        return write

    def _write_path_error(self, data: Any) -> str | None:
        """Return the message for a path into a key; any other fault of the expressions comes before it."""
        if not data.get("ConditionExpression") and not data.get("UpdateExpression"):
            return None
        table = self._table(data)
        if table is None:
            return None
        expressions = self._expressions.of(data)
        if expressions.error(("ConditionExpression", "UpdateExpression")) is not None:
            return None
        own = (table["pk_name"], table["sk_name"])
        changed = [path for path in expressions.update_paths() if path[0] not in own]
        return path_error(table, [*expressions.condition_paths(), *changed])

    def _table(self, data: Any) -> Any:
        return find_table(self._dynamodb, data.get("TableName"))

    def _error(self, message: str | None) -> Any:
        return validation_error(self._dynamodb, message)


def _without_expression(data: Mapping[str, Any]) -> str:
    if data.get("ExpressionAttributeNames"):
        return "ExpressionAttributeNames can only be specified when using expressions"
    slots = "ConditionExpression is null"
    if "AttributeUpdates" in data:
        slots = "UpdateExpression and ConditionExpression are null"
    return f"ExpressionAttributeValues can only be specified when using expressions: {slots}"


def _without_empty_attributes(answer: Answer) -> Answer:
    status, headers, body = answer
    document = json.loads(body)
    if status == 200 and document.get("Attributes") == {}:
        del document["Attributes"]
        return status, headers, json.dumps(document).encode()
    return answer
