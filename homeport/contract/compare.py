"""Comparison of two responses to one request, where each side generates values of its own. Pure.

Ids, times, request ids and cursors that a side generated do not count, nor does the order of lists. A value that was
met before stands for that of the other side (``Replacements``), so that a wrong id is a difference all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from homeport.contract.created_resources import id_in_path
from homeport.contract.http_exchange import HttpExchange, target_below
from homeport.http_headers import header_value

# Headers that a client acts on; the others are about the transport, or about one request alone.
_COMPARED_HEADERS = (
    *("content-type", "location", "etag", "retry-after", "allow", "www-authenticate", "access-control-allow-origin"),
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|"
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
# A cursor, a digest, an id: letters and digits without a meaning, as a whole value, maybe an ETag.
_TOKEN = re.compile(r'(?:W/)?"?(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[\w.~+/=-]{16,}"?')
_EPOCHS = ((1_400_000_000, 4_000_000_000), (1_400_000_000_000, 4_000_000_000_000))
_SHORTEST = 8
# A shorter value may be a part of any text.
_SHORTEST_WORD = 4
_FIELD = re.compile(r'"([^"\\]+)"\s*:\s*(?:\[[^\]]*\]|"[^"\\]*"|\d+)')
_WORD = re.compile(r"[\w-]+")
_CELL_WIDTH = 60

Replacements = dict[str, str]
"""Values of one side, and those that the other side has in their place."""


ReplayCheck = Literal["response", "body", "status"]
"""What of a replayed response must be as it was recorded; ``body`` and ``response`` include the status."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A request whose two responses differ in ``place``."""

    method: str
    target: str
    place: str
    first: str
    second: str

    def counts_for(self, check: ReplayCheck) -> bool:
        """Return whether the difference is one in what is checked."""
        return check == "response" or self.place in ("status", check)


def compare_responses(
    first: HttpExchange, second: HttpExchange, known: Mapping[str, str] | None = None, *, among_others: bool = False
) -> list[Difference]:
    """Return in what two responses to one request differ. ``known`` are replacements of the first side's values.

    With ``among_others``, the second response may list further items.
    """
    comparison = _Comparison(first, second, known or {})
    found = []
    if first.status != second.status:
        found.append(("status", str(first.status), str(second.status)))
    for name in _COMPARED_HEADERS:
        here, there = comparison.header(first, name), comparison.header(second, name)
        if here != there:
            found.append((name, here, there))
    body, other = comparison.body(first), comparison.body(second)
    if not comparison.is_alike(body, other, among_others):
        found.append(("body", json.dumps(body), json.dumps(other)))
    target = target_below(first.url, "")
    return [Difference(first.method, target, *row) for row in found]


