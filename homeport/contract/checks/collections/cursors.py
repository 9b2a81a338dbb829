"""Collections: a cursor continues where its page ended, whatever happens meanwhile, and a damaged one is refused."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.pages import ListPage, PageReader
from homeport.contract.checks.collections.population import Population, is_written, listed_id, reader_of, shows
from homeport.contract.checks.collections.walks import list_readers, walk_whole, written_query
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Resource
from homeport.project.model import Parameter

_OWN = 6
_MOST_PAGES = 12


@dataclass(frozen=True, slots=True)
class DamagedCursor:
    """A cursor that no page had. ``is_garbage`` says that a service can't read anything from it."""

    value: str
    what: str
    is_garbage: bool = False


def damaged_cursors(cursor: str) -> list[DamagedCursor]:
    """Return what a cursor may become on its way, and what a client may send instead of one."""
    middle = len(cursor) // 2
    other = "A" if cursor[middle] != "A" else "B"
    empty = base64.urlsafe_b64encode(b"{}").decode()
    foreign = base64.urlsafe_b64encode(b'{"id": {"S": "x"}}').decode()
    return [
        DamagedCursor("!not-a-cursor!", "no cursor at all", True),
        DamagedCursor(cursor[:middle], "the first half of one", True),
        DamagedCursor(cursor[:middle] + other + cursor[middle + 1 :], "one with a character changed"),
        DamagedCursor(cursor[:-1], "one without its last character"),
        DamagedCursor(cursor + "x", "one with a character more"),
        DamagedCursor(empty, "an empty JSON object in base64", True),
        DamagedCursor(foreign, "another JSON object in base64", True),
        DamagedCursor("", "an empty one"),
    ]


