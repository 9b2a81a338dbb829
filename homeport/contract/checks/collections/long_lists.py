"""Collections: lists of many resources, and lists whose pages DynamoDB cuts short.

DynamoDB ends a page of a Query or a Scan after 1 MB, however few items that are:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.collections.pages import PageReader, Walk, entry_schema
from homeport.contract.checks.collections.population import Population, remove, required_values
from homeport.contract.checks.collections.walks import list_queries, list_readers, walk_whole, written_walk
from homeport.contract.checks.session import Made, Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.sizes import largest_size

_PAGE_OF_DYNAMODB = 1 << 20
_SHORT = ("*.Query=page:3", "*.Scan=page:3")
# More than the 100 keys of a BatchGetItem, and than what services read at once by default.
_MANY = 104
_MOST_PAGES = 120
_REJECTIONS = (401, 403, 429)


def _short_pages(session: Session, resource: Resource) -> Iterator[Breach]:
    for reader, population in list_readers(session, resource):
        # Of a page without a way to the next one nothing is known.
        if _fits_a_page(session, reader) or (reader.listing.limit is not None and reader.listing.next_page is None):
            continue
        for query, _ in list_queries(reader, population):
            # Checks before this one have removed what an earlier walk saw.
            whole = walk_whole(session, reader, query, (), again=True)
            if not whole.complete or not whole.ids:
                continue
            with session.access.faults(*_SHORT):
                walk = reader.walk(query, whole.limit, len(whole.ids) + _MOST_PAGES)
            yield from _differences(reader, whole.ids, walk, "while DynamoDB cut its pages short", [])


def _fits_a_page(session: Session, reader: PageReader) -> bool:
    """Return whether DynamoDB never cuts a page of a list: the largest one, of the largest entries, is below 1 MB."""
    limit = reader.listing.limit
    schema = entry_schema(reader.listing, session.model.document)
    size = largest_size(schema, session.model.document) if schema else None
    most = limit.maximum if limit is not None else None
    return size is not None and most is not None and (most + 1) * size <= _PAGE_OF_DYNAMODB


def _many(session: Session, resource: Resource) -> Iterator[Breach]:
    readers = [each for each in list_readers(session, resource) if not each[0].listing.eventual or session.stack]
    if not readers or resource.create is None or session.round:
        return
    made = _make_many(session, resource, readers[0])
    for reader, population in readers if len(made) == _MANY else ():
        ids = [population.id_of(one) for one in made]
        for limit in _limits(reader):
            walk = reader.walk({}, limit, _MOST_PAGES)
            strict = reader.listing.operation.path == resource.collection and not reader.listing.required
            if strict or set(ids) & set(walk.ids):
                yield from _differences(reader, ids, walk, f"of more than {_MANY}", [made[0].answer.exchange])
    remove(session, resource, made)


def _make_many(session: Session, resource: Resource, first: tuple[PageReader, Population]) -> Sequence[Made]:
    """Make many resources below the parents of the population, that the first list shows."""
    reader, population = first
    required = required_values(reader)
    made: list[Made] = []
    parents = {name: population.made[0].path.get(name) for name in resource.parents} if population.made else {}
    while len(made) < _MANY:
        one = session.make(resource, **required)
        if one is None or any(one.path.get(name) != value for name, value in parents.items()):
            break
        made.append(one)
    return made


def _limits(reader: PageReader) -> list[int | None]:
    """Return the largest limit, one that many resources are no multiple of, and none."""
    limit = reader.listing.limit
    if limit is None:
        return [None]
    most = limit.maximum or 100
    return [None, *dict.fromkeys((most, max(min(most, 30), limit.minimum or 1)))]


def _differences(
    reader: PageReader, expected: Sequence[str], walk: Walk, when: str, before: Sequence[HttpExchange]
) -> Iterator[Breach]:
    """Yield what a walk lost or repeated, or how it failed."""
    operation = reader.listing.operation
    listed = f"the list{written_walk(reader, walk)} {when}"
    if walk.failed is not None:
        if walk.failed.status not in _REJECTIONS:
            happened = f"{listed} was answered with {walk.failed.status}"
            yield Breach(operation, happened, [*before, *walk.exchanges()[-2:]], walk.subject or "pages")
        return
    if walk.loops:
        yield Breach(operation, f"{listed} comes to no end", walk.exchanges()[-2:], walk.subject or "pages")
        return
    seen: Mapping[str, int] = {one: walk.ids.count(one) for one in walk.ids}
    lost = [one for one in expected if one not in seen] if walk.complete else []
    twice = [one for one in expected if seen.get(one, 0) > 1]
    if lost:
        happened = f"{lost[0]!r} is on none of the pages of {listed}; {len(lost)} of {len(expected)} are missing"
        yield Breach(operation, happened, [*before, *walk.exchanges()[:3]], walk.subject or "pages")
    elif twice:
        happened = f"{twice[0]!r} is {seen[twice[0]]} times on the pages of {listed}"
        yield Breach(operation, happened, [*before, *walk.exchanges()[:3]], walk.subject or "pages")


CHECKS = (
    Check(
        name="short-pages-lose-nothing",
        kind="collections",
        promise="A list has all its resources also where DynamoDB ends a page early",
        origin="DynamoDB Developer Guide, paginating table query results: a page ends after 1 MB of items",
        run=_short_pages,
        needs=frozenset({"stack"}),
    ),
    Check(
        name="long-list-holds-each-item-once",
        kind="collections",
        promise="The pages of a list of more than a hundred resources hold each of them once",
        origin="the document: the cursor of a page leads to the next one",
        run=_many,
        needs=frozenset({"stack"}),
    ),
)