class _Comparison:
    """The parts that count in the responses to one request, whose own values are never taken for generated ones."""

    def __init__(self, first: HttpExchange, second: HttpExchange, known: Mapping[str, str]) -> None:
        self._first, self._known = first, known
        self._literal = frozenset(known.values())
        self._sent = " ".join(
            part
            for each in (first, second)
            for part in (target_below(each.url, ""), each.body.decode(errors="replace"), *dict(each.headers).values())
        )
        self._made = {value for each in (first, second) for value in _created_ids(each) if not self._was_sent(value)}
        query = second.url.partition("?")[2]
        self._continues = any(value in query for value in known.values() if is_opaque(value))

    def _was_sent(self, value: str) -> bool:
        forms = (form for form in (value, quote(value, safe="", errors="replace")) if form in self._sent)
        return any(re.search(rf"(?<![\w-]){re.escape(form)}(?![\w-])", self._sent) for form in forms)

    def header(self, exchange: HttpExchange, name: str) -> str:
        """Return what counts of a header, ``-`` where there is none."""
        value = header_value(exchange.reply_headers, name)
        if value is None:
            return "-"
        if name == "location":
            value = _path_below(value, exchange.base)
            head, slash, last = value.rpartition("/")
            if last in self._made:
                return self.text(exchange, head) + slash + "<id>"
            return self._plain(exchange, replace_in_target(value, self._known) if exchange is self._first else value)
        return self.text(exchange, value)

    def body(self, exchange: HttpExchange) -> Any:
        """Return what counts of a body: JSON, or else a text."""
        return self._value(exchange, parse_body(exchange.reply_body))

    def text(self, exchange: HttpExchange, text: str, name: str = "") -> str:
        """Return what counts of a text, the value of a property ``name``."""
        if exchange is self._first:
            is_value = text in self._known and (names_id(name) or len(text) >= _SHORTEST_WORD)
            text = self._known[text] if is_value else replace_all(text, self._known)
        return self._plain(exchange, text)

    def _plain(self, exchange: HttpExchange, text: str) -> str:
        if exchange.base and exchange.base in text:
            text = text.replace(exchange.base, "<url>")
        if text in self._literal or (text and self._was_sent(text)):
            return text
        if text in self._made:
            return "<id>"
        if _REQUEST_ID.fullmatch(text):
            return "<request id>"
        plain = _TIME.sub("<time>", UUID.sub(self._uuid, text))
        return "<token>" if plain == text and _TOKEN.fullmatch(text) else plain

    def _uuid(self, found: re.Match[str]) -> str:
        return found[0] if found[0] in self._literal or self._was_sent(found[0]) else "<uuid>"

    def _value(self, exchange: HttpExchange, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._value(exchange, item, key) for key, item in value.items()}
        if isinstance(value, list):
            # Items in no order differ in their generated ids, and so in their place.
            return sorted((self._value(exchange, item, name) for item in value), key=_sort_key)
        if isinstance(value, str):
            return self.text(exchange, value, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        if names_id(name):
            return self.text(exchange, str(value), name)
        is_time = any(low <= value <= high for low, high in _EPOCHS) and not self._was_sent(str(value))
        return "<epoch>" if is_time else value

    def is_alike(self, body: Any, other: Any, among_others: bool) -> bool:
        """Return whether two bodies are alike. A page that is not all of its list may hold other items of the kind."""
        if _sort_key(body) == _sort_key(other):
            return True
        if self._first.method != "GET" or not isinstance(body, dict | list) or type(body) is not type(other):
            return False
        one, two = (each if isinstance(each, dict) else {"": each} for each in (body, other))
        cursors = {name for each in (one, two) for name, value in each.items() if _is_token(value)}
        is_part = bool(cursors) or self._continues or (among_others and one.keys() != two.keys())
        if not (is_part or among_others) or (one.keys() ^ two.keys()) - cursors:
            return False
        return all(
            one[name] == two[name] or _is_alike_list(one[name], two[name], is_part, among_others)
            for name in one.keys() - cursors
        )


def _is_token(value: Any) -> bool:
    return value == "<token>" or (isinstance(value, str) and _TOKEN.fullmatch(value) is not None)


def _is_alike_list(items: Any, others: Any, is_part: bool, among_others: bool) -> bool:
    if not isinstance(items, list) or not isinstance(others, list):
        return False
    if not all(isinstance(item, dict) for item in (*items, *others)):
        return False
    if not is_part:
        return all(item in others for item in items)
    if not items or not others or not among_others:
        return not items or bool(others)
    # Of a recorded page, the properties that all items have are there, if not the items.
    return set.intersection(*map(set, items)) <= {name for item in others for name in item}


def _created_ids(exchange: HttpExchange) -> Iterator[str]:
    """Yield the ids of what a request created: of any form, since Location or a name such as ``noteId`` tells them."""
    if exchange.status != 201:
        return
    if location := header_value(exchange.reply_headers, "location"):
        yield id_in_path(location)
    body = parse_body(exchange.reply_body)
    for name, value in body.items() if isinstance(body, dict) else ():
        if names_id(name) and isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)


def _path_below(location: str, base: str) -> str:
    """Return the path of a Location below the API's base URL."""
    if urlsplit(location).netloc not in ("", urlsplit(base).netloc):
        return location
    return target_below(location, base) if location.startswith(("/", "http")) else location


def names_id(name: str) -> bool:
    """Return whether a property has the name of an id: ``id``, ``itemId``, ``item_id``, ``itemIds``."""
    return re.search(r"(?:^|[a-z_-])(?:[Ii]ds?|ID|uuid|key)$", name) is not None


