"""Pages of a list: the request of one, the way to the next, and the walk through all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from homeport.contract.checks.client import Answer, Client, write_json
from homeport.contract.http_exchange import HttpExchange, target_below
from homeport.contract.rest.resource import Listing, NextPage, Resource
from homeport.contract.rest.shapes import value_at
from homeport.project.schema.references import resolve_map

_LINK = re.compile(r"""<([^<>]*)>\s*;[^,]*\brel\s*=\s*"?(?:[^",]*\s)?next\b""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page. ``ids`` are those of its ``entries``. ``next`` leads to the next one, None: it is the last."""

    answer: Answer
    entries: tuple[Any, ...]
    ids: tuple[str, ...]
    next: str | None = None

    @property
    def exchange(self) -> HttpExchange:
        """The exchange that read it."""
        return self.answer.exchange


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages from the first to the last one.

    ``failed`` is an answer that was no page, ``loops`` says that a page leads to an earlier one or to itself. Without
    either, a walk that is not ``complete`` had more pages than were wanted, or no known way to more.
    """

    query: Mapping[str, Any]
    limit: int | None
    pages: tuple[ListPage, ...]
    complete: bool
    loops: bool = False
    failed: Answer | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all entries, in order."""
        return tuple(one for page in self.pages for one in page.ids)

    @property
    def entries(self) -> tuple[Any, ...]:
        """All entries, in order."""
        return tuple(one for page in self.pages for one in page.entries)

    @property
    def subject(self) -> str:
        """The parameters of the query, as the subject of a finding."""
        return "".join(f"?{name}" for name in self.query)

    def exchanges(self) -> list[HttpExchange]:
        """Return the exchanges of all pages, and of the answer that was none."""
        return [page.exchange for page in self.pages] + ([self.failed.exchange] if self.failed else [])

    def pages_with(self, wanted: str) -> Iterator[int]:
        """Yield the number of each page that has an id, once for each time that it has it."""
        for number, page in enumerate(self.pages):
            for one in page.ids:
                if one == wanted:
                    yield number


@dataclass(frozen=True)
class PageReader:
    """The reader of a list. ``path`` and ``required`` are the values of its path and required query parameters."""

    client: Client
    resource: Resource
    listing: Listing
    path: Mapping[str, Any] = field(default_factory=dict)
    required: Mapping[str, Any] = field(default_factory=dict)

    def read(self, query: Mapping[str, Any], limit: int | None = None, next: str | None = None) -> ListPage | Answer:
        """Return a page, or the answer that has no page. ``next`` is that of the page before."""
        way = self.listing.next_page
        if next is not None and way is not None and way.style == "link":
            return self._page(self.client.send(self.listing.operation, target=next), limit)
        asked = {**self.required, **query}
        if limit is not None and self.listing.limit is not None:
            asked[self.listing.limit.parameter] = limit
        if next is not None and way is not None:
            asked[way.parameter] = next
        return self._page(self.client.send(self.listing.operation, self.path, query=asked), limit)

    def walk(self, query: Mapping[str, Any], limit: int | None = None, most: int = 20) -> Walk:
        """Return the walk through at most ``most`` pages."""
        pages: list[ListPage] = []
        seen: set[str] = set()
        next: str | None = None
        while len(pages) < most:
            page = self.read(query, limit, next)
            if isinstance(page, Answer):
                return Walk(query, limit, tuple(pages), False, failed=page)
            pages.append(page)
            # A list that is read to follow it has a last page without entries, that leads to itself.
            if page.next is None or (page.next == next and not page.entries):
                return Walk(query, limit, tuple(pages), self._is_last(page, limit))
            if page.next in seen:
                return Walk(query, limit, tuple(pages), False, loops=True)
            seen.add(page.next)
            next = page.next
        return Walk(query, limit, tuple(pages), False)

    def _is_last(self, page: ListPage, limit: int | None) -> bool:
        """Return whether a page that leads to no other has the rest of the list.

        A list may have a limit and no way to what is beyond it.
        """
        own = self.listing.limit
        size = limit if limit is not None or own is None else own.default
        return self.listing.next_page is not None or size is None or len(page.entries) < size

    def entries_of(self, answer: Answer) -> tuple[Any, ...] | None:
        """Return the entries of an answer, None where it is no page."""
        found = value_at(answer.json, self.listing.items)
        return tuple(found) if answer.status in (200, 206) and isinstance(found, list) else None

    def id_of(self, entry: Any) -> str:
        """Return what tells an entry from the others: its id, or all of it where it has none."""
        value = entry.get(self.resource.id_property) if isinstance(entry, dict) else None
        return write_json(entry) if value is None else str(value)

    def _page(self, answer: Answer, limit: int | None) -> ListPage | Answer:
        entries = self.entries_of(answer)
        if entries is None:
            return answer
        return ListPage(answer, entries, tuple(map(self.id_of, entries)), self._next(answer, len(entries), limit))

    def _next(self, answer: Answer, count: int, limit: int | None) -> str | None:
        way = self.listing.next_page
        if way is None:
            return None
        match way.style:
            case "token":
                value = value_at(answer.json, way.pointer)
                return None if value is None or value == "" else str(value)
            case "link":
                return self._link(answer, way)
            case "offset" | "page":
                # Without a limit a short page looks like the last one.
                if count == 0 or (limit is not None and count < limit):
                    return None
                return _count_on(answer, way, count)

    def _link(self, answer: Answer, way: NextPage) -> str | None:
        if way.pointer:
            value = value_at(answer.json, way.pointer)
            link = value.get("href") if isinstance(value, dict) else value
        else:
            found = _LINK.search(answer.header("link"))
            link = found[1] if found else None
        if not isinstance(link, str) or not link:
            return None
        return target_below(urljoin(answer.exchange.url, link), answer.exchange.base)


def _count_on(answer: Answer, way: NextPage, count: int) -> str:
    found = re.search(rf"[?&]{re.escape(way.parameter)}=(\d+)", answer.exchange.url)
    if way.style == "page":
        return str((int(found[1]) if found else way.first) + 1)
    return str((int(found[1]) if found else 0) + count)


def entry_schema(listing: Listing, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a list's entries, its reference resolved; empty where the document has none."""
    content = listing.operation.responses.get("200", {}).get("content", {})
    media: Mapping[str, Any] = next((media for kind, media in content.items() if "json" in kind), {})
    schema = resolve_map(media.get("schema", {}), document)
    for key in listing.items:
        schema = resolve_map(_properties(schema, document).get(key, {}), document)
    found = resolve_map(schema.get("items", {}), document)
    return {**found, "properties": _properties(found, document)}


def _properties(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found |= _properties(resolve_map(part, document), document)
    return {**found, **schema.get("properties", {})}
