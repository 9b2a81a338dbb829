"""Functions of lists, sets and maps, and conversions between them.

https://developer.hashicorp.com/terraform/language/functions/concat
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeport.project.terraform.evaluation.values import (
    EvaluationError,
    SetOf,
    StandInText,
    as_bool,
    as_number,
    as_text,
    describe,
    equal,
)


def _elements(collection: Any) -> list[Any]:
    match collection:
        case list():
            return collection
        case dict():
            return [collection[key] for key in sorted(collection)]
        case StandInText():
            return []
        case None:
            raise EvaluationError("null has no elements")
    raise EvaluationError(f"{describe(collection)} has no elements")


def _has(elements: Iterable[Any], wanted: Any) -> bool:
    return any(equal(each, wanted) for each in elements)


def _flatten(value: Any) -> list[Any]:
    return [inner for each in _elements(value) for inner in (_flatten(each) if isinstance(each, list) else [each])]


def _merge(*maps: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for each in maps:
        if isinstance(each, dict):
            merged.update(each)
        elif each is not None and not isinstance(each, StandInText):
            raise EvaluationError(f"{describe(each)} is no map")
    return merged


def _lookup(map: Any, key: str, *otherwise: Any) -> Any:
    if isinstance(map, dict) and as_text(key) in map:
        return map[as_text(key)]
    if not otherwise:
        raise EvaluationError(f"the map has no key {as_text(key)!r}")
    return otherwise[0]


def _coalesce(*values: Any) -> Any:
    found = [value for value in values if value is not None and value != ""]
    if not found:
        raise EvaluationError("every value is null or empty")
    return found[0]


def _coalesce_list(*lists: Any) -> Any:
    found = [each for each in lists if each]
    if not found:
        raise EvaluationError("every list is empty")
    return found[0]


def _element(collection: Any, position: Any) -> Any:
    elements = _elements(collection)
    if not elements:
        raise EvaluationError("an empty list has no elements")
    return elements[int(as_number(position)) % len(elements)]


def _index(collection: list[Any], wanted: Any) -> int:
    for position, element in enumerate(_elements(collection)):
        if equal(element, wanted):
            return position
    raise EvaluationError("the list has no such element")


def _one(collection: Any) -> Any:
    elements = _elements(collection)
    if len(elements) > 1:
        raise EvaluationError(f"the list has {len(elements)} elements, not one")
    return elements[0] if elements else None


def _range(*limits: Any) -> list[int | float]:
    numbers = [as_number(limit) for limit in limits]
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) == 3 else (1 if end >= start else -1)
    made: list[int | float] = []
    while (start < end if step > 0 else start > end) and len(made) < 1024:
        made.append(start)
        start += step
    return made


def _slice(collection: list[Any], start: Any, end: Any) -> list[Any]:
    return _elements(collection)[int(as_number(start)) : int(as_number(end))]


def _transpose(map: dict[str, list[str]]) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for key in sorted(map):
        for value in map[key]:
            made.setdefault(value, []).append(key)
    return dict(sorted(made.items()))


def _length(value: Any) -> int:
    if isinstance(value, StandInText):
        return 0
    if isinstance(value, str):
        return len(value)
    return len(value) if isinstance(value, list | dict) else len(_elements(value))


def _keys(map: Any) -> list[str]:
    return sorted(map) if isinstance(map, dict) else [as_text(each) for each in _elements(map)]


def _set_product(*collections: Any) -> list[list[Any]]:
    return [list(each) for each in itertools.product(*map(_elements, collections))]


def _set(*operands: Any, keeps: Callable[[Any, list[Any]], bool]) -> SetOf:
    first, *others = map(_elements, operands)
    return SetOf.of(each for each in first if all(keeps(each, other) for other in others))


def _sum(numbers: Any) -> int | float:
    return sum(as_number(each) for each in _elements(numbers))


def _to_list(value: Any) -> list[Any]:
    return list(_elements(value))


def _compact(texts: Any) -> list[Any]:
    return [each for each in _elements(texts) if each not in ("", None)]


def _distinct(elements: Any) -> list[Any]:
    found: list[Any] = []
    for each in _elements(elements):
        if not _has(found, each):
            found.append(each)
    return found


def _chunks(elements: Any, size: Any) -> list[list[Any]]:
    every, count = _elements(elements), max(1, int(as_number(size)))
    return [every[start : start + count] for start in range(0, len(every), count)]


def _match_keys(values: list[Any], keys: list[Any], wanted: list[Any]) -> list[Any]:
    return [value for value, key in zip(values, keys, strict=False) if _has(wanted, key)]


def _to_map(value: Any) -> Any:
    if isinstance(value, StandInText):
        return {}
    if not isinstance(value, dict):
        raise EvaluationError(f"{describe(value)} is no map")
    return value


COLLECTIONS: Mapping[str, Callable[..., Any]] = {
    "alltrue": lambda values: all(as_bool(each) for each in _elements(values) if each is not None),
    "anytrue": lambda values: any(as_bool(each) for each in _elements(values) if each is not None),
    "chunklist": _chunks,
    "coalesce": _coalesce,
    "coalescelist": _coalesce_list,
    "compact": _compact,
    "concat": lambda *lists: [element for each in lists for element in _elements(each)],
    "contains": lambda values, wanted: _has(_elements(values), wanted),
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "list": lambda *values: list(values),
    "lookup": _lookup,
    "map": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "matchkeys": _match_keys,
    "merge": _merge,
    "one": _one,
    "range": _range,
    "reverse": lambda values: list(reversed(_elements(values))),
    "setintersection": lambda *sets: _set(*sets, keeps=lambda each, other: _has(other, each)),
    "setproduct": _set_product,
    "setsubtract": lambda *sets: _set(*sets, keeps=lambda each, other: not _has(other, each)),
    "setunion": lambda *sets: SetOf.of(element for each in sets for element in _elements(each)),
    "slice": _slice,
    "sort": lambda values: sorted(as_text(each) for each in _elements(values)),
    "sum": _sum,
    "tolist": _to_list,
    "tomap": _to_map,
    "toset": lambda values: SetOf.of(_elements(values)),
    "transpose": _transpose,
    "values": lambda map: [map[key] for key in sorted(map)] if isinstance(map, dict) else _elements(map),
    "zipmap": lambda keys, values: dict(zip(map(as_text, keys), values, strict=False)),
}