def is_opaque(text: str) -> bool:
    """Return whether a text looks like an id, a cursor or a digest, not like a word or a time."""
    is_code = len(text) >= _SHORTEST and re.search(r"\d", text) is not None and not re.search(r"\s", text)
    return is_code and not _TIME.fullmatch(text)


def find_replacements(first: HttpExchange, second: HttpExchange) -> Replacements:
    """Return the values of the first response with those of the second, as they are and percent-encoded.

    Items of a list are paired only in the response to a write, by what that generated: elsewhere an item's place in the
    list tells nothing.
    """
    found: Replacements = {}
    pairs = list(_text_pairs(parse_body(first.reply_body), parse_body(second.reply_body), first.method == "GET"))
    for name in ("location", "etag"):
        one, other = (header_value(each.reply_headers, name) for each in (first, second))
        if one and other:
            pairs.append((id_in_path(one), id_in_path(other)) if name == "location" else (one, other))
    if first.status == second.status == 201:
        found |= {old: new for old, new in zip(_created_ids(first), _created_ids(second), strict=False) if old != new}
    sent = target_below(first.url, "") + first.body.decode(errors="replace")
    for old, new in pairs:
        if old != new and len(old) >= _SHORTEST and old not in sent and not _TIME.fullmatch(old):
            found[old] = new
            found |= dict(zip(UUID.findall(old), UUID.findall(new), strict=False))
    return {**{_percent_encode(old): _percent_encode(new) for old, new in found.items()}, **found}


def _percent_encode(text: str) -> str:
    # Half of a surrogate pair may stand in JSON; no URL has it.
    return quote(text, safe="", errors="replace")


def _text_pairs(one: Any, other: Any, reads: bool) -> Iterator[tuple[str, str]]:
    if isinstance(one, str) and isinstance(other, str):
        yield one, other
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() & other.keys():
            yield from _text_pairs(one[key], other[key], reads)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other) and not reads:
        for a, b in zip(one, other, strict=True):
            yield from (pair for pair in _text_pairs(a, b, reads) if all(map(is_opaque, pair)))


def replace_all(text: str, replacements: Mapping[str, str]) -> str:
    """Return the text with each of the values replaced as whole words, the longest first; too short ones stay."""
    there = [old for old in replacements if len(old) >= _SHORTEST_WORD and old in text]
    if not there:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(there, key=len, reverse=True))
    return re.sub(f"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", lambda found: replacements[found[0]], text)


def replace_in_target(target: str, replacements: Mapping[str, str]) -> str:
    """Return a request target with each of the values replaced: short ones as a segment, or as a parameter's value."""
    path, mark, query = replace_all(target, replacements).partition("?")
    short = {old: new for old, new in replacements.items() if len(old) < _SHORTEST_WORD}
    pairs = (pair.partition("=") for pair in query.split("&"))
    values = ((name, equals, short.get(value, value) if names_id(name) else value) for name, equals, value in pairs)
    return "/".join(short.get(part, part) for part in path.split("/")) + mark + "&".join(map("".join, values))


def replace_in_body(body: str, replacements: Mapping[str, str]) -> str:
    """Return a body with each of the values replaced: short ones where a JSON property has the name of an id."""
    short = {old: new for old, new in replacements.items() if len(old) < _SHORTEST_WORD}
    text = replace_all(body, replacements)
    if not short:
        return text

    def replace_ids(field: re.Match[str]) -> str:
        return _WORD.sub(lambda word: short.get(word[0], word[0]), field[0]) if names_id(field[1]) else field[0]

    return _FIELD.sub(replace_ids, text)


def parse_body(body: bytes) -> Any:
    """Return a body as JSON, or else as a text."""
    text = body.decode(errors="backslashreplace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _sort_key(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def markdown_table(found: list[Difference], first: str, second: str) -> list[str]:
    """Return the differences as lines of a Markdown table."""
    lines = [f"| call | differs in | {first} | {second} |", "|---|---|---|---|"]
    for item in found:
        cells = (f"{item.method} {item.target}", item.place, item.first, item.second)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _cell(text: str) -> str:
    plain = text.replace("|", "\\|").replace("\n", " ")
    return plain if len(plain) <= _CELL_WIDTH else plain[: _CELL_WIDTH - 1] + "…"
