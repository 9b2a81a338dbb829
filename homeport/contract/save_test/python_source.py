"""Python source of values, readable and as ruff would format it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeport.project.names import snake_case

WIDTH = 110


def quote_text(text: str) -> str:
    """Return a text as a Python literal, in double quotes."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


class CallArguments(list[Any]):
    """A list that is written as the arguments of a call."""

    def __init__(self, function: str, values: Iterable[Any]) -> None:
        super().__init__(values)
        self.function = function

    @property
    def ends(self) -> tuple[str, str]:
        """The beginning and the end of the call."""
        return f"{self.function}(", ")"


class SourceText(str):
    """Python source that stands for a value."""

    __slots__ = ()


def format_value(value: Any, indent: int, scalar: Callable[[Any, str], str], name: str = "", lead: int = 0) -> str:
    """Return the source of a JSON value at so many columns of indentation, ``lead`` of which are before the value.

    ``scalar`` returns the source of a value that is no object or list; it also gets the name of the value's property.
    """
    flat = _flat(value, scalar, name)
    if len(flat) + indent + lead <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        lines = [
            f"{inner}{quote_text(key)}: {format_value(part, indent + 4, scalar, key, len(key) + 5)},"
            for key, part in value.items()
        ]
    else:
        lines = [f"{inner}{format_value(part, indent + 4, scalar, name)}," for part in value]
    start, end = _ends(value)
    return "\n".join([start, *lines, " " * indent + end])


def _flat(value: Any, scalar: Callable[[Any, str], str], name: str) -> str:
    if isinstance(value, SourceText):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quote_text(key)}: {_flat(part, scalar, key)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        start, end = _ends(value)
        return start + ", ".join(_flat(part, scalar, name) for part in value) + end
    return scalar(value, name)


def _ends(value: dict[str, Any] | list[Any]) -> tuple[str, str]:
    if isinstance(value, CallArguments):
        return value.ends
    return ("{", "}") if isinstance(value, dict) else ("[", "]")


def format_call(start: str, arguments: list[str], indent: int) -> str:
    """Return a call, on one line if it fits."""
    flat = f"{' ' * indent}{start}({', '.join(arguments)})"
    if len(flat) <= WIDTH and "\n" not in flat:
        return flat
    inner = " " * (indent + 4)
    return "\n".join(
        [f"{' ' * indent}{start}(", *(f"{inner}{argument}," for argument in arguments), f"{' ' * indent})"]
    )


def fstring_text(text: str, names: Mapping[str, str]) -> str:
    """Return the inside of an f-string. Sources in it have single quotes, as Python before 3.12 needs them."""
    if not names:
        return quote_text(text)[1:-1].replace("{", "{{").replace("}", "}}")
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pieces = []
    place = 0
    for found in re.finditer(pattern, text):
        pieces.append(fstring_text(text[place : found.start()], {}))
        pieces.append("{" + names[found[0]].replace('"', "'") + "}")
        place = found.end()
    return "".join((*pieces, fstring_text(text[place:], {})))


def identifier(name: str) -> str:
    """Return a name in snake case that is a Python identifier."""
    word = re.sub(r"\W+", "_", snake_case(name)).strip("_").lower()
    return word if word and not word[0].isdigit() else f"n_{word}"
