"""The errors of mapping templates, beside ``TemplateError`` of the language.

BodyNotReadable           the template asks for a part of a body that begins as JSON and is none
UnreadableJson            a text that begins as JSON and is none
JsonPathError             a text that is no JSONPath; a TemplateError
"""

from __future__ import annotations

from homeport.vtl import TemplateError


class UnreadableJson(ValueError):
    """A text begins as JSON and is none. ``position`` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at position {position}")
        self.position = position


class BodyNotReadable(Exception):
    """A template reads a body as JSON that is not JSON: 400 for a request, 500 for a response."""


class JsonPathError(TemplateError):
    """A text is no JSONPath."""
