"""The filters of a JSONPath: ``[?(@.price < 10 && @.title =~ /.*x/i)]``.

https://github.com/json-path/JsonPath#filter-operators
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Never

from homeport.gateway.mapping.errors import JsonPathError
from homeport.vtl.java_regex import JavaPattern
from homeport.vtl.limits import Meter
from homeport.vtl.values import equals, is_number

if TYPE_CHECKING:
    from homeport.gateway.mapping.json_path import JsonPath

Predicate = Callable[[object, object, Meter], bool]
"""A test of an element, with the document and a meter."""

_ABSENT = object()
_DEEPEST = 24
_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(
    r"===|!==|==|!=|<=|>=|=~|<|>|(?:in|nin|subsetof|anyof|noneof|contains|size|empty)(?![\w.])", re.IGNORECASE
)
_STRING = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"(true|false|null)(?!\w)")
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Operand:
    """A side of a comparison: a value, or a path below the element (``@``) or the document (``$``)."""

    value: object = None
    path: JsonPath | None = None
    from_root: bool = False

    def resolve(self, element: object, root: object, meter: Meter) -> object:
        """Return the value; ``_ABSENT`` where the path finds nothing."""
        if self.path is None:
            return self.value
        found, value = self.path.find(root if self.from_root else element, root, meter)
        return value if found else _ABSENT


def read_filter(text: str, position: int, read_path: Callable[[str], JsonPath]) -> tuple[Predicate, int]:
    """Read a filter whose opening parenthesis is at the position; return it with the position after the closing one.

    Raises JsonPathError.
    """
    reader = _FilterReader(text, position, read_path)
    return reader.parenthesis(), reader.position


class _FilterReader:
    def __init__(self, text: str, position: int, read_path: Callable[[str], JsonPath]) -> None:
        self.text = text
        self.position = position
        self._read_path = read_path
        self._depth = 0

    def parenthesis(self) -> Predicate:
        """Read ``( … )``."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise JsonPathError(f"a filter is nested more than {_DEEPEST} deep")
        self._expect("(")
        predicate = self._either()
        self._expect(")")
        self._depth -= 1
        return predicate

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda *values: any(part(*values) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._condition()]
        while self._take("&&"):
            parts.append(self._condition())
        return parts[0] if len(parts) == 1 else lambda *values: all(part(*values) for part in parts)

    def _condition(self) -> Predicate:
        self._skip()
        negative = False
        while self._take("!"):
            negative = not negative
        predicate = self.parenthesis() if self.text.startswith("(", self.position) else self._comparison()
        return (lambda *values: not predicate(*values)) if negative else predicate

    def _comparison(self) -> Predicate:
        left = self._operand()
        self._skip()
        operator = _OPERATOR.match(self.text, self.position)
        if operator is None:
            if left.path is None:
                self._fail()
            return lambda element, root, meter: left.resolve(element, root, meter) is not _ABSENT
        self.position = operator.end()
        right = self._operand()
        test = _TESTS[operator[0].lower()]

        def compare(element: object, root: object, meter: Meter) -> bool:
            meter.charge()
            return test(left.resolve(element, root, meter), right.resolve(element, root, meter), meter)

        return compare

    def _operand(self) -> _Operand:
        self._skip()
        mark = self.text[self.position : self.position + 1]
        if mark in ("@", "$"):
            return self._path()
        if mark == "[":
            return self._list()
        if (pattern := self._match(_PATTERN)) is not None:
            flags = "".join(flag for flag in pattern[2] if flag in "imsx")
            return _Operand(JavaPattern(f"(?{flags}){pattern[1]}" if flags else pattern[1]))
        if (string := self._match(_STRING)) is not None:
            return _Operand(re.sub(r"\\(.)", r"\1", string[1] if string[1] is not None else string[2]))
        if (word := self._match(_WORD)) is not None:
            return _Operand(_WORDS[word[1]])
        if (number := self._match(_NUMBER)) is not None:
            return _Operand(
                int(number[0]) if number[0].lstrip("-").isdigit() and len(number[0]) < 1000 else float(number[0])
            )
        self._fail()

    def _list(self) -> _Operand:
        self.position += 1
        values: list[object] = []
        while not self._take("]"):
            operand = self._operand()
            if operand.path is not None or isinstance(operand.value, JavaPattern):
                self._fail()
            values.append(operand.value)
            self._take(",")
        return _Operand(values)

    def _path(self) -> _Operand:
        """Read a path up to a blank, an operator or a parenthesis that is not within brackets or quotes."""
        start, brackets, quote = self.position, 0, ""
        while self.position < len(self.text):
            character = self.text[self.position]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character == "[":
                brackets += 1
            elif character == "]" and brackets:
                brackets -= 1
            elif not brackets and self.text.startswith("()", self.position):
                self.position += 1
            elif not brackets and character in " \t\n\r)]=!<>&|,":
                break
            self.position += 1
        path = self.text[start : self.position]
        self._depth += 1
        if path.count("[?") > 4:
            raise JsonPathError("a filter has too many filters within it")
        operand = _Operand(path=self._read_path(path), from_root=path.startswith("$"))
        self._depth -= 1
        return operand

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def _skip(self) -> None:
        self._match(_SPACE)

    def _take(self, text: str) -> bool:
        self._skip()
        found = self.text.startswith(text, self.position)
        self.position += len(text) if found else 0
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            self._fail()

    def _fail(self) -> Never:
        raise JsonPathError(
            f"the JSONPath {self.text!r} has a filter that can't be read from character {self.position + 1} on"
        )


