"""A function's log as a terminal shows it: tracebacks as lines, without what repeats and what Python's import adds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from homeport.runtime.logs import is_platform
from homeport.terminal import printable

MAX_LENGTH = 1000
# Time and request id of a log line: they are in the request's line already.
_LOGGED = re.compile(r"(\[[A-Z]+\])\t\S+Z\t[0-9a-f-]{36}\t")
# The machinery that imports a function's module, which is the same in every traceback of an initialisation.
_IMPORT_FRAME = re.compile(r'\s*File "(?:<frozen [^"]*>|[^"]*/importlib/__init__\.py)", line')
_FRAME = re.compile(r'\s*File "')
_LONGEST_VALUE = 160


def terminal_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a log for a terminal: no control characters, none longer than ``MAX_LENGTH`` characters.

    A traceback in a JSON line is taken out of it and follows as lines.
    """
    for line in _without_import_frames(_without_repeats(lines)):
        for part in _parts(line):
            plain = _LOGGED.sub(r"\1 ", part).expandtabs(2).replace("\u00a0", " ")
            yield printable(plain, MAX_LENGTH)


def _without_repeats(lines: Iterable[str]) -> Iterator[str]:
    """Leave out an error that Lambda logs a second time, when the first invocation initialises the function again."""
    seen: set[tuple[str, ...]] = set()
    block: list[str] = []
    for line in [*lines, None]:
        if block and (line is None or is_platform(line) or line.startswith("[ERROR]")):
            if tuple(block) not in seen:
                yield from block
            seen.add(tuple(block))
            block = []
        if line is None:
            return
        if line.startswith("[ERROR]") or (block and not is_platform(line)):
            block.append(line)
        else:
            yield line


def _without_import_frames(lines: Iterable[str]) -> Iterator[str]:
    is_left_out = False
    for line in lines:
        if _FRAME.match(line):
            is_left_out = bool(_IMPORT_FRAME.match(line))
        # The frame's source and its markers are indented further than the frame, by Lambda with no-break spaces.
        elif is_left_out and not line.replace("\u00a0", " ").startswith("    "):
            is_left_out = False
        if not is_left_out:
            yield line


def _parts(line: str) -> Iterator[str]:
    """Yield a line, or one of JSON with long texts as several lines."""
    if not line.startswith("{") or ("\\n" not in line and "[" not in line and len(line) <= MAX_LENGTH):
        yield line
        return
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        yield line
        return
    texts = {key: text for key, value in entry.items() if (text := _long_text(value))}
    if not texts and len(line) <= MAX_LENGTH:
        yield line
        return
    rest = {key: value for key, value in entry.items() if key not in texts}
    if rest:
        yield json.dumps(_shorten(rest), ensure_ascii=False)
    for key, text in texts.items():
        yield f"{key}:"
        yield from (f"  {part}" for part in _without_import_frames(text.rstrip().splitlines()))


def _long_text(value: Any) -> str:
    """Return a text of several lines, or a list of such lines as ``stackTrace`` is one, as a text; ``""``: neither."""
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        # A list of words, as of tags, is a value like any other.
        return "\n".join(each.rstrip() for each in value) if any(" line " in each for each in value) else ""
    return value if isinstance(value, str) and "\n" in value.strip() else ""


def _shorten(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object that fits a line: long values are cut, so that the whole stays JSON."""
    if len(json.dumps(entry)) <= MAX_LENGTH:
        return dict(entry)
    return {key: _cut(value) for key, value in entry.items()}


def _cut(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
