"""Event patterns of EventBridge, which the filters of event source mappings share.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Test = Callable[[Any], bool]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#filtering-numeric-matching
_LARGEST = 5.0e9
_OR: Final = "$or"


class PatternError(ValueError):
    """An event pattern that EventBridge refuses; ``path`` has the keys that lead to the mistake."""

    def __init__(self, message: str, path: Sequence[str]) -> None:
        super().__init__(f"{'.'.join(path)}: {message}" if path else message)
        self.path = tuple(path)


@dataclass(frozen=True, slots=True)
class _PatternLeaf:
    """The tests of a field, of which one must hold, or ``absent``: the field may be missing."""

    tests: tuple[Test, ...]
    absent: bool


@dataclass(frozen=True, slots=True)
class _PatternFields:
    """The parts of an object that must all match, and for each ``$or`` the alternatives, of which one must."""

    parts: tuple[tuple[str, _PatternFields | _PatternLeaf], ...]
    alternatives: tuple[tuple[_PatternFields, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class EventPattern:
    """An event pattern, as a function of the event."""

    document: Mapping[str, Any]
    _fields: _PatternFields = field(compare=False, repr=False)

    @classmethod
    def parse(cls, document: Any) -> EventPattern:
        """Read a pattern, a map. Raises PatternError."""
        if not isinstance(document, Mapping):
            raise PatternError("a pattern is a map of fields", ())
        if not document:
            raise PatternError("a pattern has at least one field", ())
        return cls(document, _read_fields(document, ()))

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        """Return how another process gets the same pattern: its tests are functions, which can't be sent."""
        return EventPattern.parse, (self.document,)

    def matches(self, event: Any) -> bool:
        """Return whether an event has what the pattern asks for."""
        return _match_fields(self._fields, event)


def _read_fields(document: Mapping[str, Any], path: tuple[str, ...]) -> _PatternFields:
    parts = tuple((name, _read_part(value, (*path, name))) for name, value in document.items() if name != _OR)
    return _PatternFields(parts, (_read_or(document[_OR], (*path, _OR)),) if _OR in document else ())


def _read_or(value: Any, path: tuple[str, ...]) -> tuple[_PatternFields, ...]:
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(each, Mapping) and each for each in value):
        raise PatternError("$or is a list of at least two patterns", path)
    return tuple(_read_fields(each, path) for each in value)


def _read_part(value: Any, path: tuple[str, ...]) -> _PatternFields | _PatternLeaf:
    if isinstance(value, Mapping):
        if not value:
            raise PatternError("an empty map matches nothing", path)
        return _read_fields(value, path)
    if not isinstance(value, list):
        raise PatternError(f"write a list of values: [{value!r}]", path)
    if not value:
        raise PatternError("an empty list matches nothing", path)
    absent = {"exists": False} in value
    return _PatternLeaf(tuple(_read_test(each, path) for each in value if each != {"exists": False}), absent)


def _read_test(value: Any, path: tuple[str, ...]) -> Test:
    if isinstance(value, Mapping):
        if len(value) != 1:
            raise PatternError("a matcher has one operator", path)
        ((name, operand),) = value.items()
        read = _OPERATORS.get(name)
        if read is None:
            raise PatternError(f"unknown operator {name!r}; known: {', '.join(_OPERATORS)}", path)
        return read(operand, path)
    if isinstance(value, list):
        raise PatternError("a value is text, a number, true, false or null", path)
    return lambda found: _is_same(found, value)


def _is_same(found: Any, wanted: Any) -> bool:
    """Return whether two scalars are the same to EventBridge, for which 300 and 300.0 are different texts."""
    return type(found) is type(wanted) and bool(found == wanted)


def _text(operand: Any, path: tuple[str, ...]) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"{operand!r} is no text", path)
    return operand


def _prefix(operand: Any, path: tuple[str, ...]) -> Test:
    if isinstance(operand, Mapping):
        wanted = _lower_text(operand, path)
        return lambda found: isinstance(found, str) and found.lower().startswith(wanted)
    text = _text(operand, path)
    return lambda found: isinstance(found, str) and found.startswith(text)


def _suffix(operand: Any, path: tuple[str, ...]) -> Test:
    if isinstance(operand, Mapping):
        wanted = _lower_text(operand, path)
        return lambda found: isinstance(found, str) and found.lower().endswith(wanted)
    text = _text(operand, path)
    return lambda found: isinstance(found, str) and found.endswith(text)


def _lower_text(operand: Mapping[str, Any], path: tuple[str, ...]) -> str:
    if set(operand) != {"equals-ignore-case"}:
        raise PatternError("write a text, or {equals-ignore-case: TEXT}", path)
    return _text(operand["equals-ignore-case"], path).lower()


