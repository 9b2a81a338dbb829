"""Query, Scan and GetItem, checked before ministack carries them out, and an index's projection of an item."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..expressions import ExpressionError
from ..expressions.binding import condition_paths
from ..ministack_module import find_table, validation_error
from . import legacy
from .keys import ReadTarget, read_target
from .messages import broken_constraint, constraint_error, one_of
from .paths import path_error
from .reads import is_fetching, order_of, query_error, scan_error
from .request import RequestExpressions
from .shapes import attributes_to_get_error

# ministack says so of a condition on the partition key that it can't use.
_MISSED = b"Query condition missed key schema element"
_SELECTS = ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")


class Reads:
    """The reads of ``dynamodb``, ministack's module. Between requests no index is in view."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._request: Mapping[str, Any] = {}
        self._target: ReadTarget | None = None
        self._fetching = False
        self._query, dynamodb._query = dynamodb._query, self.query
        self._scan, dynamodb._scan = dynamodb._scan, self.scan
        self._get, dynamodb._get_item = dynamodb._get_item, self.get
        self._get_batch, dynamodb._batch_get_item = dynamodb._batch_get_item, self.get_batch
        self._get_all, dynamodb._transact_get_items = dynamodb._transact_get_items, self.transact_get
        self._index_projection, dynamodb._apply_index_projection = (
            dynamodb._apply_index_projection,
            self.index_projection,
        )
        dynamodb._evaluate_legacy_filter = self.passes_filter
        dynamodb._apply_exclusive_start_key_scan = after_start

    def query(self, data: Any) -> Any:
        """Carry out a Query."""
        expressions = RequestExpressions(data)
        early = self._early_error(data, expressions)
        if early is not None:
            return early
        return self._read(data, expressions, self._query, query_error)

    def scan(self, data: Any) -> Any:
        """Carry out a Scan."""
        if data.get("Select") is not None and data["Select"] not in _SELECTS:
            name = self._dynamodb._normalize_table_name(data.get("TableName"))
            broken = broken_constraint(data["Select"], "select", one_of(_SELECTS))
            return self._dynamodb._validate_data_plane_table_name(name) or self._error(constraint_error(broken))
        return self._read(data, RequestExpressions(data), self._scan, scan_error)

    def get(self, data: Any) -> Any:
        """Carry out a GetItem."""
        message = attributes_to_get_error(data)
        if message is not None and self._table(data) is not None:
            return self._error(message)
        table = self._table(data)
        if table is not None and data.get("ProjectionExpression"):
            try:
                message = path_error(table, RequestExpressions(data).projection())
            except ExpressionError:
                message = None
            if message is not None:
                return self._error(message)
        return self._get(data)

    def get_batch(self, data: Any) -> Any:
        """Carry out a BatchGetItem."""
        if not data.get("RequestItems"):
            return self._error("The requestItems parameter is required for BatchGetItem")
        for name, part in data["RequestItems"].items():
            if not isinstance(part, dict) or part.get("Keys") is None:
                broken = broken_constraint(None, f"requestItems.{name}.member.keys", "not be null")
                return self._error(constraint_error(broken))
        return self._get_batch(data)

    def transact_get(self, data: Any) -> Any:
        """Carry out a TransactGetItems; a key without the attributes of its table's key cancels it."""
        answer = self._get_all(data)
        if answer[0] != 200:
            return answer
        reasons: dict[int, str] = {}
        for place, member in enumerate(data["TransactItems"]):
            table = self._table(member["Get"])
            if table is None:
                return self._dynamodb.error_response_json(
                    "ResourceNotFoundException", "Requested resource not found", 400
                )
            error = self._dynamodb._resolve_table_key_values(table, member["Get"].get("Key"), allow_extra=False)[2]
            if error:
                reasons[place] = json.loads(error[2])["message"]
        if not reasons:
            return answer
        return self._dynamodb._transact_cancel_response(len(data["TransactItems"]), {}, reasons)

    def _early_error(self, data: Any, expressions: RequestExpressions) -> Any:
        """Return the error for a key condition that no table can answer; it comes before the table is looked for."""
        module = self._dynamodb
        if not isinstance(data.get("KeyConditionExpression"), str) or not data["KeyConditionExpression"]:
            if data.get("KeyConditions") or "KeyConditionExpression" in data:
                return None
            if data.get("KeyConditions") == {}:
                return self._error("Conditions can be of length 1 or 2 only")
            name = module._normalize_table_name(data.get("TableName"))
            needed = "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            return (
                module._validate_data_plane_table_name(name)
                or self._dynamodb._check_per_op_param_enums(data, None)
                or self._error(needed)
            )
        try:
            expressions.key_conditions()
        except ExpressionError as error:
            name = module._normalize_table_name(data.get("TableName"))
            return (
                module._validate_data_plane_table_name(name)
                or self._dynamodb._check_per_op_param_enums(data, None)
                or module._values_error_response(module._request_values(data), envelope=False)
                or self._error(str(error))
            )
        return None

    def _read(
        self,
        data: Any,
        expressions: RequestExpressions,
        carry_out: Callable[[Any], Any],
        check: Callable[[Mapping[str, Any], RequestExpressions, ReadTarget], str | None],
    ) -> Any:
        """Carry out a Query or Scan; of two errors the one of ministack's own checks comes first."""
        table = self._table(data)
        target = read_target(table, data.get("IndexName")) if table is not None else None
        message = None
        self._target, self._fetching = None, False
        if table is not None and target is not None:
            message = self._read_error(data, expressions, table, target, check)
            self._target = target if target.projected is not None else None
        try:
            self._request = data
            if message is not None:
                # ministack can't start at every place that is refused.
                data = {name: value for name, value in data.items() if name != "ExclusiveStartKey"}
            answer = carry_out(data)
        finally:
            self._target, self._fetching = None, False
        rejected = message is not None and (answer[0] == 200 or _MISSED in answer[2])
        return self._error(message) if rejected else answer

    def _read_error(
        self,
        data: Any,
        expressions: RequestExpressions,
        table: Any,
        target: ReadTarget,
        check: Callable[[Mapping[str, Any], RequestExpressions, ReadTarget], str | None],
    ) -> str | None:
        message = attributes_to_get_error(data)
        if message is not None:
            return message
        for name in ("KeyConditions", "QueryFilter", "ScanFilter"):
            message = legacy.conditions_error(name, data.get(name) or {})
            if message is not None:
                return message
        try:
            paths = list(expressions.projection())
            if data.get("FilterExpression"):
                paths.extend(condition_paths(expressions.condition("FilterExpression")))
            self._fetching = is_fetching(data, expressions, target)
            return path_error(table, paths) or check(data, expressions, target)
        except ExpressionError:
            # ministack finds it in its order, by ``attributes``.
            return None

    def index_projection(self, item: Any, table: Any, index_name: Any) -> Any:
        """Return what a read of an index returns of an item: what it holds, or all that a local one fetches."""
        return item if self._fetching else self._index_projection(item, table, index_name)

    def index_view(self, item: Any) -> Any:
        """Return an item as the filter sees it: what the index holds of it."""
        target = self._target
        if target is None:
            return item
        return {name: value for name, value in item.items() if target.holds(name)}

    def passes_filter(self, item: Any, conditions: Any) -> bool:
        """Return True if an item passes a filter from before expressions."""
        view = self.index_view(item)
        return legacy.passes_filter(view, conditions, self._request.get("ConditionalOperator"))

    def _table(self, data: Any) -> Any:
        return find_table(self._dynamodb, data.get("TableName"))

    def _error(self, message: str | None) -> Any:
        return validation_error(self._dynamodb, message)


def after_start(items: list[Any], start: Any, table: Any) -> list[Any]:
    """Return the items that follow a starting key; within a partition they are in the order of the sort key."""
    partition, sort = table["pk_name"], table["sk_name"]
    place = str(next(iter(start[partition].values())))
    names = [sort] if sort else []

    def follows(item: Any) -> bool:
        own = str(next(iter(item[partition].values())))
        return own > place if own != place else order_of(item, names) > order_of(start, names)

    return [item for item in items if follows(item)]
