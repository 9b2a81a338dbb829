"""Formulas: numbers of a resource that are computed from others, such as the total of an order. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import prod
from typing import Any, Literal

How = Literal["product", "sum", "difference", "percent", "count"]
Rounding = Literal["half up", "half even", "half down", "down", "up", "nearest", ""]

MODES: Mapping[Rounding, str] = {
    "half up": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "half down": ROUND_HALF_DOWN,
    "down": ROUND_FLOOR,
    "up": ROUND_CEILING,
}
"""The modes of ``decimal`` for the roundings that leave nothing open."""

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
# Money that is computed in doubles has such an error, which no client sees.
_NOISE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Formula:
    """A rule: the number ``target`` of an object is computed from its properties ``operands``.

    ``items`` is the array whose entries have the operands; what they give is added up. ``""``: the object has them
    itself. ``count`` is the number of entries. ``keys`` lead from the resource to the object; an array among them
    stands for each of its entries. ``step`` is the smallest difference of two results (0.01), None: not known.
    ``rounding`` is ``""`` where nothing is said of it. ``text`` is the description.
    """

    target: str
    how: How
    operands: tuple[str, ...] = ()
    items: str = ""
    keys: tuple[str, ...] = ()
    step: Decimal | None = None
    rounding: Rounding = ""
    text: str = ""

    def exact(self, value: Mapping[str, Any]) -> Decimal | None:
        """Return the number that an object should have, before it is rounded; None where a part of it is missing."""
        parts = self._parts(value)
        return None if parts is None else sum(parts, Decimal(0))

    def holds(self, value: Mapping[str, Any]) -> bool:
        """Return whether an object keeps to the rule, or lacks a part of it."""
        parts, shown = self._parts(value), number(value.get(self.target))
        if parts is None or shown is None:
            return True
        exact = sum(parts, Decimal(0))
        difference = abs(exact - shown)
        noise = _NOISE * max(abs(exact), Decimal(1))
        if difference <= noise:
            return True
        step = self.step or _step_of(shown)
        if all(part % step == 0 for part in parts):
            return False
        mode = MODES.get(self.rounding)
        if len(parts) == 1 and mode is not None and exact >= 0:
            return abs(to_step(exact, step, mode) - shown) <= noise
        # Each part may have been rounded, or their sum.
        room = step * len(parts) / (2 if self.rounding == "nearest" else 1)
        return difference <= room + noise

    def round(self, exact: Decimal) -> Decimal:
        """Return a result as an object would show it."""
        return exact if self.step is None else to_step(exact, self.step, MODES.get(self.rounding, ROUND_HALF_UP))

    def is_telling(self, value: Mapping[str, Any]) -> bool:
        """Return whether an object has a result half between two steps, or one that doubles, cut off, would miss."""
        exact, step = self.exact(value), self.step
        if step is None or not exact:
            return False
        if exact % step:
            return exact % step == step / 2
        numbers = [float(number(value.get(name)) or 0) for name in self.operands]
        double = prod(numbers) if self.how == "product" and not self.items else float(exact)
        return int(double * float(1 / step)) < exact / step

    def objects(self, resource: Any) -> Iterator[Mapping[str, Any]]:
        """Yield the objects of a resource to which the rule applies."""
        yield from _objects(resource, self.keys)

    def describe(self, value: Mapping[str, Any]) -> str:
        """Return in words what an object shows, and what it should."""
        exact = self.exact(value)
        inner = "" if self.items else f" ({', '.join(f'{name} {value.get(name)}' for name in self.operands)})"
        result = "not known" if exact is None else f"{exact.normalize():f}"
        return f'{self.target} is {value.get(self.target)}, and "{self.text.strip().rstrip(".")}" is {result}{inner}'

    def _parts(self, value: Mapping[str, Any]) -> list[Decimal] | None:
        if not self.items:
            found = self._result(value)
            return None if found is None else [found]
        entries = value.get(self.items)
        if not isinstance(entries, list):
            return None
        if self.how == "count":
            return [Decimal(len(entries))]
        parts = [self._result(one) if isinstance(one, Mapping) else None for one in entries]
        known = [one for one in parts if one is not None]
        return known if len(known) == len(parts) else None

    def _result(self, value: Mapping[str, Any]) -> Decimal | None:
        found = [number(value.get(name)) for name in self.operands]
        numbers = [one for one in found if one is not None]
        if len(numbers) < len(found) or not numbers:
            return None
        match self.how:
            case "product":
                return prod(numbers, start=Decimal(1))
            case "difference":
                return numbers[0] - sum(numbers[1:], Decimal(0))
            case "percent":
                return numbers[0] * numbers[1] / 100
            case _:
                return sum(numbers, Decimal(0))


def number(value: Any) -> Decimal | None:
    """Return a JSON number, or a text that is one, as many APIs write money; None for anything else."""
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    found = Decimal(str(value))
    return found if found.is_finite() else None


def to_step(exact: Decimal, step: Decimal, mode: str) -> Decimal:
    """Return a number as a multiple of a step, by a mode of ``decimal``."""
    return (exact / step).quantize(Decimal(1), rounding=mode) * step


def complete(formulas: Sequence[Formula], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's body with all that is computed from it."""
    found: dict[str, Any] = _copy(body)
    for _ in formulas:
        for formula in formulas:
            for one in formula.objects(found):
                exact = formula.exact(one)
                if exact is not None and isinstance(one, dict) and formula.target not in one:
                    one[formula.target] = formula.round(exact)
    return found


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(one) for name, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _objects(value: Any, keys: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _objects(one, keys)
    elif isinstance(value, Mapping):
        if not keys:
            yield value
        else:
            yield from _objects(value.get(keys[0]), keys[1:])


def _step_of(shown: Decimal) -> Decimal:
    """Return the last place of a number that is shown."""
    exponent = shown.as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)
