"""The methods of Map, and its entries."""

from __future__ import annotations

from collections.abc import Sequence

from homeport.vtl.limits import Meter
from homeport.vtl.methods.table import MethodTable, check_key, is_any, is_map
from homeport.vtl.values import JavaCollection, TemplateObject, equals, to_text

MAP = MethodTable(
    "Map",
    missing=("compute", "computeIfAbsent", "computeIfPresent", "forEach", "hashCode", "merge", "replaceAll"),
)


class MapEntry(TemplateObject):
    """An entry of a map, as ``entrySet()`` gives them; it prints as ``key=value``."""

    def __init__(self, entries: dict[object, object], key: object) -> None:
        self._map = entries
        self._key = key

    def get(self, name: str) -> object:
        """Return the key or the value."""
        return self._key if name == "key" else self._map.get(self._key) if name == "value" else None

    def call(self, name: str, arguments: Sequence[object], meter: Meter) -> object:
        """Return the key or the value, or set the value and return the old one."""
        if name == "setValue" and len(arguments) == 1:
            old = self._map.get(self._key)
            self._map[self._key] = arguments[0]
            return old
        return self.get({"getKey": "key", "getValue": "value"}.get(name, "")) if not arguments else None

    def to_text(self, meter: Meter) -> str:
        """Return ``key=value``."""
        return f"{to_text(self._key, meter)}={to_text(self._map.get(self._key), meter)}"


@MAP.method("get", takes=[is_any])
def _get(meter: Meter, entries: dict[object, object], key: object) -> object:
    return entries.get(check_key(key, meter))


@MAP.method("getOrDefault", takes=[is_any, is_any])
def _get_or_default(meter: Meter, entries: dict[object, object], key: object, default: object) -> object:
    return entries.get(check_key(key, meter), default)


@MAP.method("put", takes=[is_any, is_any])
def _put(meter: Meter, entries: dict[object, object], key: object, value: object) -> object:
    old = entries.get(check_key(key, meter))
    entries[key] = value
    return old


@MAP.method("putIfAbsent", takes=[is_any, is_any])
def _put_if_absent(meter: Meter, entries: dict[object, object], key: object, value: object) -> object:
    old = entries.get(check_key(key, meter))
    if old is None:
        entries[key] = value
    return old


@MAP.method("putAll", takes=[is_map])
def _put_all(meter: Meter, entries: dict[object, object], others: dict[object, object]) -> object:
    meter.charge(len(others))
    entries.update(others)
    return None


@MAP.method("replace", takes=[is_any, is_any])
def _replace(meter: Meter, entries: dict[object, object], key: object, value: object) -> object:
    return _put(meter, entries, key, value) if check_key(key, meter) in entries else None


@MAP.method("remove", takes=[is_any])
def _remove(meter: Meter, entries: dict[object, object], key: object) -> object:
    return entries.pop(check_key(key, meter), None)


@MAP.method("clear")
def _clear(meter: Meter, entries: dict[object, object]) -> object:
    entries.clear()
    return None


@MAP.method("size")
def _size(meter: Meter, entries: dict[object, object]) -> int:
    return len(entries)


@MAP.method("isEmpty")
def _is_empty(meter: Meter, entries: dict[object, object]) -> bool:
    return not entries


@MAP.method("containsKey", takes=[is_any])
def _contains_key(meter: Meter, entries: dict[object, object], key: object) -> bool:
    return check_key(key, meter) in entries


@MAP.method("containsValue", takes=[is_any])
def _contains_value(meter: Meter, entries: dict[object, object], value: object) -> bool:
    return any(equals(own, value, meter) for own in entries.values())


@MAP.method("keySet")
def _key_set(meter: Meter, entries: dict[object, object]) -> list[object]:
    meter.charge(len(entries))
    return JavaCollection(entries)


@MAP.method("values")
def _values(meter: Meter, entries: dict[object, object]) -> list[object]:
    meter.charge(len(entries))
    return JavaCollection(entries.values())


@MAP.method("entrySet")
def _entry_set(meter: Meter, entries: dict[object, object]) -> list[object]:
    meter.charge(len(entries))
    return JavaCollection(MapEntry(entries, key) for key in entries)


@MAP.method("equals", takes=[is_any])
def _equals(meter: Meter, entries: dict[object, object], other: object) -> bool:
    return equals(entries, other, meter)
