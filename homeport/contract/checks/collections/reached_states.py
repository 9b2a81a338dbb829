"""Collections: a filter by a state has resources in states that only actions reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.collections.population import filter_values, listed_id, reader_of
from homeport.contract.checks.collections.walks import walk_whole, written_query
from homeport.contract.checks.prerequisite_steps import make_ready, take_step
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.resource import Filter, Listing, Resource
from homeport.contract.rest.steps import steps_of

_MOST_STEPS = 6


def _lists_reached(session: Session, resource: Resource) -> Iterator[Breach]:
    lists = [
        (listing, filter)
        for listing in resource.listings
        for filter in listing.filters
        if (field := resource.fields.get(filter.field)) is not None and field.server_set
    ]
    allowed = {filter.parameter: filter_values(session, filter) for _, filter in lists}
    tried: set[tuple[str, str]] = set()
    for made, shown in _after_actions(session, resource) if lists else ():
        for listing, filter in lists:
            value = shown.json.get(filter.field) if isinstance(shown.json, Mapping) else None
            # A state that is asked for by its name is one that the list has.
            if isinstance(value, str) and (filter.parameter, value) not in tried and value in allowed[filter.parameter]:
                tried.add((filter.parameter, value))
                yield from _left_out(session, resource, listing, filter, value, made, shown)


def _after_actions(session: Session, resource: Resource) -> Iterator[tuple[Made, Answer]]:
    """Yield a new resource after each step that is accepted, with its read."""
    client = ResourceClient.of(session, resource)
    for step in steps_of(resource, session.model)[:_MOST_STEPS]:
        made = make_ready(session, resource, step.operation)
        answer = None if made is None else take_step(session, resource, step, made)
        shown = client.read(made.path) if made is not None and answer is not None and answer.ok else None
        if made is not None and shown is not None and shown.ok:
            yield made, shown


def _left_out(
    session: Session, resource: Resource, listing: Listing, filter: Filter, value: str, made: Made, shown: Answer
) -> Iterator[Breach]:
    reader = reader_of(session, resource, listing, made)
    if reader is None or filter.parameter in listing.required:
        return
    query, id_ = {filter.parameter: value}, listed_id(resource, made)
    whole = walk_whole(session, reader, query, [id_], again=True)
    if whole.complete and id_ not in whole.ids:
        happened = f"{id_!r} has {filter.field} {value!r} after an action, and is not in the list{written_query(query)}"
        exchanges = [*exchanges_of(made, shown), *whole.exchanges()]
        yield Breach(listing.operation, happened, exchanges, f"?{filter.parameter}")


CHECKS = (
    Check(
        name="filter-has-reached-states",
        kind="collections",
        promise="A list that selects by a state has the resources that actions brought into it",
        origin="the document: the filter is named like the property, and takes this value",
        run=_lists_reached,
    ),
)
