"""Entity tags, and the values of If-Match and If-None-Match that ask for them. Pure.

https://www.rfc-editor.org/rfc/rfc9110#name-etag
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_TAG = re.compile(r'(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e\x80-\xff]*)"')
UNKNOWN = '"no-such-tag"'
"""A tag that no representation has."""

HeaderName = Literal["If-Match", "If-None-Match"]


@dataclass(frozen=True, slots=True)
class TagForm:
    """Lines of a precondition header. ``label`` describes them in a sentence."""

    label: str
    lines: tuple[str, ...]

    def headers(self, name: HeaderName) -> tuple[tuple[str, str], ...]:
        """Return the header lines."""
        return tuple((name, line) for line in self.lines)


def is_entity_tag(text: str) -> bool:
    """Return whether a text has the syntax of an entity tag."""
    return _TAG.fullmatch(text) is not None


def is_weak(tag: str) -> bool:
    """Return whether a tag is a weak one."""
    return tag.startswith("W/")


def opaque(tag: str) -> str:
    """Return a tag without its quotes and its ``W/``."""
    return tag.removeprefix("W/").strip('"')


def other_strength(tag: str) -> str:
    """Return the weak tag of a strong one, and the other way round."""
    return tag.removeprefix("W/") if is_weak(tag) else f"W/{tag}"


def naming_forms(current: str, old: str = UNKNOWN) -> list[TagForm]:
    """Return the forms that name a strong tag, the most telling first."""
    return [
        TagForm("the current ETag", (current,)),
        TagForm("a list that ends with the current ETag", (f"{UNKNOWN}, {current}",)),
        TagForm("a list that begins with the current ETag", (f"{current}, {old}",)),
        TagForm("a list with the current ETag in its middle", (f"{old},{current} , {UNKNOWN}",)),
        TagForm("any ETag (*)", ("*",)),
        TagForm("two lines, of which the first has the current ETag", (current, UNKNOWN)),
        TagForm("two lines, of which the second has the current ETag", (UNKNOWN, current)),
    ]


def other_forms(current: str, old: str = "") -> list[TagForm]:
    """Return the forms that name tags which are not the current one, the most telling first."""
    inner = opaque(current)
    forms = [TagForm("the ETag of an earlier state", (old,))] if old and opaque(old) != inner else []
    forms += [
        TagForm("an ETag that nothing has", (UNKNOWN,)),
        TagForm("a list of ETags that are not the current one", (f"{old or UNKNOWN}, {UNKNOWN}",)),
        TagForm("an ETag that the current one is a part of", (f'"x{inner}x"',)),
        TagForm("the beginning of the current ETag", (f'"{inner[:-1]}"',)),
    ]
    if inner.swapcase() != inner:
        forms.append(TagForm("the current ETag in other cases", (f'"{inner.swapcase()}"',)))
    return forms
