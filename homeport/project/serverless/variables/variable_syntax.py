"""The syntax of variables: a text as pieces, each plain text or a variable with its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_SOURCE = re.compile(
    r"(?P<kind>[A-Za-z][\w-]*)(?:\.(?P<region>[\w-]+))?\s*(?:\((?P<given>.*)\))?(?::(?P<address>.*))?", re.S
)
_LITERAL = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<number>-?\d+(\.\d+)?)|(?P<word>true|false|null)"""
)
_WORDS = {"true": True, "false": False, "null": None}
# ${AWS::Region} is CloudFormation's, ${iot:ClientId} a policy variable of AWS IoT, ${PROP('Dim.X')} a label of
# CloudWatch, and ${NAME:-text} is a shell's.
_OTHERS = ("AWS", "PROP", "iot")
_OF_A_SHELL = ("-", "=", "?", "+", ":")


class ServerlessVariable(NamedTuple):
    """A variable as it is written, and its sources as texts: the first one that has a value counts."""

    text: str
    sources: tuple[str, ...]


class TypedSource(NamedTuple):
    """A source by its kind (``self``, ``file``): ``given`` are the texts in parentheses, ``address`` what follows."""

    kind: str
    given: tuple[str, ...]
    address: str


class LiteralSource(NamedTuple):
    """A source that is a value itself: a quoted text, a number, true, false or null."""

    value: str | int | float | bool | None


def split_text(text: str) -> list[str | ServerlessVariable]:
    """Return the pieces of a text; a text without variables is one piece. ``\\${x}`` is the plain text ``${x}``."""
    pieces: list[str | ServerlessVariable] = []
    plain, place = "", 0
    while (start := text.find("${", place)) >= 0:
        end = _end(text, start)
        if start > 0 and text[start - 1] == "\\":
            plain += text[place : start - 1] + "${"
            place = start + 2
            continue
        variable = _variable(text[start:end]) if end else None
        if variable is None:
            plain += text[place : start + 2]
            place = start + 2
            continue
        plain += text[place:start]
        pieces += [plain, variable] if plain else [variable]
        plain, place = "", end
    plain += text[place:]
    return [*pieces, plain] if plain or not pieces else pieces


def read_source(text: str) -> TypedSource | LiteralSource | None:
    """Return the source that a text without variables is, None if it is none."""
    found = _LITERAL.fullmatch(text)
    if found is not None:
        return LiteralSource(_literal(found))
    match = _SOURCE.fullmatch(text)
    if match is None or (match["given"] is None and match["address"] is None):
        return None
    given = tuple(_without_quotes(part.strip()) for part in _split(match["given"] or ""))
    region = (match["region"],) if match["region"] else ()
    return TypedSource(match["kind"], (*region, *(each for each in given if each)), (match["address"] or "").strip())


def _literal(found: re.Match[str]) -> str | int | float | bool | None:
    if found["number"] is not None:
        return float(found["number"]) if "." in found["number"] else int(found["number"])
    if found["word"] is not None:
        return _WORDS[found["word"]]
    return found["single"] if found["single"] is not None else found["double"]


def _variable(text: str) -> ServerlessVariable | None:
    """Return the variable that a text ``${…}`` is, None if it is something else with that look."""
    sources = tuple(source.strip() for source in _split(text[2:-1]))
    first = sources[0]
    if first.startswith("${"):
        return ServerlessVariable(text, sources) if _variable(first) is not None else None
    match = _SOURCE.match(first)
    if match is None or match["kind"] in _OTHERS:
        return None
    rest = first[match.end("region") if match["region"] else match.end("kind") :].lstrip()
    if not rest.startswith((":", "(")) or rest[1:2] in _OF_A_SHELL:
        return None
    return ServerlessVariable(text, sources)


def _end(text: str, start: int) -> int:
    """Return the place after the brace that closes a variable, 0 if there is none."""
    depth, place = 0, start
    while place < len(text):
        if text.startswith("${", place):
            depth += 1
            place += 1
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place + 1
        elif text[place] in "'\"" and text[start:place].rstrip().endswith((",", "{")):
            # A quoted source; a quote elsewhere is part of an address.
            closing = text.find(text[place], place + 1)
            place = closing if closing > 0 else place
        place += 1
    return 0


def _split(text: str) -> Iterator[str]:
    """Yield the parts between commas that stand in no braces, parentheses or quotes."""
    depth, quote, start = 0, "", 0
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and text.find(character, place + 1) > 0:
            quote = character
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        elif character == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _without_quotes(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