def _equal(left: object, right: object, meter: Meter) -> bool:
    numbers = _number(left), _number(right)
    if (is_number(left) or is_number(right)) and None not in numbers:
        return numbers[0] == numbers[1]
    return left is right or equals(left, right, meter)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(value)) if len(str(value)) < 4000 else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _compare_by(test: Callable[[object, object], bool]) -> Callable[[object, object, Meter], bool]:
    def compare(left: object, right: object, meter: Meter) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return test(left, right)
        numbers = _number(left), _number(right)
        return None not in numbers and test(*numbers)

    return compare


def _matches(left: object, right: object, meter: Meter) -> bool:
    return isinstance(left, str) and isinstance(right, JavaPattern) and right.matches(left, meter)


def _is_in(left: object, right: object, meter: Meter) -> bool:
    return isinstance(right, list) and any(_equal(left, element, meter) for element in right)


def _contains(left: object, right: object, meter: Meter) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        meter.charge(len(left) // 64)
        return right in left
    return _is_in(right, left, meter)


def _overlaps(left: object, right: object, meter: Meter) -> bool:
    return isinstance(left, list) and any(_is_in(element, right, meter) for element in left)


def _is_subset(left: object, right: object, meter: Meter) -> bool:
    return isinstance(left, list) and all(_is_in(element, right, meter) for element in left)


def _has_size(left: object, right: object, meter: Meter) -> bool:
    return isinstance(left, list | str) and _equal(len(left), right, meter)


def _is_empty(left: object, right: object, meter: Meter) -> bool:
    return isinstance(left, list | str | dict) and (not left) is right


_TESTS: dict[str, Callable[[object, object, Meter], bool]] = {
    "==": _equal,
    "===": lambda left, right, meter: type(left) is type(right) and _equal(left, right, meter),
    "!=": lambda left, right, meter: not _equal(left, right, meter),
    "!==": lambda left, right, meter: type(left) is not type(right) or not _equal(left, right, meter),
    "<": _compare_by(lambda left, right: left < right),  # type: ignore[operator]
    "<=": _compare_by(lambda left, right: left <= right),  # type: ignore[operator]
    ">": _compare_by(lambda left, right: left > right),  # type: ignore[operator]
    ">=": _compare_by(lambda left, right: left >= right),  # type: ignore[operator]
    "=~": _matches,
    "in": _is_in,
    "nin": lambda left, right, meter: not _is_in(left, right, meter),
    "contains": _contains,
    "anyof": _overlaps,
    "noneof": lambda left, right, meter: isinstance(left, list) and not _overlaps(left, right, meter),
    "subsetof": _is_subset,
    "size": _has_size,
    "empty": _is_empty,
}
