"""Calls of ``dynamodb``, ministack's module, that several parts of the engine make."""

from __future__ import annotations

from typing import Any


def find_table(dynamodb: Any, name: Any) -> Any:
    """Return the record of a table by its name or its ARN, None for none and for a name that is no text."""
    if not isinstance(name, str):
        return None
    return dynamodb._tables.get(dynamodb._normalize_table_name(name))


def validation_error(dynamodb: Any, message: str | None) -> Any:
    """Return a response with a ValidationException."""
    return dynamodb.error_response_json("ValidationException", message, 400)
