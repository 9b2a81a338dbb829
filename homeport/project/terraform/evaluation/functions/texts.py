"""Functions of texts.

https://developer.hashicorp.com/terraform/language/functions/format
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from homeport.project.terraform.evaluation.values import EvaluationError, StandInText, as_number, as_text, plain

_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>[0-9]*)(?:\.(?P<precision>[0-9]+))?(?:\[(?P<index>[0-9]+)\])?(?P<verb>[a-zA-Z%])"
)


_WIDEST = 1000


def format_text(pattern: str, *values: Any) -> str:
    """Return a text as Go's ``fmt`` writes it."""
    following = 0

    def verb(found: re.Match[str]) -> str:
        nonlocal following
        if found["verb"] == "%":
            return "%"
        position = int(found["index"]) - 1 if found["index"] else following
        following = position + 1
        if position >= len(values):
            raise EvaluationError(f"there is no value for {found[0]}")
        return _verb_text(found, values[position])

    return _VERB.sub(verb, as_text(pattern))


def _verb_text(found: re.Match[str], value: Any) -> str:
    kind, flags, precision = found["verb"], found["flags"], found["precision"]
    match kind:
        case "d":
            text = f"{int(as_number(value)):{'+' if '+' in flags else ''}d}"
        case "f" | "F" | "e" | "E" | "g" | "G":
            text = format(
                float(as_number(value)), f".{min(int(precision or 6), _WIDEST)}{kind}" if kind not in "gG" else "g"
            )
        case "x" | "X" | "o" | "b":
            text = value.encode().hex() if isinstance(value, str) else format(int(as_number(value)), kind)
        case "q":
            text = json.dumps(as_text(value), ensure_ascii=False)
        case "t" | "s" | "v":
            text = _json(value) if isinstance(value, dict | list) or value is None else as_text(value)
            text = text[: int(precision)] if precision and kind == "s" else text
        case _:
            raise EvaluationError(f"{found[0]} is no verb of format")
    width = min(int(found["width"] or 0), _WIDEST)
    if "-" in flags:
        return text.ljust(width)
    return text.zfill(width) if "0" in flags and kind in "dfxXob" else text.rjust(width)


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _format_list(pattern: str, *values: Any) -> list[str]:
    lists = [value for value in values if isinstance(value, list)]
    count = len(lists[0]) if lists else 1
    rows = ([value[place] if isinstance(value, list) else value for value in values] for place in range(count))
    return [format_text(pattern, *row) for row in rows]


def _indent(spaces: Any, text: str) -> str:
    return text.replace("\n", "\n" + " " * int(as_number(spaces)))


def _join(separator: str, *lists: Any) -> str:
    elements = [element for each in lists for element in (each if isinstance(each, list) else [each])]
    return separator.join(as_text(element) for element in elements if element is not None)


def _split(separator: str, text: str) -> list[str]:
    if isinstance(text, StandInText):
        return [StandInText(part) for part in text.split(separator)] if separator else [text]
    return as_text(text).split(separator) if separator else list(text)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(re.sub(r"\(\?<(?=[a-zA-Z])", "(?P<", text))
    except re.error as error:
        raise EvaluationError(f"{text!r} is no regular expression: {error}") from error


def _groups(found: re.Match[str]) -> Any:
    if found.groupdict():
        return found.groupdict()
    return list(found.groups()) if found.groups() else found[0]


def _regex(pattern: str, text: str) -> Any:
    found = _pattern(pattern).search(as_text(text))
    if found is None:
        raise EvaluationError(f"{pattern!r} does not match {as_text(text)!r}")
    return _groups(found)


def _replace(text: str, part: str, by: str) -> str:
    text, by = as_text(text), as_text(by)
    if len(part) > 1 and part.startswith("/") and part.endswith("/"):
        return _pattern(part[1:-1]).sub(re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", by.replace("\\", "\\\\")), text)
    return text.replace(part, by)


def _substr(text: str, offset: Any, length: Any) -> str:
    text, start, count = as_text(text), int(as_number(offset)), int(as_number(length))
    start = max(0, len(text) + start) if start < 0 else start
    return text[start:] if count < 0 else text[start : start + count]


def _title(text: str) -> str:
    return re.sub(r"(^|\W)([a-z])", lambda found: found[1] + found[2].upper(), as_text(text))


TEXTS: Mapping[str, Callable[..., Any]] = {
    "chomp": lambda text: as_text(text).rstrip("\r\n"),
    "endswith": lambda text, end: as_text(text).endswith(end),
    "format": format_text,
    "formatlist": _format_list,
    "indent": _indent,
    "join": _join,
    "lower": lambda text: as_text(text).lower(),
    "regex": _regex,
    "regexall": lambda pattern, text: [_groups(found) for found in _pattern(pattern).finditer(as_text(text))],
    "replace": _replace,
    "split": _split,
    "startswith": lambda text, start: as_text(text).startswith(start),
    "strcontains": lambda text, part: part in as_text(text),
    "strrev": lambda text: as_text(text)[::-1],
    "substr": _substr,
    "title": _title,
    "trim": lambda text, characters: as_text(text).strip(characters),
    "trimprefix": lambda text, prefix: as_text(text).removeprefix(prefix),
    "trimspace": lambda text: as_text(text).strip(),
    "trimsuffix": lambda text, suffix: as_text(text).removesuffix(suffix),
    "upper": lambda text: as_text(text).upper(),
}
