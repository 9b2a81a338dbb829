"""Pairs of properties of which the second comes after the first: ``checkIn`` and ``checkOut``. Pure.

No schema says so, and services refuse a body in which they are the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from homeport.contract.rest.dates import hours_later, moment_of, shift
from homeport.contract.rest.names import words_in

_PAIRS = """
start/end starts/ends started/ended start/stop start/finish begin/end begins/ends from/to from/until from/till
from/through since/until after/before min/max minimum/maximum least/most low/high lower/upper open/close opens/closes
opening/closing in/out arrival/departure arrives/departs pickup/return pickup/dropoff
"""
_SECOND: dict[str, tuple[str, ...]] = {}
for _first, _, _last in (pair.partition("/") for pair in _PAIRS.split()):
    _SECOND[_first] = (*_SECOND.get(_first, ()), _last)

Check = Callable[[Any], bool]


def in_order(body: Any, is_valid: Check, keep: Collection[str] = ()) -> Any:
    """Return a body whose pairs are in order, in the objects inside of it too: swapped, or one of them moved.

    The properties in ``keep`` have values that the caller chose: they stay. Nothing is done that ``is_valid`` refuses.
    """
    if not isinstance(body, Mapping):
        return body
    made = dict(body)
    for name in [name for name, one in body.items() if isinstance(one, Mapping | list) and name not in keep]:
        changed = {**made, name: _inside(made[name])}
        made = changed if is_valid(changed) else made
    for first, second in ordered_pairs(made):
        made = next((one for one in _candidates(made, first, second, keep) if is_valid(one)), made)
    return made


def ordered_pairs(names: Collection[str]) -> list[tuple[str, str]]:
    """Return the pairs among the names of properties: ``validFrom`` with ``validUntil``, ``from`` with ``to``."""
    words = {name: words_in(name) for name in names}
    found = []
    for first, mine in words.items():
        for place, word in enumerate(mine):
            wanted = [[*mine[:place], other, *mine[place + 1 :]] for other in _SECOND.get(word, ())]
            found += [(first, second) for second, theirs in words.items() if theirs in wanted]
    return found


def _inside(value: Any) -> Any:
    if isinstance(value, list):
        return [_inside(one) for one in value]
    return in_order(value, lambda _: True)


def _candidates(body: dict[str, Any], first: str, second: str, keep: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield the body with a pair in order, nothing where it is so, or can't be compared."""
    one, other = body[first], body[second]
    try:
        is_before, is_after = _rank(one) < _rank(other), _rank(one) > _rank(other)
    except TypeError:
        return
    if is_before:
        return
    if is_after and first not in keep and second not in keep:
        yield {**body, first: other, second: one}
    if second not in keep:
        yield from ({**body, second: later} for later in _beside(one, 1))
    if first not in keep:
        yield from ({**body, first: earlier} for earlier in _beside(other, -1))


def _rank(value: Any) -> Any:
    """Return what a value is compared by; None, which can't be compared, for what is no number and no time."""
    if isinstance(value, str):
        return moment_of(value)
    return value if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def _beside(value: Any, direction: int) -> Iterator[Any]:
    """Yield values that are a little later, or earlier, than another one."""
    if not isinstance(value, str):
        yield from (value + direction * step for step in (1, 10))
        return
    move = hours_later if isinstance(moment_of(value), time) else shift
    found = move(value, direction)
    if found is not None:
        yield found
