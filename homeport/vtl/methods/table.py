"""Tables of methods: by name, then by the types of the arguments, as Java finds an overload."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from homeport.vtl.errors import TemplateError
from homeport.vtl.limits import Meter
from homeport.vtl.values import is_number

Method = Callable[..., object]
AnyMethod = TypeVar("AnyMethod", bound=Method)
Kind = Callable[[object], bool]


def is_text(value: object) -> bool:
    """Return whether a value is a String."""
    return isinstance(value, str)


def is_integer(value: object) -> bool:
    """Return whether a value fits a parameter of type int."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def is_boolean(value: object) -> bool:
    """Return whether a value is a Boolean."""
    return isinstance(value, bool)


def is_list(value: object) -> bool:
    """Return whether a value is a Collection."""
    return isinstance(value, list)


def is_map(value: object) -> bool:
    """Return whether a value is a Map."""
    return isinstance(value, dict)


def is_any(value: object) -> bool:
    """Return whether a value fits a parameter of type Object: always."""
    return True


class MethodTable:
    """The methods of one Java type. ``missing`` names those that Java has and the table lacks."""

    def __init__(self, java_type: str, missing: Iterable[str] = ()) -> None:
        self._type = java_type
        self._missing = frozenset(missing)
        self._methods: dict[tuple[str, int], list[tuple[tuple[Kind, ...], Method]]] = {}

    def method(self, *names: str, takes: Sequence[Kind] = ()) -> Callable[[AnyMethod], AnyMethod]:
        """Return a decorator that adds a function of the meter, the value and the arguments under these names."""

        def add(function: AnyMethod) -> AnyMethod:
            for name in names:
                self._methods.setdefault((name, len(takes)), []).append((tuple(takes), function))
            return function

        return add

    def call(self, value: Any, name: str, arguments: Sequence[object], meter: Meter) -> object:
        """Return the result of the first method that takes the arguments, None without one."""
        for kinds, function in self._methods.get((name, len(arguments)), ()):
            if all(kind(argument) for kind, argument in zip(kinds, arguments, strict=True)):
                return function(meter, value, *arguments)
        if name in self._missing:
            raise TemplateError(f"the method {self._type}.{name} is not available here")
        return None


def check_index(index: int, length: int) -> int:
    """Return the index. Raises TemplateError where Java throws IndexOutOfBoundsException."""
    if not 0 <= index < length:
        raise TemplateError(f"the index {index} is out of bounds: there are {length} elements")
    return index


def check_key(key: object, meter: Meter) -> Any:
    """Return a key of a map. Raises TemplateError for a list or a map, which no template can have as keys here."""
    if isinstance(key, str):
        meter.charge(len(key) // 64)
    if isinstance(key, list | dict):
        raise TemplateError("a list or a map can't be the key of a map here")
    return key


NUMBER: Kind = is_number
