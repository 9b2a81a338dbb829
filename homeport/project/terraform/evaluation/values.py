"""Values of Terraform beside Python's own: sets, objects worked out when asked, texts for what is not known."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple


class EvaluationError(Exception):
    """An expression that can't be worked out; ``file`` is ``""`` until it is known."""

    def __init__(self, message: str, line: int = 0, hint: str = "", file: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint
        self.file = file


class SetOf(list[Any]):
    """A set: its elements in Terraform's order, each once."""

    @classmethod
    def of(cls, elements: Iterable[Any]) -> SetOf:
        """Return the set of some elements; texts are sorted, as Terraform prints them."""
        found: list[Any] = []
        for element in elements:
            if not any(equal(element, known) for known in found):
                found.append(element)
        return cls(sorted(found) if all(isinstance(each, str) for each in found) else found)


class StandInText(str):
    """A text that stands for a value which is not known here."""


class DocumentText(str):
    """A JSON text of which the value is known, with the owner's lines: ``jsonencode`` and policy documents give it."""

    document: Any

    @classmethod
    def of(cls, text: str, document: Any) -> DocumentText:
        """Return the text of a value."""
        made = cls(text)
        made.document = document
        return made


class FileText(str):
    """The text of a file, ``file`` is relative to the project."""

    file: str

    @classmethod
    def of(cls, text: str, file: str) -> FileText:
        """Return a text of a file."""
        made = cls(text)
        made.file = file
        return made


class LazyObject(ABC):
    """An object whose attributes are worked out when they are asked for."""

    @abstractmethod
    def attribute(self, name: str) -> Any:
        """Return an attribute. Raises EvaluationError."""

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of the attributes that are known to be there."""

    def to_map(self) -> dict[str, Any]:
        """Return the object as a map, as functions take it. Raises EvaluationError."""
        return {name: self.attribute(name) for name in self.names()}


class Namespace(LazyObject):
    """An object of values that are known: ``path``, ``each``, ``count``."""

    def __init__(self, values: Mapping[str, Any], subject: str) -> None:
        self._values = values
        self._subject = subject

    def attribute(self, name: str) -> Any:
        """Return a value."""
        if name not in self._values:
            raise EvaluationError(f"{self._subject} has no {name!r}")
        return self._values[name]

    def names(self) -> list[str]:
        """Return the names."""
        return list(self._values)


class GuessedValue(NamedTuple):
    """A value that is not known here, by the name of what it would come from, and the way to give it.

    ``has_keys`` says that it may be a map or a list, on which hangs how many resources there are.
    """

    name: str
    hint: str
    has_keys: bool = False


class GuessNotes:
    """Notes the values that are not known while others are worked out with them.

    ``read`` are those that were asked for, ``decided`` those on which a choice hung: a condition, a number.
    """

    def __init__(self) -> None:
        self._levels: list[Noted] = [Noted(set(), set())]

    def note(self, guess: GuessedValue) -> None:
        """Note that a value is asked for."""
        self._levels[-1].read.add(guess)

    def add(self, noted: Noted) -> None:
        """Note again what was noted about a value that is known by now."""
        self._levels[-1].read.update(noted.read)
        self._levels[-1].decided.update(noted.decided)

    @contextmanager
    def level(self, *, decides: bool = False, keeps: bool = True) -> Iterator[Noted]:
        """Collect what is noted in here; with ``decides`` a choice hangs on it. ``keeps`` notes it around here, too."""
        noted = Noted(set(), set())
        self._levels.append(noted)
        try:
            yield noted
        finally:
            self._levels.pop()
            if decides:
                noted.decided.update(noted.read)
            if keeps:
                self.add(noted)


class Noted(NamedTuple):
    """The guesses that were read, and those on which a choice hung."""

    read: set[GuessedValue]
    decided: set[GuessedValue]


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal as Terraform has it: ``1`` is not true, and not ``"1"``."""
    if isinstance(left, LazyObject) or isinstance(right, LazyObject):
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def as_text(value: Any) -> str:
    """Return a value as it stands in a template. Raises EvaluationError for a list or an object."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case None:
            raise EvaluationError("null can't be part of a text")
    raise EvaluationError(f"{describe(value)} can't be part of a text", hint="jsonencode makes a text of it")


def as_number(value: Any) -> int | float:
    """Return a value as a number, which a text may be. Raises EvaluationError."""
    if isinstance(value, StandInText):
        return 1
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            raise EvaluationError(f"{value!r} is no number") from None
        return int(number) if number.is_integer() and "." not in value else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvaluationError(f"{describe(value)} is no number")
    return tidy_number(value)


def tidy_number(value: int | float) -> int | float:
    """Return a number without a fraction as an integer, and others as near to decimal numbers as Terraform's are."""
    if isinstance(value, int):
        return value
    rounded = float(f"{value:.15g}")
    return int(rounded) if rounded.is_integer() else rounded


def as_bool(value: Any) -> bool:
    """Return a value as true or false, which a text may be. Raises EvaluationError."""
    match value:
        case bool():
            return value
        case StandInText():
            return False
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise EvaluationError(f"{describe(value)} is not true or false")


def plain(value: Any) -> Any:
    """Return a value as maps, lists, texts and numbers alone; what is so already, stays as it is.

    Raises EvaluationError.
    """
    match value:
        case LazyObject():
            return plain(value.to_map())
        case dict():
            children = {key: plain(each) for key, each in value.items()}
            return value if all(children[key] is value[key] for key in value) else children
        case list():
            entries = [plain(each) for each in value]
            return value if all(map(operator.is_, entries, value)) and type(value) is list else entries
        case StandInText() | DocumentText() | FileText():
            return str(value)
    return value


def describe(value: Any) -> str:
    """Return a value in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict() | LazyObject():
            return "an object"
        case SetOf():
            return "a set"
        case list():
            return "a list"
        case str():
            return f"the text {value[:40]!r}"
    return f"the number {value}"
