"""ETags, and what If-Match and If-None-Match ask of an item (RFC 9110, section 13.1). Pure.

An item's ETag is its version and its creation time: an item that was deleted and made anew has version 1 again, but
no ETag of the old one. DynamoDB checks the preconditions of a write together with the write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.errors import BadRequest, Changed
from service.model import Item

MOST_TAGS = 20
"""Of one header. A condition expression has at most 300 operators and 4 KB:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

_LISTED = re.compile(r'(W/)?"([^"]*)"')
_OURS = re.compile(r"([1-9][0-9]{0,18})-(.{20,32})")

Tag = tuple[int, str]
"""A version and a creation time."""

_NO_ITEM: Tag = (0, "-")
"""What a tag that isn't ours stands for: no item has it."""


def etag(item: Item) -> str:
    """The strong entity tag of an item."""
    version, created_at = _own_tag(item)
    return f'"{version}-{created_at}"'


@dataclass(frozen=True, slots=True)
class Preconditions:
    """``match`` and ``none_match`` hold the tags of If-Match and If-None-Match: None for no header, () for ``*``."""

    match: tuple[Tag, ...] | None = None
    none_match: tuple[Tag, ...] | None = None

    @classmethod
    def of(cls, headers: Mapping[str, Any]) -> Preconditions:
        """Those of a request. If-Match takes strong tags only: a weak one matches nothing. Raises BadRequest."""
        return cls(_tags(headers, "If-Match", weak=False), _tags(headers, "If-None-Match", weak=True))

    def must_match(self, item: Item) -> None:
        """Raise Changed if If-Match asks for another item: DynamoDB checks no conditions of reads."""
        if self.match and _own_tag(item) not in self.match:
            raise Changed

    def is_known(self, item: Item) -> bool:
        """Whether a GET need not send the item: If-None-Match says that the client has it."""
        return self.none_match == () or _own_tag(item) in (self.none_match or ())

    def never_matched(self, there: Item) -> bool:
        """Whether what is there now proves that If-Match let no write through which somebody changed since.

        A write that it lets through counts the version up; so up to one more than the tag's, nothing came before.
        """
        version, created_at = _own_tag(there)
        tags = [tag for tag in self.match or () if tag != _NO_ITEM]
        return all(made == created_at and version <= wanted + 1 for wanted, made in tags)

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        """What they ask of a write: condition expressions of DynamoDB, of which all must hold, and their values.

        The attributes are called ``#version``, ``#createdAt`` and ``#itemId``. Redundant parentheses are refused:
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
        """
        expressions: list[str] = []
        values: dict[str, Any] = {}
        for letter, tags in (("m", self.match), ("n", self.none_match)):
            if tags is None:
                continue
            alternatives = [f"#version = :{letter}v{i} AND #createdAt = :{letter}t{i}" for i in range(len(tags))]
            for i, (version, created_at) in enumerate(tags):
                values |= {f":{letter}v{i}": version, f":{letter}t{i}": created_at}
            found = f"({' OR '.join(alternatives)})" if alternatives else "attribute_exists(#itemId)"
            expressions.append(found if letter == "m" else f"NOT {found}")
        return expressions, values


UNCONDITIONAL = Preconditions()


def _own_tag(item: Item) -> Tag:
    return int(item.get("version", 0)), item.get("createdAt", "")


def _tags(headers: Mapping[str, Any], name: str, *, weak: bool) -> tuple[Tag, ...] | None:
    header = headers.get(name)
    if header is None or header.strip() == "*":
        return None if header is None else ()
    tags = (_tag(text) if weak or not is_weak else _NO_ITEM for is_weak, text in _LISTED.findall(header))
    known = tuple(dict.fromkeys(tags)) or (_NO_ITEM,)
    if len(known) > MOST_TAGS:
        raise BadRequest([{"in": "header", "pointer": f"/{name}", "detail": f"must have at most {MOST_TAGS} ETags"}])
    return known


def _tag(text: str) -> Tag:
    ours = _OURS.fullmatch(text)
    return (int(ours[1]), ours[2]) if ours else _NO_ITEM
