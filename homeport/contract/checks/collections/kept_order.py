"""Collections: a resource that was changed has the place in a list that its new values give it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.checks.changes import changed_body, send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.filters import await_list, write_property
from homeport.contract.checks.collections.pages import PageReader, Walk
from homeport.contract.checks.collections.population import Population, remove, required_values, shows
from homeport.contract.checks.collections.sorting import find_disorder
from homeport.contract.checks.collections.walks import list_readers, walk_whole
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.names import plain
from homeport.contract.rest.resource import Resource, Sort
from homeport.contract.rest.written_orders import words_of

# So many distinct values are hardly ever in order by chance.
_ENOUGH = 8
_TRIES = 24
_CHANGED = re.compile(r"\b(written|updated|changed|modified|touched)\b", re.IGNORECASE)
_UPDATED = frozenset(("updatedat", "updated", "updatedon", "modifiedat", "modified", "lastmodified", "changedat"))


def _order_follows_writes(session: Session, resource: Resource) -> Iterator[Breach]:
    if resource.change is None and resource.replace is None:
        return
    for reader, population in list_readers(session, resource):
        spread = _spread(session, reader)
        # Checks before this one have removed what an earlier walk saw.
        whole = walk_whole(session, reader, {}, (), again=True)
        if whole.complete:
            for sort in list(_orders(session, reader, whole))[:2]:
                yield from _move(session, reader, population, whole, sort)
        remove(session, resource, spread)


def _spread(session: Session, reader: PageReader) -> list[Made]:
    """Make resources with other values of every property, so that an order shows itself."""
    writer = reader.resource.whole_write
    client = ResourceClient.of(session, reader.resource)
    chosen = {one.field for one in reader.listing.filters} | {reader.resource.id_property}
    made: list[Made] = []
    for _ in range(_ENOUGH):
        values = {
            name: session.values.valid(field.schema, name)
            for name, field in reader.resource.fields.items()
            if writer is not None and writer.id in field.written and name not in chosen
            if not client.is_bound(name, field.schema)
        }
        one = session.make(reader.resource, **{**values, **required_values(reader)})
        if one is None:
            break
        made.append(one)
    return made


def _orders(session: Session, reader: PageReader, whole: Walk) -> Iterator[Sort]:
    """Yield the orders that a list has: those of the document, and those that its entries show."""
    documented = [one for one in reader.listing.sorts if not one.parameter]
    yield from documented
    words = words_of(session.model.document, reader.listing.operation)
    for name, field in reader.resource.fields.items():
        if name == reader.resource.id_property or any(one.field == name for one in documented):
            continue
        # A list in the order of creation has the times of last changes in order too, until one is changed.
        if plain(name) in _UPDATED and not _CHANGED.search(words):
            continue
        if plain(name) not in _UPDATED and not field.written:
            continue
        values = [one.get(name) for one in whole.entries if isinstance(one, Mapping)]
        if len({str(value) for value in values if value is not None}) >= _ENOUGH and None not in values:
            for descending in (False, True):
                if find_disorder(whole.entries, Sort(name, descending)) is None:
                    yield Sort(name, descending)


def _move(session: Session, reader: PageReader, population: Population, whole: Walk, sort: Sort) -> Iterator[Breach]:
    resource = reader.resource
    made = session.make(resource, **required_values(reader))
    if made is None or any(made.path.get(name) != value for name, value in reader.path.items()):
        return
    id_ = population.id_of(made)
    there, before = await_list(reader, {}, lambda walk: id_ in walk.ids and find_disorder(walk.entries, sort) is None)
    if not there:
        return  # the checks of sorting and of lists look at new resources
    answer = _write(session, reader, made, whole, sort)
    if answer is None:
        return
    sorted_now, seen = await_list(reader, {}, lambda walk: find_disorder(walk.entries, sort) is None)
    if not sorted_now:
        order = "descending" if sort.descending else "ascending"
        happened = f"the list was {order} by {sort.field}, and is not since {id_!r} was changed"
        exchanges = [made.answer.exchange, *before[:1], answer.exchange, *seen]
        yield Breach(reader.listing.operation, happened, exchanges, f"/{sort.field}")


def _write(session: Session, reader: PageReader, made: Made, whole: Walk, sort: Sort) -> Answer | None:
    """Change a resource so that it has another place in the list; None where no write does it."""
    resource = reader.resource
    if plain(sort.field) in _UPDATED:
        operation = resource.change or resource.replace
        if operation is None:
            return None
        body = changed_body(session, resource, operation, made.representation, made.path)
        answer = send_write(session, resource, operation, made.path, body)
        return answer if answer.ok else None
    ranks = [one[sort.field] for one in whole.entries if isinstance(one, Mapping) and sort.field in one]
    current = shows(made, sort.field)
    for _ in range(_TRIES):
        value = session.values.valid(resource.fields[sort.field].schema, sort.field)
        if _moves(value, current, ranks):
            return write_property(session, resource, made, sort.field, value, required_values(reader))
    return None


def _moves(value: Any, current: Any, others: list[Any]) -> bool:
    """Return whether two other values at least lie between an old value and a new one."""
    try:
        low, high = sorted((value, current))
        return len([one for one in others if low < one < high]) > 1
    except TypeError:
        return False


CHECKS = (
    Check(
        name="order-follows-writes",
        kind="collections",
        promise="A resource that was changed has the place in a list that its new values give it",
        origin="the order that the document names, or that the list had before the write",
        run=_order_follows_writes,
    ),
)
