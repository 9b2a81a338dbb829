"""JSON as HTML that folds: each object and array can be closed. Pure. What it shows is JSON again when it is copied."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from homeport.inspector.formats import CLOSING, OPENING, TOKEN, indent_json, is_structure
from homeport.recordings.recording import Body

# Above this many tokens the browser would be slow: the JSON is shown as a text.
_MOST_TOKENS = 20_000
# Above this many, what is deeper than the members of the outermost object begins closed.
_MANY_TOKENS = 900
# An array of so few characters, with nothing in it that folds, stands on one line.
_SHORT = 60
_END_OF = {"{": "}", "[": "]"}


@dataclass(slots=True)
class _Level:
    """An object or array that is being written: what it began with, and where its count of members is filled in."""

    opening: str
    place: int
    members: int = 0


def json_view(body: Body, name: str, id: str = "") -> Markup:
    """Return a body as HTML, called ``name`` where it is read aloud: JSON that folds, or a text as it is."""
    attributes = Markup(' tabindex="0" role="group" aria-label="{}"').format(name)
    if id:
        attributes += Markup(' id="{}"').format(id)
    tokens = [] if body.encoding or body.clipped or not is_structure(body.text) else TOKEN.findall(body.text)
    if not tokens or len(tokens) > _MOST_TOKENS:
        text = indent_json(body.text) if tokens else body.text
        return Markup("<pre{}>{}</pre>").format(attributes, text)
    return Markup('<div class="json"{}>{}</div>').format(attributes, _fold(tokens))


def _fold(tokens: list[str]) -> Markup:
    deepest_open = 99 if len(tokens) <= _MANY_TOKENS else 1
    parts, levels, line = list[str](), list[_Level](), ""
    skipped = 0
    for at, token in enumerate(tokens):
        if at < skipped:
            continue
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        comma = "," if following == "," else ""
        if token == "[" and levels and (short := _short_array(tokens, at)):
            skipped = at + len(short)
            comma = "," if tokens[skipped : skipped + 1] == [","] else ""
            levels[-1].members += 1
            shown = "".join({",": ", ", "[": "[", "]": "]"}.get(each) or _value(each) for each in short)
            parts.append(f"<div>{'  ' * len(levels)}{line}{shown}{comma}\n</div>")
            line = ""
        elif token in OPENING:
            if levels:
                levels[-1].members += 1
            levels.append(_Level(token, len(parts)))
            # Spaces and line ends are not shown: they are for who copies it.
            parts.append(line)
            parts.append(" open" if len(levels) - 1 <= deepest_open else "")
            line = ""
        elif token in CLOSING:
            level = levels.pop()
            _close(parts, level, f"{token}{comma}", "  " * len(levels))
        elif token == ":":
            line += ": "
        elif token != ",":
            if following == ":":
                line = f'<span class="k">{escape(token)}</span>'
                continue
            levels[-1].members += 1
            parts.append(f"<div>{'  ' * len(levels)}{line}{_value(token)}{comma}\n</div>")
            line = ""
    return Markup("".join(parts))


def _short_array(tokens: list[str], start: int) -> list[str]:
    """Return the tokens of a short array of plain values that begins here; none: it is another."""
    length = 0
    for at in range(start + 1, len(tokens)):
        token = tokens[at]
        length += len(token)
        if token == "]":
            return tokens[start : at + 1]
        if token in OPENING or length > _SHORT:
            break
    return []


def _close(parts: list[str], level: _Level, end: str, indent: str) -> None:
    """Put what stands before the members of an object or array in its place, and what stands after them at the end."""
    line, is_open = parts[level.place : level.place + 2]
    if not level.members:
        parts[level.place : level.place + 2] = [f"<div>{indent}{line}{level.opening}{end}\n</div>"]
        return
    unit = "key" if level.opening == "{" else "item"
    count = f"{level.members} {unit}{'s' if level.members > 1 else ''}"
    begin = (
        f'<details{is_open}><summary data-size="{count}" data-end="{_END_OF[level.opening]}">'
        f'{indent}{line}{level.opening}\n</summary><div class="kids">'
    )
    parts[level.place : level.place + 2] = [begin, ""]
    parts.append(f'</div></details><div class="end">{indent}{end}\n</div>')


def _value(token: str) -> str:
    return f'<span class="{"s" if token.startswith(chr(34)) else "c"}">{escape(token)}</span>'
