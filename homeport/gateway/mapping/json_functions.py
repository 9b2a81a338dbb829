"""The functions at the end of a JSONPath: ``$.items.length()``.

https://github.com/json-path/JsonPath#functions
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from homeport.gateway.mapping.json_values import JsonArray
from homeport.vtl.values import is_number


def _length(value: object) -> object:
    return len(value) if isinstance(value, list | dict | str) else None


def _numbers(value: object) -> list[float]:
    if not isinstance(value, list):
        return []
    return [float(element) for element in value if is_number(element) and isinstance(element, int | float | Decimal)]


def _aggregate(function: Callable[[list[float]], float]) -> Callable[[object], object]:
    def calculate(value: object) -> object:
        numbers = _numbers(value)
        return function(numbers) if numbers else None

    return calculate


def _deviation(numbers: list[float]) -> float:
    mean = math.fsum(numbers) / len(numbers)
    return math.sqrt(math.fsum((number - mean) ** 2 for number in numbers) / len(numbers))


def _keys(value: object) -> object:
    return JsonArray(value) if isinstance(value, dict) else None


FUNCTIONS: dict[str, Callable[[object], object]] = {
    "length": _length,
    "size": _length,
    "keys": _keys,
    "min": _aggregate(min),
    "max": _aggregate(max),
    "sum": _aggregate(math.fsum),
    "avg": _aggregate(lambda numbers: math.fsum(numbers) / len(numbers)),
    "stddev": _aggregate(_deviation),
    "first": lambda value: value[0] if isinstance(value, list) and value else None,
    "last": lambda value: value[-1] if isinstance(value, list) and value else None,
}
