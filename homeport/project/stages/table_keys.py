"""``tables`` of a stage: tables that are on AWS already.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html#amazondynamodb-resources-for-iam-policies
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from homeport.project.keys.values import MapValue
from homeport.project.model import ExistingTable
from homeport.project.source.cursor import Cursor

_NAME = r"[a-zA-Z0-9_.-]{3,255}"
_ARN = rf"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{{12}}:table/({_NAME})"
_IMPORT = "Fn::ImportValue"
_HINT = "write the table's name, its ARN (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME), or Fn::ImportValue: EXPORT"


@dataclass(frozen=True, slots=True)
class ExistingTableValue:
    """A table by its name, its ARN, or an export of another stack that is its ARN."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> ExistingTable | None:
        """Return the table."""
        value = cursor.value
        if isinstance(value, dict) and value.keys() == {_IMPORT} and isinstance(value[_IMPORT], str):
            return ExistingTable(export=value[_IMPORT])
        if isinstance(value, str) and (found := re.fullmatch(_ARN, value)) is not None:
            return ExistingTable(name=found[1], arn=value)
        if isinstance(value, str) and re.fullmatch(_NAME, value):
            return ExistingTable(name=value)
        cursor.error(f"{cursor.name!r} can't be {value!r}: it is no table of DynamoDB", _HINT)
        return None

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        imported = {"type": "object", "required": [_IMPORT], "properties": {_IMPORT: {"type": "string"}}}
        texts = {"type": "string", "pattern": f"^(?:{_NAME}|{_ARN})$"}
        return {"anyOf": [texts, {**imported, "additionalProperties": False}]}

    def words(self) -> str:
        """Return the type in words."""
        return f"a table's name, its ARN, or `{_IMPORT}` of an export that is its ARN"


EXISTING_TABLES = MapValue(ExistingTableValue(), "the logical id of a table")
