"""The expressions of this kit in place of ministack's: condition, update, projection.

ministack parses an expression for each item; here a request's are bound once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..expressions import ExpressionError
from ..expressions.binding import check_projection
from ..expressions.condition import holds
from ..expressions.projection import project
from ..expressions.tree import Condition, Path
from ..expressions.update import apply_update, changed_values, written_paths
from ..ministack_module import validation_error
from .read_replacements import Reads
from .request import RequestExpressions


class Expressions:
    """The expressions of ``dynamodb``, ministack's module; ``reads`` says what of an item a filter sees.

    ``key_errors`` has, during a transaction, the message for each text of an update that writes to a key, by its id.
    """

    def __init__(self, dynamodb: Any, reads: Reads) -> None:
        self._dynamodb = dynamodb
        self._reads = reads
        self._expressions = RequestExpressions({})
        self._condition: tuple[Any, ...] = ()
        self.key_errors: Mapping[int, str] = {}
        self._attributes_error, dynamodb._validate_expression_attrs = (
            dynamodb._validate_expression_attrs,
            self.attributes,
        )
        dynamodb._evaluate_condition = self.evaluate
        dynamodb._apply_update_expression = self.update
        dynamodb._diff_attributes = self.changes
        dynamodb._project_item = self.project
        dynamodb._projection_overlap_response = self.projection_error
        dynamodb._validate_projection_expression_syntax = projection_syntax_error

    def attributes(self, data: Any, fields: tuple[str, ...], wording: Any = "figure") -> Any:
        """Check the expressions of a request, and its names and values."""
        error = self._dynamodb._expression_size_error(data, fields, wording)
        if error or not any(data.get(field) for field in fields):
            return error or self._attributes_error(data, fields, wording)
        message = self.of(data).error(fields)
        return None if message is None else self._error(message)

    def of(self, data: Mapping[str, Any]) -> RequestExpressions:
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
        return self._error(message)

    def evaluate(self, text: str, item: Any, values: Any, names: Any, slot: str = "ConditionExpression") -> bool:
        """Return True if a condition holds on an item. Raises ValueError with DynamoDB's message."""
        if not text or not text.strip():
            return True
        if slot == "FilterExpression":
            item = self._reads.index_view(item)
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
        if id(text) in self.key_errors:
            raise ExpressionError(self.key_errors[id(text)])
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

    def _error(self, message: str) -> Any:
        return validation_error(self._dynamodb, message)


def projection_syntax_error(text: str) -> str | None:
    """Return the message for a projection that can't be read, or that has reserved words in it."""
    try:
        check_projection(text)
    except ExpressionError as error:
        return str(error)
    return None