def _equals_ignore_case(operand: Any, path: tuple[str, ...]) -> Test:
    text = _text(operand, path).lower()
    return lambda found: isinstance(found, str) and found.lower() == text


def _wildcard(operand: Any, path: tuple[str, ...]) -> Test:
    text = _text(operand, path)
    if "**" in text:
        raise PatternError("two wildcards can't stand side by side", path)
    parts = tuple(part.replace("\0", "*") for part in text.replace("\\*", "\0").split("*"))
    return lambda found: isinstance(found, str) and _wildcard_matches(parts, found)


def _wildcard_matches(parts: tuple[str, ...], text: str) -> bool:
    """Return whether a text consists of the parts in order, with anything between them, in linear time."""
    if len(parts) == 1:
        return text == parts[0]
    if not text.startswith(parts[0]) or not text.endswith(parts[-1]):
        return False
    at, end = len(parts[0]), len(text) - len(parts[-1])
    if at > end:
        return False
    for part in parts[1:-1]:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _numeric(operand: Any, path: tuple[str, ...]) -> Test:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise PatternError('numeric is ["<", 10], or a range: [">", 0, "<=", 5]', path)
    bounds = []
    for word, number in zip(operand[::2], operand[1::2], strict=True):
        if word not in _COMPARE:
            raise PatternError(f"{word!r} is no comparison; known: {' '.join(_COMPARE)}", path)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise PatternError(f"{number!r} is no number", path)
        if abs(number) > _LARGEST:
            raise PatternError(f"{number} is not between -5e9 and 5e9", path)
        bounds.append((_COMPARE[word], number))
    if len(bounds) == 2 and not (operand[0] in (">", ">=") and operand[2] in ("<", "<=")):
        raise PatternError("a range has its lower bound first", path)

    def test(found: Any) -> bool:
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return is_number and all(compare(found, number) for compare, number in bounds)

    return test


def _cidr(operand: Any, path: tuple[str, ...]) -> Test:
    import ipaddress

    try:
        network = ipaddress.ip_network(_text(operand, path), strict=False)
    except ValueError as error:
        raise PatternError(str(error), path) from None

    def test(found: Any) -> bool:
        try:
            return isinstance(found, str) and ipaddress.ip_address(found) in network
        except ValueError:
            return False

    return test


def _exists(operand: Any, path: tuple[str, ...]) -> Test:
    if operand is not True:
        raise PatternError("exists is true or false", path)
    return lambda found: True


_NESTED: Mapping[str, Callable[[Any, tuple[str, ...]], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
}


def _anything_but(operand: Any, path: tuple[str, ...]) -> Test:
    if isinstance(operand, Mapping):
        if len(operand) != 1 or next(iter(operand)) not in _NESTED:
            raise PatternError(f"anything-but takes values, or one of {', '.join(_NESTED)}", path)
        ((name, inner),) = operand.items()
        excluded = [_NESTED[name](each, path) for each in (inner if isinstance(inner, list) else [inner])]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if not values or any(isinstance(each, Mapping | list) for each in values):
            raise PatternError("anything-but takes texts or numbers", path)
        excluded = [_read_test(each, path) for each in values]
    return lambda found: not any(test(found) for test in excluded)


_OPERATORS: Mapping[str, Callable[[Any, tuple[str, ...]], Test]] = {
    **_NESTED,
    "anything-but": _anything_but,
    "cidr": _cidr,
    "exists": _exists,
    "numeric": _numeric,
}


def _match_fields(fields: _PatternFields, event: Any) -> bool:
    if isinstance(event, list):
        # The fields of a pattern must be those of one and the same object of an array.
        return any(_match_fields(fields, each) for each in event)
    found = event if isinstance(event, Mapping) else {}
    return all(_match_part(part, found, name) for name, part in fields.parts) and all(
        any(_match_fields(each, event) for each in alternatives) for alternatives in fields.alternatives
    )


def _match_part(part: _PatternFields | _PatternLeaf, event: Mapping[str, Any], name: str) -> bool:
    if isinstance(part, _PatternFields):
        return _match_fields(part, event.get(name))
    values = list(_leaf_values(event[name])) if name in event else []
    if not values:
        return part.absent
    return any(test(value) for value in values for test in part.tests)


def _leaf_values(value: Any) -> Iterator[Any]:
    """Yield the scalars of a field; one of an array is enough, and a map is no leaf."""
    if isinstance(value, list):
        for each in value:
            yield from _leaf_values(each)
    elif not isinstance(value, Mapping):
        yield value
