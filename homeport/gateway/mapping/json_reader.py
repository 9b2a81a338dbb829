"""JSON as API Gateway reads it: json-smart's permissive mode.

A text that does not begin with ``{``, ``[`` or a quote is a string (``a=b``), or the number, boolean or null that it
spells. Within an object or an array, quotes may be left out or be single ones, commas may be too many, and what comes
after the end does not matter. Recorded with API Gateway: ``{statusCode: 200}`` is read, ``[a`` is not.

https://netplex.github.io/json-smart/
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Never

from homeport.gateway.mapping.errors import UnreadableJson
from homeport.gateway.mapping.json_values import JsonArray

_BLANK = re.compile(r"[ \t\r\n]*")
_QUOTED = {quote: re.compile(rf"{quote}([^{quote}\\]*(?:\\.[^{quote}\\]*)*){quote}", re.DOTALL) for quote in "\"'"}
_BARE_KEY = re.compile(r"[^:]*")
_BARE_IN_OBJECT = re.compile(r"[^,}]*")
_BARE_IN_ARRAY = re.compile(r"[^,\]]*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))|[\x00-\x1f]", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
_REAL = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_WORDS: dict[str, object] = {"null": None, "true": True, "false": False, "NaN": float("nan")}
# Longer reals are BigDecimals, as json-smart has them; longer whole numbers than these are kept as digits.
_LONGEST_DOUBLE = 18
_LONGEST_INTEGER = 2000


def read_json(text: str) -> Any:
    """Return the value of a text. Raises UnreadableJson.

    Objects are dicts and arrays are ``JsonArray``; numbers are int, float or Decimal.
    """
    try:
        return _with_arrays(_DECODER.decode(text))
    except (ValueError, RecursionError):
        return _PermissiveReader(text).read()


def _read_integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else Decimal(digits)


def _read_real(digits: str) -> float | Decimal:
    return float(digits) if len(digits) <= _LONGEST_DOUBLE else Decimal(digits)


def _reject(name: str) -> Never:
    raise ValueError(f"{name} is read as a word")


_DECODER = json.JSONDecoder(parse_int=_read_integer, parse_float=_read_real, parse_constant=_reject)


def _with_arrays(value: object) -> object:
    """Return the value with its lists as JsonArrays."""
    holder: list[Any] = [value]
    stack: list[Any] = [holder]
    while stack:
        container = stack.pop()
        for key, element in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(element, list):
                element = container[key] = JsonArray(element)
            if isinstance(element, list | dict):
                stack.append(element)
    return holder[0]


class _PermissiveReader:
    """Reads a text with a stack of its own, however deeply it is nested."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def read(self) -> object:
        """Return the value at the beginning of the text."""
        start = self._peek()
        if start in ('"', "'"):
            return self._read_quoted(start)
        if start not in ("{", "["):
            return _read_bare(self.text)
        stack = [self._open()]
        while True:
            container = stack[-1]
            closing = "}" if isinstance(container, dict) else "]"
            mark = self._peek()
            if mark == closing:
                self.position += 1
                stack.pop()
                if not stack:
                    return container
                self._after_value(stack[-1])
            elif mark == ",":
                self.position += 1
            else:
                self._element(container, stack)

    def _element(self, container: dict[str, object] | JsonArray, stack: list[dict[str, object] | JsonArray]) -> None:
        key = self._key() if isinstance(container, dict) else ""
        mark = self._peek()
        value: object
        if mark in ("{", "["):
            value = self._open()
            stack.append(value)
        elif mark in ('"', "'"):
            value = self._read_quoted(mark)
        elif mark in ("", ":", "}", "]"):
            self._fail()
        else:
            value = self._read_bare(_BARE_IN_OBJECT if isinstance(container, dict) else _BARE_IN_ARRAY)
        if isinstance(container, dict):
            container[key] = value
        else:
            container.append(value)
        if stack[-1] is container:
            self._after_value(container)

    def _key(self) -> str:
        mark = self._peek()
        if mark in ("", ":", "[", "]", "{"):
            self._fail()
        key = self._read_quoted(mark) if mark in ('"', "'") else self._take(_BARE_KEY).strip()
        if self._peek() != ":":
            self._fail()
        self.position += 1
        return key

    def _after_value(self, container: dict[str, object] | JsonArray) -> None:
        """Check what follows a value: in an object a comma or its end; an array takes anything."""
        if isinstance(container, dict) and self._peek() not in (",", "}"):
            self._fail()

    def _open(self) -> dict[str, object] | JsonArray:
        self.position += 1
        return {} if self.text[self.position - 1] == "{" else JsonArray()

    def _read_quoted(self, quote: str) -> str:
        match = _QUOTED[quote].match(self.text, self.position)
        if match is None:
            self.position = len(self.text)
            self._fail()
        self.position = match.end()
        # Control characters are dropped where json-smart has to look for escapes.
        return _ESCAPE.sub(self._escape, match[1]) if "\\" in match[1] else match[1]

    def _escape(self, match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            return chr(int(code, 16))
        if match[3] in ("u", "x"):
            self._fail()
        return _ESCAPES.get(match[3] or "", match[3] or "")

    def _read_bare(self, pattern: re.Pattern[str]) -> object:
        return _read_bare(self._take(pattern))

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.position)
        assert match is not None
        self.position = match.end()
        return match[0]

    def _peek(self) -> str:
        """Return the next character that is no blank, ``""`` at the end."""
        blank = _BLANK.match(self.text, self.position)
        assert blank is not None
        self.position = blank.end()
        return self.text[self.position : self.position + 1]

    def _fail(self) -> Never:
        if self.position >= len(self.text):
            raise UnreadableJson("Unexpected End Of File", max(len(self.text) - 1, 0))
        raise UnreadableJson(f"Unexpected character ({self.text[self.position]})", self.position)


def _read_bare(text: str) -> object:
    """Return the value of a text without quotes: a number, true, false, null, or the text."""
    text = text.strip(" \t\r\n")
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _read_integer(text)
    if _REAL.fullmatch(text):
        return _read_real(text)
    return text
