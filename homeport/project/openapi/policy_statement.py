"""A statement of ``x-homeport: {policies: …}``, as IAM policies have them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.permissions.conditions import OPERATORS, read_operator
from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import TextValue, WordValue
from homeport.project.lambda_settings import FUNCTION_SCHEMA
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor

_ACTION = r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+"
_ELEMENTS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements"
_AS_IN_A_POLICY = "write it as in an IAM policy"


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """An entry of a statement or several of them: actions, or resources that may be functions of CloudFormation."""

    pattern: str
    message: str
    hint: str
    functions: bool = False

    def read(self, cursor: Cursor, *, partial: bool = False) -> Any:
        """Return the entries as they are written."""
        entries = cursor.value if isinstance(cursor.value, list) else [cursor.value]
        wrong = [entry for entry in entries if not self._takes(entry)]
        if wrong:
            cursor.error(self.message.format(value=wrong[0]), self.hint)
            return None
        return cursor.value

    def _takes(self, entry: object) -> bool:
        if isinstance(entry, str):
            return re.fullmatch(self.pattern, entry) is not None
        return self.functions and isinstance(entry, dict)

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        text = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        one = {"anyOf": [text, FUNCTION_SCHEMA]} if self.functions else text
        return {"anyOf": [one, {"type": "array", "items": one}]}

    def words(self) -> str:
        """Return the type in words."""
        return "an ARN, `*` or a function of CloudFormation, or a list of them" if self.functions else "text, or a list"


@dataclass(frozen=True, slots=True)
class ConditionValue:
    """The condition of a statement: a map from operators to condition keys and their values."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> Any:
        """Return the condition as it is written."""
        if not cursor.is_map("a map from operators to keys"):
            return None
        whole = True
        for operator, keys in cursor.items():
            if not read_operator(operator).is_known:
                keys.error(f"there is no condition operator {operator!r}", did_you_mean(operator, OPERATORS))
                whole = False
            elif not keys.is_map("a map from condition keys to values"):
                whole = False
        return cursor.value if whole else None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        names = "|".join(sorted(OPERATORS))
        operator = f"^(?:(?:ForAllValues|ForAnyValue):)?(?:{names})(?:IfExists)?$"
        return {"type": "object", "propertyNames": {"pattern": operator}, "additionalProperties": {"type": "object"}}

    def words(self) -> str:
        """Return the type in words."""
        return "a map from operators to condition keys"


_ACTIONS = PolicyValue(_ACTION, "{value!r} is no action of IAM", "write it out, as dynamodb:GetItem")
_RESOURCES = PolicyValue(
    r"\*|arn:.*", "the resource {value!r} is neither an ARN nor *", "write it as {Fn::GetAtt: [TABLE, Arn]}", True
)
STATEMENT = Section(
    "an IAM statement",
    (
        SectionKey("Sid", TextValue(), "The id of the statement.", source=f"{_ELEMENTS}_sid.html"),
        SectionKey(
            "Effect", WordValue(("Allow", "Deny")), "Whether the statement allows or denies.", needed=_AS_IN_A_POLICY
        ),
        SectionKey("Action", _ACTIONS, "The actions, such as `s3:GetObject`."),
        SectionKey("NotAction", _ACTIONS, "All actions but these."),
        SectionKey("Resource", _RESOURCES, "The ARNs of what the actions may be called on."),
        SectionKey("NotResource", _RESOURCES, "All resources but these."),
        SectionKey("Condition", ConditionValue(), "When the statement holds.", source=f"{_ELEMENTS}_condition.html"),
    ),
    "an IAM statement, a map",
)
"""A statement of ``policies``."""


@dataclass(frozen=True, slots=True)
class StatementValue:
    """A whole statement: it must not lose a part of it, since what is left would allow more."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> Mapping[str, Any] | None:
        """Return the statement as it is written."""
        given = STATEMENT.read(cursor)
        if given is None:
            return None
        complete = True
        for either in (("Action", "NotAction"), ("Resource", "NotResource")):
            if not any(cursor.has(key) for key in either):
                cursor.error(f"an IAM statement needs {' or '.join(either)}", _AS_IN_A_POLICY)
                complete = False
        written: Mapping[str, Any] = cursor.value
        present = {key for key in STATEMENT.names if cursor.has(key)}
        return written if complete and "Effect" in given and present == set(given) else None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        either = [
            {"anyOf": [{"required": [key]} for key in pair]}
            for pair in (("Action", "NotAction"), ("Resource", "NotResource"))
        ]
        return {**STATEMENT.schema(), "allOf": either}

    def words(self) -> str:
        """Return the type in words."""
        return "an IAM statement"
