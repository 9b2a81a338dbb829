"""Storage: a list that reads an index shows what is stored, at first and after a change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.probes import Prober, ProbeTarget, items_of, short
from homeport.contract.checks.resource_client import exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Listing, Resource
from homeport.contract.rest.shapes import answer_schema, at_keys, item_schema, shape_of

_MOST_PAGES = 20


def _lists_show_what_is_stored(session: Session, resource: Resource) -> Iterator[Breach]:
    """Compare the entry of a list that reads an index with the resource, at first and after a change."""
    for listing in resource.listings:
        made = Prober(session).existing(resource)
        if made is None:
            return
        shown = made.answer.properties
        read = session.read(resource, made.path)
        if read is not None and read.ok:
            shown = read.properties
        queries = [{one.parameter: shown[one.field]} for one in listing.filters if shown.get(one.field) is not None]
        for query in [*([{}] if not listing.required else []), *queries]:
            if not set(listing.required) <= query.keys():
                continue
            entry, answer = _find_entry(session, listing, resource, made.id, query)
            logged = session.access.find_log(answer.request_id)
            indexes = [call.target for call in (logged.calls if logged is not None else ()) if "/" in call.target]
            if entry is None or not indexes:
                continue
            listed = _listed_properties(session, resource, listing)
            for name, value in shown.items():
                is_lost = name not in entry and name in listed and value not in (None, "", [])
                if is_lost or (name in entry and entry[name] != value):
                    happened = (
                        f"{name} is {short(entry.get(name))} in the list, read from {indexes[0]}, and {short(value)}"
                    )
                    exchanges = (*exchanges_of(made), answer.exchange)
                    yield Breach(listing.operation, f"{happened} in the resource", exchanges, f"/{name}")
        yield from _filters_follow(session, resource, listing)


def _listed_properties(session: Session, resource: Resource, listing: Listing) -> Collection[str]:
    """Return the properties that the entries of a list have: a list may leave out some of the resource's."""
    document = session.model.document
    array = at_keys(answer_schema(listing.operation, document), listing.items, document)
    entry = shape_of(item_schema(array, document), document).properties
    return [name for name, field in resource.fields.items() if field.answered and (name in entry or not entry)]


def _filters_follow(session: Session, resource: Resource, listing: Listing) -> Iterator[Breach]:
    """Change the property that a list filters by: the resource goes from one list to the other."""
    write = resource.change or resource.replace
    if write is None:
        return
    for one in listing.filters:
        field = resource.fields.get(one.field)
        if field is None or write.id not in field.written or set(listing.required) - {one.parameter}:
            continue
        prober = Prober(session)
        probe = prober.prepare(ProbeTarget(resource, write))
        made = probe.made if probe is not None else None
        old = made.answer.properties.get(one.field) if made is not None else None
        other = prober.differing(one.schema, old, name=one.field)
        if probe is None or made is None or old is None or other is None:
            continue
        body = probe.body if isinstance(probe.body, dict) else {}
        rest = {} if write == resource.change else body
        answer = session.client.send(write, probe.path, headers=probe.headers, body={**rest, one.field: other})
        if not answer.ok or answer.properties.get(one.field, other) != other:
            continue
        for value, is_wanted in ((other, True), (old, False)):
            entry, found = _find_entry(session, listing, resource, made.id, {one.parameter: value})
            if found.ok and (entry is not None) is not is_wanted:
                what = "does not have it" if is_wanted else "still has it"
                happened = f"{one.field} became {short(other)}, and the list for {short(value)} {what}"
                exchanges = (*exchanges_of(made), answer.exchange, found.exchange)
                yield Breach(listing.operation, happened, exchanges, f"/{one.field}")
                break


def _find_entry(
    session: Session, listing: Listing, resource: Resource, identity: Any, query: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, Answer]:
    """Return a resource's entry on the pages of a list, None where it has none, and the last page."""
    asked = dict(query)
    if listing.limit is not None:
        asked[listing.limit.parameter] = listing.limit.maximum or 100
    answer = session.client.send(listing.operation, query=asked)
    for _ in range(_MOST_PAGES):
        for entry in items_of(answer, listing.items):
            if isinstance(entry, dict) and entry.get(resource.id_property) == identity:
                return entry, answer
        token = _next_token(answer, listing)
        if token is None or listing.next_page is None:
            break
        answer = session.client.send(listing.operation, query={**asked, listing.next_page.parameter: token})
    return None, answer


def _next_token(answer: Answer, listing: Listing) -> Any:
    if listing.next_page is None or listing.next_page.style != "token":
        return None
    value = answer.json
    for key in listing.next_page.pointer:
        value = value.get(key) if isinstance(value, dict) else None
    return value or None


CHECKS = (
    Check(
        "lists-show-what-is-stored",
        "storage",
        "A list that reads an index shows each resource as it is, also after a change",
        "DynamoDB, Global Secondary Indexes: an index holds the attributes that its projection names",
        _lists_show_what_is_stored,
        frozenset(("tables", "log")),
    ),
)