def _refuses_damaged(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        first = _first_page(reader, population)
        if first is None or first.next is None or not _is_token(reader):
            continue
        for damaged in damaged_cursors(first.next):
            if damaged.value == first.next:
                continue
            page = reader.read({}, _one(reader), damaged.value)
            answer = page if isinstance(page, Answer) else page.answer
            happened = _describe_acceptance(session, reader, first, damaged, page)
            if happened:
                yield Breach(
                    reader.listing.operation, happened, [first.exchange, answer.exchange], f"?{_parameter(reader)}"
                )
                break


def _describe_acceptance(
    session: Session, reader: PageReader, first: ListPage, damaged: DamagedCursor, page: ListPage | Answer
) -> str:
    """Return how a list took a damaged cursor, empty where it may take it so."""
    answer = page if isinstance(page, Answer) else page.answer
    sent = f"{damaged.what} ({damaged.value[:60]!r})"
    if answer.status >= 500:
        return f"{sent} was answered with {answer.status}"
    if isinstance(page, Answer) or not damaged.value:
        return ""
    schema = _schema(session, reader)
    if not session.values.is_valid(damaged.value, schema):
        return f"{sent}, which the document does not allow, was answered with a page of {len(page.entries)} entries"
    # A pattern says which cursors there are: the document lets those in that keep to it.
    if "pattern" in schema or "enum" in schema or "format" in schema or _is_plain(first):
        return ""
    if not damaged.is_garbage:
        # A character less or another one may still be a position in the list.
        return ""
    again = "the first page again" if page.ids == first.ids else f"a page of {len(page.entries)} entries"
    return f"{sent} was answered with {again}"


def _is_plain(page: ListPage) -> bool:
    """Return whether a cursor is a value that one can read: a number, or the last entry's own."""
    cursor = page.next or ""
    return cursor.isdecimal() or any(one and (one in cursor or cursor in one) for one in page.ids)


def _schema(session: Session, reader: PageReader) -> Mapping[str, Any]:
    found = next((one for one in reader.listing.operation.parameters if _is_cursor(reader, one)), None)
    return found.schema if found is not None else {}


def _is_cursor(reader: PageReader, parameter: Parameter) -> bool:
    return parameter.place == "query" and parameter.name == _parameter(reader)


def _parameter(reader: PageReader) -> str:
    return reader.listing.next_page.parameter if reader.listing.next_page is not None else ""


def _is_token(reader: PageReader) -> bool:
    return reader.listing.next_page is not None and reader.listing.next_page.style == "token"


def _one(reader: PageReader) -> int | None:
    limit = reader.listing.limit
    return None if limit is None else max(limit.minimum or 1, 1)


def _first_page(reader: PageReader, population: Population, query: Mapping[str, Any] | None = None) -> ListPage | None:
    page = reader.read(query or {}, _one(reader))
    return page if isinstance(page, ListPage) and population.made else None


# Filters


def _keeps_filter(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        if not _is_token(reader):
            continue
        for filter in reader.listing.filters:
            values = population.values(filter.field)
            if len(values) < 2 or filter.parameter in reader.listing.required:
                continue
            cursors = [_first_page(reader, population, query) for query in ({filter.parameter: values[0]}, {})]
            for page in [one for one in cursors if one is not None and one.next]:
                for value in values[1:2]:
                    yield from _other_filter(reader, page, filter.parameter, filter.field, value)
                yield from _no_failure(reader, page)


def _other_filter(reader: PageReader, page: ListPage, parameter: str, field: str, value: Any) -> Iterator[Breach]:
    found = reader.read({parameter: value}, _one(reader), page.next)
    answer = found if isinstance(found, Answer) else found.answer
    if answer.status >= 500:
        happened = f"the cursor of another list was answered with {answer.status}{written_query({parameter: value})}"
        yield Breach(reader.listing.operation, happened, [page.exchange, answer.exchange], f"?{_parameter(reader)}")
    elif not isinstance(found, Answer):
        wrong = [one for one in found.entries if isinstance(one, dict) and str(one.get(field, value)) != str(value)]
        if wrong:
            happened = f"the list{written_query({parameter: value})}, gone on with the cursor of another one, has "
            happened += f"{reader.id_of(wrong[0])!r}, whose {field} is {wrong[0][field]!r}"
            yield Breach(reader.listing.operation, happened, [page.exchange, answer.exchange], f"?{parameter}")


def _no_failure(reader: PageReader, page: ListPage) -> Iterator[Breach]:
    found = reader.read({}, _one(reader), page.next)
    if isinstance(found, Answer) and found.status >= 500:
        happened = f"the cursor of another list was answered with {found.status}"
        yield Breach(reader.listing.operation, happened, [page.exchange, found.exchange], f"?{_parameter(reader)}")


# Other users and other lists


def _other_user(session: Session, resource: Resource) -> Iterator[Breach]:
    other = session.other
    for reader, population in list_readers(session, resource):
        first = _first_page(reader, population)
        if other is None or first is None or first.next is None or not _is_token(reader):
            continue
        mine = {population.id_of(one) for one in population.made}
        theirs = replace(reader, client=other)
        plain = theirs.walk({}, None, 3)
        if plain.failed is not None or mine & set(plain.ids):
            continue
        page = theirs.read({}, _one(reader), first.next)
        answer = page if isinstance(page, Answer) else page.answer
        shown = [] if isinstance(page, Answer) else [one for one in page.ids if one in mine]
        if answer.status >= 500 or shown:
            seen = f"and has {shown[0]!r} of the first user" if shown else ""
            happened = f"another user's cursor was answered with {answer.status} {seen}".rstrip()
            yield Breach(
                reader.listing.operation, happened, [first.exchange, answer.exchange], f"?{_parameter(reader)}"
            )


def _other_list(session: Session, resource: Resource) -> Iterator[Breach]:
    key = f"cursors/{session.round}"
    cursors: dict[str, ListPage] = session.shared.setdefault(key, {})
    for reader, population in list_readers(session, resource):
        first = _first_page(reader, population)
        if first is None or first.next is None or not _is_token(reader):
            continue
        for id_, page in list(cursors.items())[:3]:
            found = reader.read({}, _one(reader), page.next)
            answer = found if isinstance(found, Answer) else found.answer
            allowed = session.values.is_valid(page.next, _schema(session, reader))
            if answer.status >= 500 or (answer.ok and not allowed):
                happened = f"a cursor of {id_} was answered with {answer.status}"
                yield Breach(
                    reader.listing.operation, happened, [page.exchange, answer.exchange], f"?{_parameter(reader)}"
                )
        cursors[reader.listing.operation.id] = first


# Changes meanwhile


def _survives_changes(session: Session, resource: Resource) -> Iterator[Breach]:
    for listing in resource.listings:
        way = listing.next_page
        if way is None or listing.limit is None or way.style not in ("token", "link"):
            continue
        first = session.make(resource)
        reader = reader_of(session, resource, listing, first)
        if first is None or reader is None:
            return
        queries: list[Mapping[str, Any]] = [{}]
        for filter in listing.filters[:1]:
            value = shows(first, filter.field)
            if value is not None and filter.parameter not in listing.required:
                queries.append({filter.parameter: value})
        for query in queries:
            yield from _goes_on(session, reader, first, query)


def _goes_on(session: Session, reader: PageReader, first: Made, query: Mapping[str, Any]) -> Iterator[Breach]:
    resource = reader.resource
    fields = {one.parameter: one.field for one in reader.listing.filters}
    asked = {fields[name]: value for name, value in {**reader.required, **query}.items() if name in fields}
    # A property that the service sets is that of the first one in the others, too.
    same = {name: value for name, value in asked.items() if is_written(resource, name)}
    own = [first, *(one for _ in range(_OWN - 1) if (one := session.make(resource, **same)) is not None)]
    by_id = {listed_id(resource, one): one for one in own}
    whole = walk_whole(session, reader, query, list(by_id), again=True)
    places = [number for number, one in enumerate(whole.ids) if one in by_id]
    limit = reader.listing.limit
    if not whole.complete or len(places) < 3 or limit is None:
        session.note_untested(f"{reader.listing.operation.id} shows no new {resource.name}")
        return
    # The page ends with a resource of the run, which is then deleted: the cursor names what is no longer there.
    least = max(limit.minimum or 1, len(whole.ids) // _MOST_PAGES)
    size = next((number + 1 for number in places if number + 1 >= least), 0)
    page = reader.read(query, size) if 0 < size <= (limit.maximum or size) else None
    if not isinstance(page, ListPage) or page.next is None or page.ids != whole.ids[: len(page.ids)]:
        session.note_untested(f"{reader.listing.operation.id} has no page that ends with a new {resource.name}")
        return
    done, gone = _change(session, reader, page, by_id, same, whole.ids)
    yield from _rest(reader, query, size, page, done, [one for one in whole.ids if one not in gone])


def _change(
    session: Session,
    reader: PageReader,
    page: ListPage,
    own: Mapping[str, Made],
    same: Mapping[str, Any],
    order: Sequence[str],
) -> tuple[list[HttpExchange], set[str]]:
    """Delete the page's last resource and one that follows, make two; return the exchanges and the deleted ids."""
    resource, done, gone = reader.resource, [], set()
    behind = [one for one in order[len(page.ids) :] if one in own]
    for id_ in [*(one for one in page.ids[-1:] if one in own), *behind[1:2]]:
        if resource.delete is not None:
            answer = session.client.send(resource.delete, own[id_].path)
            if answer.ok:
                done.append(answer.exchange)
                gone.add(id_)
    for _ in range(2):
        made = session.make(resource, **same)
        if made is not None:
            done.append(made.answer.exchange)
    return done, gone


def _rest(
    reader: PageReader,
    query: Mapping[str, Any],
    size: int,
    page: ListPage,
    done: Sequence[HttpExchange],
    stay: Sequence[str],
) -> Iterator[Breach]:
    pages, next = [page], page.next
    while next is not None and len(pages) <= _MOST_PAGES + 4:
        found = reader.read(query, size, next)
        if isinstance(found, Answer):
            happened = f"the way on from page {len(pages)} was answered with {found.status} after these writes"
            exchanges = [page.exchange, *done, *(one.exchange for one in pages[1:]), found.exchange]
            yield Breach(reader.listing.operation, happened, exchanges, f"?{_parameter(reader)}")
            return
        pages.append(found)
        next = None if found.next == next else found.next
    seen = [one for each in pages for one in each.ids]
    exchanges = [page.exchange, *done, *(one.exchange for one in pages[1:])]
    twice = next_or_empty([one for one in seen if seen.count(one) > 1])
    lost = next_or_empty([one for one in stay if one not in seen]) if next is None else ""
    if twice or lost:
        happened = f"{twice!r} was on two pages" if twice else f"{lost!r}, which stayed, was on no page"
        happened += f"{written_query(query)} while others were deleted and made"
        yield Breach(reader.listing.operation, happened, exchanges, f"?{_parameter(reader)}")


def next_or_empty(ids: Sequence[str]) -> str:
    """Return the first id, empty where there is none."""
    return next(iter(ids), "")


CHECKS = (
    Check(
        name="cursor-survives-changes",
        kind="collections",
        promise="Who reads on after writes misses no resource that stayed, and sees none twice",
        origin="the document: the cursor of a page leads to the next one",
        run=_survives_changes,
    ),
    Check(
        name="cursor-keeps-its-filter",
        kind="collections",
        promise="A list that goes on with a cursor has only what its filter selects",
        origin="the document: the filter is named like the property",
        run=_keeps_filter,
    ),
    Check(
        name="damaged-cursor-is-refused",
        kind="collections",
        promise="A cursor that no page had is refused with 4xx: it neither fails the server nor leads to a page",
        origin="RFC 9110, section 15.5: 4xx, the client seems to have erred",
        run=_refuses_damaged,
    ),
    Check(
        name="cursor-of-another-list-is-no-failure",
        kind="collections",
        promise="The cursor of another list is refused with 4xx, or leads to a page of this one",
        origin="RFC 9110, section 15.5: 4xx, the client seems to have erred",
        run=_other_list,
    ),
    Check(
        name="cursor-of-another-user-shows-nothing",
        kind="collections",
        promise="A cursor of another user shows nothing that the user may not see",
        origin="OWASP API Security Top 10 2023, API1: broken object level authorization",
        run=_other_user,
        needs=frozenset({"two-users"}),
    ),
)
