"""The methods of List, of other collections, and of arrays, which Velocity lets be asked as lists are."""

from __future__ import annotations

from homeport.vtl.errors import TemplateError
from homeport.vtl.limits import Meter
from homeport.vtl.methods.table import MethodTable, check_index, is_any, is_integer, is_list
from homeport.vtl.values import JavaArray, equals

_MISSING = ("forEach", "hashCode", "iterator", "parallelStream", "removeIf", "retainAll", "spliterator", "stream")
LIST = MethodTable("List", missing=(*_MISSING, "listIterator", "replaceAll", "sort"))
COLLECTION = MethodTable("Collection", missing=(*_MISSING, "clear", "remove", "removeAll"))


def _find(values: list[object], value: object, meter: Meter) -> int:
    return next((index for index, own in enumerate(values) if equals(own, value, meter)), -1)


@LIST.method("size")
@COLLECTION.method("size")
def _size(meter: Meter, values: list[object]) -> int:
    return len(values)


@LIST.method("isEmpty")
@COLLECTION.method("isEmpty")
def _is_empty(meter: Meter, values: list[object]) -> bool:
    return not values


@LIST.method("get", takes=[is_integer])
def _get(meter: Meter, values: list[object], index: int) -> object:
    return values[check_index(index, len(values))]


@LIST.method("set", takes=[is_integer, is_any])
def _set(meter: Meter, values: list[object], index: int, value: object) -> object:
    check_index(index, len(values))
    values[index], old = value, values[index]
    return old


@LIST.method("add", takes=[is_any])
def _add(meter: Meter, values: list[object], value: object) -> bool:
    _check_growth(values)
    values.append(value)
    return True


@LIST.method("add", takes=[is_integer, is_any])
def _insert(meter: Meter, values: list[object], index: int, value: object) -> object:
    _check_growth(values)
    check_index(index, len(values) + 1)
    meter.charge(1 + len(values) // 64)
    values.insert(index, value)
    return None


@LIST.method("addAll", takes=[is_list])
def _add_all(meter: Meter, values: list[object], others: list[object]) -> bool:
    _check_growth(values)
    meter.charge(len(others))
    values.extend(list(others))
    return bool(others)


@LIST.method("remove", takes=[is_integer])
def _remove_at(meter: Meter, values: list[object], index: int) -> object:
    _check_growth(values)
    meter.charge(1 + len(values) // 64)
    return values.pop(check_index(index, len(values)))


@LIST.method("remove", takes=[is_any])
def _remove(meter: Meter, values: list[object], value: object) -> bool:
    _check_growth(values)
    index = _find(values, value, meter)
    if index >= 0:
        del values[index]
    return index >= 0


@LIST.method("removeAll", takes=[is_list])
def _remove_all(meter: Meter, values: list[object], others: list[object]) -> bool:
    kept = [value for value in values if _find(others, value, meter) < 0]
    changed = len(kept) < len(values)
    values[:] = kept
    return changed


@LIST.method("clear")
def _clear(meter: Meter, values: list[object]) -> object:
    _check_growth(values)
    values.clear()
    return None


@LIST.method("contains", takes=[is_any])
@COLLECTION.method("contains", takes=[is_any])
def _contains(meter: Meter, values: list[object], value: object) -> bool:
    return _find(values, value, meter) >= 0


@LIST.method("containsAll", takes=[is_list])
@COLLECTION.method("containsAll", takes=[is_list])
def _contains_all(meter: Meter, values: list[object], others: list[object]) -> bool:
    return all(_find(values, other, meter) >= 0 for other in others)


@LIST.method("indexOf", takes=[is_any])
def _index_of(meter: Meter, values: list[object], value: object) -> int:
    return _find(values, value, meter)


@LIST.method("lastIndexOf", takes=[is_any])
def _last_index_of(meter: Meter, values: list[object], value: object) -> int:
    return next((index for index in range(len(values) - 1, -1, -1) if equals(values[index], value, meter)), -1)


@LIST.method("subList", takes=[is_integer, is_integer])
def _sub_list(meter: Meter, values: list[object], start: int, end: int) -> list[object]:
    if not 0 <= start <= end <= len(values):
        raise TemplateError(f"subList({start}, {end}) is out of bounds: there are {len(values)} elements")
    meter.charge(end - start)
    return values[start:end]


@LIST.method("toArray")
@COLLECTION.method("toArray")
def _to_array(meter: Meter, values: list[object]) -> list[object]:
    meter.charge(len(values))
    return JavaArray(values)


@LIST.method("equals", takes=[is_any])
@COLLECTION.method("equals", takes=[is_any])
def _equals(meter: Meter, values: list[object], other: object) -> bool:
    return equals(values, other, meter)


def _check_growth(values: list[object]) -> None:
    if isinstance(values, JavaArray):
        raise TemplateError("an array can't grow or shrink")
