"""The checks and the expressions of this kit in ministack's place.

ministack calls these functions by their names in its module at the moment where DynamoDB makes the check; each is
replaced there. ``tests/dynamodb/test_ministack_names.py`` holds every name and its parameters.
"""

from __future__ import annotations

from typing import Any

from ..expressions.values import comparable
from ..ministack_module import validation_error
from .expression_replacements import Expressions
from .messages import INVALID, broken_constraint, constraint_error, one_of
from .read_replacements import Reads
from .write_replacements import Writes

_ENUMS = (
    ("ReturnConsumedCapacity", "returnConsumedCapacity", ("INDEXES", "TOTAL", "NONE")),
    ("ReturnItemCollectionMetrics", "returnItemCollectionMetrics", ("SIZE", "NONE")),
)
_RETURN_VALUES = ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")


class Replacements:
    """The functions of ``dynamodb``, ministack's module, that this kit replaces."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        Writes(dynamodb, Expressions(dynamodb, Reads(dynamodb)))
        self._values_error, dynamodb._values_error_response = dynamodb._values_error_response, self.values_error
        dynamodb._check_per_op_param_enums = self.enums
        dynamodb._duplicate_set_message = duplicate_message

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
                wrong.append(broken_constraint(given, "returnValues", one_of(_RETURN_VALUES)))
            elif given not in return_values:
                return self._error(constraint_error("ReturnValues can only be ALL_OLD or NONE"))
        for field, member, allowed in _ENUMS:
            if data.get(field) is not None and data[field] not in allowed:
                wrong.append(broken_constraint(data[field], member, one_of(allowed)))
        return self._error(constraint_error(*wrong)) if wrong else None

    def _error(self, message: str) -> Any:
        return validation_error(self._dynamodb, message)


def duplicate_message(kind: str, members: list[Any]) -> str | None:
    """Return the message for a set with two equal members."""
    if len(comparable({kind: members})) == len(members):
        return None
    if kind == "NS":
        return "Input collection contains duplicates"
    shown = ", ".join(map(str, members))
    between = "of type BS" if kind == "BS" else " "
    return f"{INVALID}: Input collection [{shown}]{between}contains duplicates."
