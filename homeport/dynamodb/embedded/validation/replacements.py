"""The checks and the expressions of this kit in ministack's place.

ministack calls these functions by their names in its module at the moment where DynamoDB makes the check; each is
replaced there. ``tests/dynamodb/test_ministack_names.py`` holds every name and its parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..expressions import ExpressionError
from ..expressions.binding import check_projection
from ..expressions.condition import holds
from ..expressions.projection import project
from ..expressions.tree import Condition, Path
from ..expressions.update import apply_update, changed_values, written_paths
from ..expressions.values import comparable
from . import legacy, shapes
from .legacy_updates import apply_attribute_updates, attribute_updates_error
from .paths import path_error
from .read_replacements import Reads
from .request import RequestExpressions

Answer = tuple[int, dict[str, str], bytes]
"""A response of ministack: status, headers, body."""

_INVALID = "One or more parameter values were invalid"
_WRITES = {"PutItem": "_put_item", "UpdateItem": "_update_item", "DeleteItem": "_delete_item"}
_ENUMS = (
    ("ReturnConsumedCapacity", "returnConsumedCapacity", ("INDEXES", "TOTAL", "NONE")),
    ("ReturnItemCollectionMetrics", "returnItemCollectionMetrics", ("SIZE", "NONE")),
)
_RETURN_VALUES = ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")


class Replacements:
    """The functions of ``dynamodb``, ministack's module, that this kit replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._reads = Reads(dynamodb)
        self._expressions = RequestExpressions({})
        self._condition: tuple[Any, ...] = ()
        self._key_errors: Mapping[int, str] = {}
        self._replace()

    def _replace(self) -> None:
        module = self._dynamodb
        self._attributes_error, module._validate_expression_attrs = module._validate_expression_attrs, self.attributes
        self._write_error, module._single_write_request_error = module._single_write_request_error, self.write_request
        self._values_error, module._values_error_response = module._values_error_response, self.values_error
        module._evaluate_condition = self.evaluate
        module._apply_update_expression = self.update
        module._diff_attributes = self.changes
        module._project_item = self.project
        module._projection_overlap_response = self.projection_error
        module._validate_projection_expression_syntax = projection_syntax_error
        module._check_per_op_param_enums = self.enums
        module._duplicate_set_message = duplicate_message
        module._expected_error = self.expected_error
        module._evaluate_expected = legacy.meets_expected
        module._apply_attribute_updates = self.attribute_updates
        module._check_legacy_comparison = legacy.compare
        self._transact, module._transact_write_items = module._transact_write_items, self.transact
        self._batches = {"get": module._batch_get_item, "write": module._batch_write_item}
        module._batch_get_item, module._batch_write_item = self.get_batch, self.batch_write
        for action, name in _WRITES.items():
            setattr(module, name, self._checked_write(action, getattr(module, name)))

    def error(self, message: str | None) -> Any:
        """Return a ValidationException as ministack does."""
        return self._dynamodb.error_response_json("ValidationException", message, 400)

    def _table(self, data: Any) -> Any:
        name = data.get("TableName")
        if not isinstance(name, str):
            return None
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name))

    def attributes(self, data: Any, fields: tuple[str, ...], wording: Any = "figure") -> Any:
        """Check the expressions of a request, and its names and values."""
        error = self._dynamodb._expression_size_error(data, fields, wording)
        if error or not any(data.get(field) for field in fields):
            return error or self._attributes_error(data, fields, wording)
        message = self._expressions_of(data).error(fields)
        return None if message is None else self.error(message)

    def _expressions_of(self, data: Mapping[str, Any]) -> RequestExpressions:
        """Return the expressions of a request or a part of one; they are bound once while it is carried out."""
        if self._expressions.data is not data:
            self._expressions = RequestExpressions(data)
        return self._expressions

    def _is_of_request(self, slot: str, text: str, values: Any, names: Any) -> bool:
        """Return True if an expression is that of the request whose expressions are bound."""
        data = self._expressions.data
        return (
            data.get(slot) is text
            and data.get("ExpressionAttributeValues", values) is values
            and data.get("ExpressionAttributeNames", names) is names
        )

    def projection_error(self, data: Any) -> Any:
        """Check the projection of a request, or of a part of a batch."""
        if not data.get("ProjectionExpression"):
            return None
        message = RequestExpressions({**data, "ExpressionAttributeValues": None}).error(("ProjectionExpression",))
        if message is None or message.startswith("Value provided in"):
            return None
        return self.error(message)

    def evaluate(self, text: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> bool:
        """Return True if a condition holds on an item. Raises ValueError with DynamoDB's message."""
        if not text or not text.strip():
            return True
        if slot == "FilterExpression":
            item = self._reads.view(item)
        return holds(self._bound(text, values, names, slot), item)

    def _bound(self, text: str, values: Any, names: Any, slot: str) -> Condition:
        """Return a bound condition; one request asks for it with the same names and values for each item."""
        known = self._condition
        if known and known[0] is text and known[1] is values and known[2] is names and known[3] == slot:
            bound: Condition = known[4]
            return bound
        if self._is_of_request(slot, text, values, names):
            return self._expressions.condition(slot)
        request = {slot: text, "ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
        bound = RequestExpressions(request).condition(slot)
        self._condition = (text, values, names, slot, bound)
        return bound

    def update(self, item: Any, text: str, values: Any, names: Any, changed: Any = None) -> Any:
        """Return an item after an update, and the paths that it changed. Raises ValueError with DynamoDB's message."""
        expressions = self._expressions
        if not self._is_of_request("UpdateExpression", text, values, names):
            request = {"UpdateExpression": text, "ExpressionAttributeValues": values}
            expressions = RequestExpressions({**request, "ExpressionAttributeNames": names})
        update = expressions.update()
        if id(text) in self._key_errors:
            raise ExpressionError(self._key_errors[id(text)])
        paths = written_paths(update)
        if changed is not None:
            changed.update(paths)
        return apply_update(update, item), paths

    def changes(self, old: Any, new: Any, paths: Any, return_old: bool = True) -> Any:
        """Return the values that UPDATED_OLD or UPDATED_NEW prints."""
        flags: Mapping[Path, bool] = paths if isinstance(paths, dict) else {(name,): True for name in paths}
        kept = [path for path, printed in flags.items() if return_old or printed]
        return changed_values(kept, old if return_old else new)

    def project(self, item: Any, text: str, names: Any) -> Any:
        """Return the part of an item that a projection names. Raises ValueError with DynamoDB's message."""
        request = {"ProjectionExpression": text, "ExpressionAttributeNames": names}
        return project(item, RequestExpressions(request).projection())

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
            return self.error(message)
        error = self._write_error(data)
        if error and b"can only be specified when using expressions" in error[2]:
            return self.error(_without_expression(data))
        return error

    def values_error(self, values: Any, envelope: bool) -> Any:
        """Check numbers and sets; duplicates are reported without the envelope."""
        error = self._values_error(values, envelope)
        if error and b"Input collection" in error[2]:
            return self._values_error(values, envelope=False)
        return error

    def enums(self, data: Any, return_values: Any, first_only: bool = False) -> Any:
        """Report every parameter that has none of its values, in one message. ``first_only`` is not DynamoDB's."""
        wrong = []
        given = data.get("ReturnValues")
        if given is not None and return_values is not None:
            if given not in _RETURN_VALUES:
                wrong.append(_enum_error(given, "returnValues", _RETURN_VALUES))
            elif given not in return_values:
                return self.error("1 validation error detected: ReturnValues can only be ALL_OLD or NONE")
        for field, member, allowed in _ENUMS:
            if data.get(field) is not None and data[field] not in allowed:
                wrong.append(_enum_error(data[field], member, allowed))
        if not wrong:
            return None
        plural = "s" if len(wrong) > 1 else ""
        return self.error(f"{len(wrong)} validation error{plural} detected: {'; '.join(wrong)}")

    def get_batch(self, data: Any) -> Any:
        """Carry out a BatchGetItem."""
        if not data.get("RequestItems"):
            return self.error("The requestItems parameter is required for BatchGetItem")
        for name, part in data["RequestItems"].items():
            if not isinstance(part, dict) or part.get("Keys") is None:
                at = f"Value null at 'requestItems.{name}.member.keys' failed to satisfy constraint"
                return self.error(f"1 validation error detected: {at}: Member must not be null")
        return self._batches["get"](data)

    def batch_write(self, data: Any) -> Any:
        """Carry out a BatchWriteItem."""
        if not data.get("RequestItems"):
            return self.error("The requestItems parameter is required for BatchWriteItem")
        requests = data["RequestItems"]
        message = shapes.write_requests_error(requests) if isinstance(requests, dict) else None
        return self._batches["write"](data) if message is None else self.error(message)

    def transact(self, data: Any) -> Any:
        """Carry out a TransactWriteItems; an update of a key cancels it."""
        members = data.get("TransactItems")
        if not isinstance(members, list):
            return self._transact(data)
        message = shapes.transact_items_error(members)
        if message is not None:
            return self.error(message)
        reasons = {
            place: reason for place, member in enumerate(members) if (reason := self._key_reason(member)) is not None
        }
        if reasons:
            return self._dynamodb._transact_validation_cancel_response(len(members), reasons)
        # ministack works out each update when the conditions have been decided, as DynamoDB does.
        self._key_errors = {
            id(member["Update"]["UpdateExpression"]): message
            for member in members
            if isinstance(member, dict) and (message := self._key_update_error(member.get("Update"))) is not None
        }
        try:
            return self._transact(data)
        finally:
            self._key_errors = {}

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
                return f"{_INVALID}: Missing the key {key} in the item"
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
                return f"{_INVALID}: Cannot update attribute {name}. This attribute is part of the key"
        return None

    def _checked_write(self, action: str, carry_out: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
        def write(data: Any) -> Answer:
            message = self._write_path_error(data)
            if message is not None:
                answer: Answer = self.error(message)
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
        expressions = self._expressions_of(data)
        if expressions.error(("ConditionExpression", "UpdateExpression")) is not None:
            return None
        own = (table["pk_name"], table["sk_name"])
        changed = [path for path in expressions.update_paths() if path[0] not in own]
        return path_error(table, [*expressions.condition_paths(), *changed])


def projection_syntax_error(text: str) -> str | None:
    """Return the message for a projection that is none, or that has reserved words in it."""
    try:
        check_projection(text)
    except ExpressionError as error:
        return str(error)
    return None


def duplicate_message(kind: str, members: list[Any]) -> str | None:
    """Return the message for a set with two equal members."""
    if len(comparable({kind: members})) == len(members):
        return None
    if kind == "NS":
        return "Input collection contains duplicates"
    shown = ", ".join(map(str, members))
    between = "of type BS" if kind == "BS" else " "
    return f"One or more parameter values were invalid: Input collection [{shown}]{between}contains duplicates."


def _enum_error(value: Any, member: str, allowed: tuple[str, ...]) -> str:
    constraint = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    return f"Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"


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
