"""The words of an expression, and the message for one that stands where it can't."""

from __future__ import annotations

import re
from typing import NamedTuple

from . import ExpressionError

END = "<EOF>"
_TOKEN = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*|[#:][A-Za-z0-9_]+|[0-9]+|<>|<=|>=|\S)")


class ExpressionToken(NamedTuple):
    """A word of an expression, and where it is in the text."""

    text: str
    start: int
    end: int


class TokenReader:
    """The tokens of ``text``, read from the left. ``slot`` is the parameter in the messages."""

    def __init__(self, text: str, slot: str) -> None:
        self._text = text
        self._slot = slot
        self._position = 0
        self._tokens = [ExpressionToken(found[1], found.start(1), found.end(1)) for found in _TOKEN.finditer(text)]

    def peek(self, ahead: int = 0) -> str:
        """Return a token that has not been taken yet, ``<EOF>`` after the last one."""
        place = self._position + ahead
        return self._tokens[place].text if place < len(self._tokens) else END

    def take(self) -> str:
        """Take the next token and return it."""
        token = self.peek()
        self._position += 1
        return token

    def expect(self, text: str) -> None:
        """Take the next token. Raises ExpressionError if it is another one."""
        if self.peek() != text:
            raise self.error()
        self._position += 1

    def next_is(self, *keywords: str) -> bool:
        """Return True if the next token is one of the keywords, in whatever case."""
        return self.peek().upper() in keywords

    def error(self) -> ExpressionError:
        """Return the error for the next token: DynamoDB quotes it with the one before and the one after."""
        place = self._position
        start = self._tokens[place - 1].start if 0 < place <= len(self._tokens) else 0
        if place + 1 < len(self._tokens):
            end = self._tokens[place + 1].end
        elif place < len(self._tokens):
            end = self._tokens[place].end
        else:
            end = len(self._text)
        near = self._text[start:end]
        return ExpressionError(f'Invalid {self._slot}: Syntax error; token: "{self.peek()}", near: "{near}"')
