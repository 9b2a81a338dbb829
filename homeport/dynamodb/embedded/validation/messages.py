"""Messages of DynamoDB's ValidationException that several checks use.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

INVALID = "One or more parameter values were invalid"
"""The beginning of a message about what parameters mean; a colon and the reason follow."""


def broken_constraint(value: Any, member: str, constraint: str) -> str:
    """Return the part of a message about a member that breaks a constraint of the API's model, such as its length."""
    given = "null" if value is None else f"'{value}'"
    return f"Value {given} at '{member}' failed to satisfy constraint: Member must {constraint}"


def one_of(allowed: Sequence[str]) -> str:
    """Return the constraint of a member that has some values alone."""
    return f"satisfy enum value set: [{', '.join(allowed)}]"


def constraint_error(*broken: str) -> str:
    """Return the message for broken constraints, at least one."""
    return f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: {'; '.join(broken)}"
