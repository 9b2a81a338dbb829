"""Functions of numbers, types and dates.

https://developer.hashicorp.com/terraform/language/functions/parseint
https://developer.hashicorp.com/terraform/language/functions/formatdate
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from homeport.project.terraform.evaluation.values import (
    EvaluationError,
    StandInText,
    as_bool,
    as_number,
    as_text,
    tidy_number,
)

_NOW = "2020-01-01T00:00:00Z"
"""The result of ``timestamp``: here nothing may change by itself."""
_DURATION = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(h|m|s|ms|us|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_DATE_PARTS = (
    *(("YYYY", "%Y"), ("YY", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("DD", "%d"), ("EEEE", "%A")),
    *(("EEE", "%a"), ("hh", "%H"), ("HH", "%I"), ("mm", "%M"), ("ss", "%S"), ("AA", "%p"), ("ZZZZZ", "+00:00")),
    *(("ZZZZ", "+0000"), ("ZZZ", "UTC"), ("Z", "Z"), ("M", "%m"), ("D", "%d"), ("h", "%H"), ("H", "%I")),
    *(("m", "%M"), ("s", "%S")),
)
_SHORT_PARTS = frozenset("MDhHms")


def _numbers(values: tuple[Any, ...]) -> list[int | float]:
    return [as_number(value) for value in values]


def _nullable(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: value if value is None or isinstance(value, StandInText) else convert(value)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(as_text(text))
    except ValueError as error:
        raise EvaluationError(f"{text!r} is no time", hint=f"write {_NOW}") from error


def _time_add(start: str, duration: str) -> str:
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(duration))
    return (_time(start) + timedelta(seconds=seconds)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _format_date(pattern: str, text: str) -> str:
    moment, made = _time(text), ""
    while pattern:
        if pattern.startswith("'"):
            quoted, _, pattern = pattern[1:].partition("'")
            made += quoted
            continue
        word, code = next((pair for pair in _DATE_PARTS if pattern.startswith(pair[0])), (pattern[0], pattern[0]))
        written = moment.strftime(code) if code.startswith("%") else code
        # One letter stands for a number without a zero before it.
        made += str(int(written)) if word in _SHORT_PARTS else written
        pattern = pattern[len(word) :]
    return made


def _type_name(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "tuple"
    return "object"


NUMBERS: Mapping[str, Callable[..., Any]] = {
    "abs": lambda value: abs(as_number(value)),
    "ceil": lambda value: math.ceil(as_number(value)),
    "ephemeralasnull": lambda value: value,
    "floor": lambda value: math.floor(as_number(value)),
    "formatdate": _format_date,
    "issensitive": lambda _: False,
    "log": lambda value, base: tidy_number(math.log(as_number(value), as_number(base))),
    "max": lambda *values: max(_numbers(values)),
    "min": lambda *values: min(_numbers(values)),
    "nonsensitive": lambda value: value,
    "parseint": lambda text, base: int(as_text(text), int(as_number(base))),
    "plantimestamp": lambda: _NOW,
    "pow": lambda value, exponent: as_number(math.pow(as_number(value), as_number(exponent))),
    "sensitive": lambda value: value,
    "signum": lambda value: (as_number(value) > 0) - (as_number(value) < 0),
    "timeadd": _time_add,
    "timecmp": lambda left, right: (_time(left) > _time(right)) - (_time(left) < _time(right)),
    "timestamp": lambda: _NOW,
    "tobool": _nullable(as_bool),
    "tonumber": _nullable(as_number),
    "tostring": _nullable(as_text),
    "type": _type_name,
}
