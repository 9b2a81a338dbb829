"""Python source of values, readable and as ruff would format it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

WIDTH = 110


def quoted(text: str) -> str:
    """A text as a Python literal, in double quotes."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


class Arguments(list[Any]):
    """A list that is written as the arguments of a call."""

    def __init__(self, function: str, values: Iterable[Any]) -> None:
        super().__init__(values)
        self.function = function

    @property
    def ends(self) -> tuple[str, str]:
        """How the call begins and ends."""
        return f"{self.function}(", ")"


class Source(str):
    """Python source that stands for a value."""

    __slots__ = ()


def written(value: Any, indent: int, scalar: Callable[[Any, str], str], name: str = "", lead: int = 0) -> str:
    """The source of a JSON value at so many columns of indentation; ``scalar`` writes what is no object or list.

    ``scalar`` gets the name of the property that a value stands under, also. ``lead`` columns are before the value.
    """
    flat = _flat(value, scalar, name)
    if len(flat) + indent + lead <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        lines = [
            f"{inner}{quoted(key)}: {written(part, indent + 4, scalar, key, len(key) + 5)},"
            for key, part in value.items()
        ]
    else:
        lines = [f"{inner}{written(part, indent + 4, scalar, name)}," for part in value]
    start, end = _ends(value)
    return "\n".join([start, *lines, " " * indent + end])


def _flat(value: Any, scalar: Callable[[Any, str], str], name: str) -> str:
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {_flat(part, scalar, key)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        start, end = _ends(value)
        return start + ", ".join(_flat(part, scalar, name) for part in value) + end
    return scalar(value, name)


def _ends(value: dict[str, Any] | list[Any]) -> tuple[str, str]:
    if isinstance(value, Arguments):
        return value.ends
    return ("{", "}") if isinstance(value, dict) else ("[", "]")


def call(start: str, arguments: list[str], indent: int) -> str:
    """A call, on one line if it fits."""
    flat = f"{' ' * indent}{start}({', '.join(arguments)})"
    if len(flat) <= WIDTH and "\n" not in flat:
        return flat
    inner = " " * (indent + 4)
    return "\n".join(
        [f"{' ' * indent}{start}(", *(f"{inner}{argument}," for argument in arguments), f"{' ' * indent})"]
    )
