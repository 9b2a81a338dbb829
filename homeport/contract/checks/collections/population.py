"""``Population``: some resources of a kind that the checks of lists read and never change, made once in a run.

Where none can be made, those that are there stand in for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from homeport.contract.checks.child_resources import parent_of, path_below
from homeport.contract.checks.collections.pages import PageReader
from homeport.contract.checks.resource_client import ResourceClient
from homeport.contract.checks.session import Made, Session
from homeport.contract.checks.setup import making_operation
from homeport.contract.rest.places import parameters_of
from homeport.contract.rest.resource import Filter, Listing, Resource
from homeport.contract.rest.written_orders import written_sorts
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

COUNT = 8
_MOST_VALUES = 3


@dataclass(frozen=True, slots=True)
class Population:
    """The resources, in the order in which they were made: below the same parents, where these hold several."""

    resource: Resource
    made: tuple[Made, ...] = ()

    def having(self, field: str, value: Any) -> tuple[Made, ...]:
        """Return those whose property has a value."""
        return tuple(one for one in self.made if shows(one, field) == value)

    def values(self, field: str) -> tuple[Any, ...]:
        """Return the values that a property has, those of most resources first."""
        found = [value for one in self.made if (value := shows(one, field)) is not None]
        distinct = {str(value): value for value in found if not isinstance(value, dict | list)}
        return tuple(sorted(distinct.values(), key=lambda value: (-found.count(value), str(value))))

    def below(self, path: Mapping[str, Any]) -> Population:
        """Return those below the parents that the path of a list has."""
        own = (one for one in self.made if all(one.path.get(name) == value for name, value in path.items()))
        return Population(self.resource, tuple(own))

    def id_of(self, made: Made) -> str:
        """Return the id of a resource as a list shows it."""
        return listed_id(self.resource, made)


def shows(made: Made, name: str) -> Any:
    """Return the value of a property as the answer of the write shows it, or else as it was sent."""
    for value in (made.representation, made.sent):
        if isinstance(value, dict) and name in value:
            return value[name]
    return None


def listed_id(resource: Resource, made: Made) -> str:
    """Return the id of a resource as a list shows it."""
    return str(shows(made, resource.id_property) or made.id)


def remove(session: Session, resource: Resource, made: Sequence[Made]) -> None:
    """Delete resources that a check made beside the population: later checks read lists page by page."""
    client = ResourceClient.of(session, resource)
    for one in made:
        client.delete(one.path)


def population_of(session: Session, resource: Resource) -> Population:
    """Return the population of a resource; make it if this run has none."""
    key = f"population/{session.round}/{resource.name}/{resource.item or resource.collection}"
    if key not in session.shared:
        session.shared[key] = _make_population(session, resource)
    found: Population = session.shared[key]
    if not found.made:
        if making_operation(resource) is not None:
            session.note_untested(f"no {resource.name} can be made")
        elif resource.id_property:
            session.note_untested(f"no {resource.name} are there, and nothing makes one")
        elif any(one.limit or one.next_page or one.filters for one in resource.listings):
            session.note_untested(f"the entries of {resource.name} have no id that is known")
    return found


def reader_of(session: Session, resource: Resource, listing: Listing, made: Made | None = None) -> PageReader | None:
    """Return the reader of a list that shows a resource; None where a required parameter has no value.

    A filter with a default is given as well: without it a list of drafts, say, would show what is published.
    """
    names = [one for one in parameters_of(listing.operation.path) if one not in listing.required]
    path = {name: made.path[name] for name in names if made is not None and name in made.path}
    if len(path) < len(names):
        if made is not None:
            session.note_untested(f"{listing.operation.id} needs {', '.join(sorted(set(names) - set(path)))}")
        return None
    required: dict[str, Any] = {}
    for name in listing.required:
        value = _required_value(session, listing, name, made)
        if value is None:
            session.note_untested(f"{listing.operation.id} needs {name}")
            return None
        required[name] = value
    for filter in listing.filters:
        value = None if made is None or filter.parameter not in listing.defaults else shows(made, filter.field)
        if value is not None:
            required.setdefault(filter.parameter, value)
    return PageReader(session.client, resource, listing, path, required)


def required_values(reader: PageReader) -> dict[str, Any]:
    """Return the values of properties by which a list shows a resource: those of its required parameters.

    A property that the service sets is not among them: no request can have it.
    """
    asked = reader.required
    found = {one.field: asked[one.parameter] for one in reader.listing.filters if one.parameter in asked}
    return {name: value for name, value in found.items() if is_written(reader.resource, name)}


def is_written(resource: Resource, name: str) -> bool:
    """Return whether the request that makes a resource may have a property; also where nothing is known of it."""
    writer, field = resource.whole_write, resource.fields.get(name)
    return writer is None or field is None or writer.id in field.written


def _required_value(session: Session, listing: Listing, name: str, made: Made | None) -> Any:
    chosen = next((one for one in listing.filters if one.parameter == name), None)
    if chosen is not None and made is not None and (value := shows(made, chosen.field)) is not None:
        return value
    return parameter_value(session, listing.operation, name)


def parameter_value(session: Session, operation: Operation, name: str) -> Any:
    """Return a valid value of a query parameter, None where the operation has no such parameter."""
    for parameter in operation.parameters:
        if parameter.place == "query" and parameter.name == name:
            schema = parameter.schema
            return schema.get("example", schema.get("default")) or session.values.valid(schema)
    return None


def filter_values(session: Session, filter: Filter) -> list[Any]:
    """Return the values that a filter may have by its document, the same ones each time; empty for any value."""
    schema = resolve_map(filter.schema, session.model.document)
    if schema.get("type") == "boolean":
        return [True, False]
    return [value for value in schema.get("enum", ()) if value is not None]


def _make_population(session: Session, resource: Resource) -> Population:
    made: list[Made] = []
    for number in range(COUNT if resource.whole_write is not None else 0):
        one = _make(session, resource, number)
        if one is None:
            break
        if not _has_id(resource, one):
            session.note_untested(f"the answers have no id of the {resource.name} that are made")
            break
        made.append(one)
    return Population(
        resource, tuple(made) or tuple(_left_by_writes(session, resource)) or tuple(_there(session, resource))
    )


def _there(session: Session, resource: Resource) -> Iterator[Made]:
    """Yield resources that were there before the run: seeds, or what another system writes."""
    for listing in resource.listings:
        parents = session.parents_of(resource)
        if parents is not None and (found := list(islice(_find_listed(session, resource, listing, parents), COUNT))):
            yield from found
            return


def _left_by_writes(session: Session, resource: Resource) -> Iterator[Made]:
    """Yield what writes of the resource above leave, such as its versions: no request makes one alone."""
    owner = parent_of(resource, session.model) if resource.parents and resource.whole_write is None else None
    write = None if owner is None else owner.change or owner.replace
    made = session.make(owner) if owner is not None and write is not None else None
    if owner is None or write is None or made is None or not resource.listings:
        return
    client = ResourceClient.of(session, owner)
    for number in range(1, COUNT):
        shown = client.show(made.path, made.answer)
        body = client.full(write, number, made.path)
        client.write(write, made.path, body, shown.header("ETag"))
    found = list(_find_listed(session, resource, resource.listings[0], path_below(made, resource)))
    yield from reversed(found)


def _find_listed(session: Session, resource: Resource, listing: Listing, parents: Mapping[str, Any]) -> Iterator[Made]:
    """Yield what a list has on its pages, each as a read shows it, or the list itself where there is no such read."""
    if not resource.id_property:
        return
    required = {name: parameter_value(session, listing.operation, name) for name in listing.required}
    reader = PageReader(session.client, resource, listing, dict(parents), required)
    seen: set[str] = set()
    for page in reader.walk({}).pages:
        for entry in page.entries:
            id_ = entry.get(resource.id_property) if isinstance(entry, dict) else None
            path = {**parents, **({resource.id_parameter: id_} if resource.id_parameter else {})}
            if id_ is None or str(id_) in seen:
                continue
            seen.add(str(id_))
            if resource.read is None:
                yield Made(path, entry, page.answer)
            elif (read := session.read(resource, path)) is not None and read.ok:
                yield Made(path, None, read)


def _has_id(resource: Resource, made: Made) -> bool:
    """Return whether a resource can be found in a list: its last path parameter may be that of its parent."""
    return shows(made, resource.id_property) is not None or (bool(resource.item) and made.id is not None)


def _make(session: Session, resource: Resource, number: int) -> Made | None:
    wanted = {**dict(_rich_values(session, resource, number)), **dict(_spread_values(session, resource, number))}
    plain = dict(_spread_values(session, resource, number))
    for changes in (wanted, plain, {}):
        if (made := session.make(resource, **changes)) is not None:
            return made
    return None


def _spread_values(session: Session, resource: Resource, number: int) -> Iterator[tuple[str, Any]]:
    """Yield the properties by which lists select: half of the population has the first value, a quarter the next."""
    writer = resource.whole_write
    filters = {one.field: one for listing in resource.listings for one in listing.filters}
    for place, (name, filter) in enumerate(sorted(filters.items())):
        field = resource.fields.get(name)
        if writer is None or field is None or writer.id not in field.written or name == resource.id_property:
            continue
        if ResourceClient.of(session, resource).is_bound(name, field.schema):
            continue  # not any value will do
        values = _choices(session, resource, filter)
        if values:
            yield name, values[_spread(number >> place, len(values))]


def _choices(session: Session, resource: Resource, filter: Filter) -> Sequence[Any]:
    key = f"choices/{session.round}/{resource.name}/{filter.field}"
    if key not in session.shared:
        allowed = filter_values(session, filter)
        field = resource.fields[filter.field]
        drawn = [session.values.valid(field.schema, filter.field) for _ in range(2)]
        session.shared[key] = [
            value
            for value in (allowed or list({str(one): one for one in drawn}.values()))[:_MOST_VALUES]
            if session.values.is_valid(value, field.schema)
        ]
    found: Sequence[Any] = session.shared[key]
    return found


def _spread(number: int, count: int) -> int:
    return 0 if number % 2 == 0 else min(1 + number // 2 % 2, count - 1)


def _rich_values(session: Session, resource: Resource, number: int) -> Iterator[tuple[str, Any]]:
    """Yield a value for each property that a client may write, for half of those with any value of a filter."""
    writer = resource.whole_write
    sorted_by = {one.field for listing in resource.listings for one in listing.sorts}
    for listing in resource.listings:
        sorted_by |= {one.field for one, _ in written_sorts(session.model.document, listing, resource)}
    for name, field in sorted(resource.fields.items()):
        may = writer is not None and writer.id in field.written and name not in (resource.id_property, resource.version)
        may = may and not ResourceClient.of(session, resource).is_bound(name, field.schema)
        if may and (number // 2 % 2 or name in sorted_by):
            yield name, session.values.valid(field.schema, name)
