"""Java's methods on a template's values, as ``$text.length()`` or ``$map.keySet()`` call them.

Each type has a table of its own: ``strings.py``, ``numbers.py``, ``lists.py``, ``maps.py``. A call that fits no method
by its name and the types of its arguments has no value, as with Velocity; one that Java has and this package lacks is
an error, so that a template does not quietly render something else than on AWS.

https://docs.oracle.com/javase/8/docs/api/java/lang/String.html
https://docs.oracle.com/javase/8/docs/api/java/util/List.html
https://docs.oracle.com/javase/8/docs/api/java/util/Map.html
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from homeport.vtl.limits import Meter
from homeport.vtl.methods import lists, maps, numbers, strings
from homeport.vtl.methods.table import MethodTable
from homeport.vtl.values import JavaCollection, TemplateObject, to_text


def call_method(value: object, name: str, arguments: Sequence[object], meter: Meter) -> object:
    """Return the result of a call, None without one. Raises TemplateError where Java throws."""
    # Most methods of a text read the whole of it.
    meter.charge(1 + len(value) // 64 if isinstance(value, str) else 1)
    if isinstance(value, TemplateObject):
        return value.call(name, arguments, meter)
    if name == "toString" and not arguments:
        return to_text(value, meter)
    table = _table(value)
    return table.call(value, name, arguments, meter) if table else None


def get_property(value: object, name: str, meter: Meter) -> object:
    """Return the property ``$value.name``: a map's entry, or what a getter without arguments returns."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, TemplateObject):
        return value.get(name)
    if name == "empty" and isinstance(value, str | list):
        return not value
    if name == "bytes" and isinstance(value, str):
        return strings.STRING.call(value, "getBytes", (), meter)
    return None


def _table(value: object) -> MethodTable | None:
    match value:
        case str():
            return strings.STRING
        case bool():
            return numbers.BOOLEAN
        case int():
            return numbers.INTEGER
        case float():
            return numbers.DOUBLE
        case Decimal():
            return numbers.DECIMAL
        case JavaCollection():
            return lists.COLLECTION
        case list():
            return lists.LIST
        case dict():
            return maps.MAP
        case _:
            return None
