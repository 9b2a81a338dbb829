"""The paths of an API, grouped by the resource that they lead to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from homeport.contract.rest.fields import find_id_property
from homeport.contract.rest.names import is_generic_id
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import Document, answer_schema, array_in, is_list, is_object, shape_of
from homeport.project.model import Operation

Methods = Mapping[str, Operation]

_ITEM = re.compile(r"(?P<prefix>.*)/\{(?P<parameter>[^{}+]+)\}")
_PARAMETER = re.compile(r"\{([^{}+]+)\+?\}")
_WRITES = ("PUT", "PATCH", "DELETE")


@dataclass
class Place:
    """Paths that lead to one kind of resource: ``collection`` and ``item``, ``""`` for none.

    ``single`` says that the item is the only one of its kind, such as ``/me``.
    """

    name: str
    collection: str = ""
    item: str = ""
    parameter: str = ""
    parents: tuple[str, ...] = ()
    single: bool = False


@dataclass
class Group:
    """The places of one resource, the main one first. ``actions`` and ``beside`` are further paths of it."""

    places: list[Place]
    actions: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    @property
    def main(self) -> Place:
        """The place that gives the resource its paths."""
        return self.places[0]


def by_path(operations: Iterable[Operation]) -> dict[str, dict[str, Operation]]:
    """Return the operations by path and method. A route of any method is none of a resource's."""
    found: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        if operation.method != "ANY":
            found.setdefault(operation.path.rstrip("/") or "/", {})[operation.method] = operation
    return found


def group_paths(paths: Mapping[str, Methods], document: Document) -> list[Group]:
    """Return the resources that paths lead to, in the document's order."""
    places = [place for path in paths if (place := _item_place(path, paths, document))]
    places += _acted_on(paths, {structure(path) for path in paths}, document)
    collections = {place.collection for place in places}
    items = {structure(place.item): place for place in places}
    groups = [Group([place]) for place in places]
    of_place = {id(group.main): group for group in groups}
    for path, methods in paths.items():
        if path in collections or _ITEM.fullmatch(path) or "+}" in path:
            continue
        above = path.rpartition("/")[0]
        owner = items.get(structure(above))
        collection = next((one for one in groups if one.places and one.main.collection == above != ""), None)
        made = _static_place(path, methods, document)
        if made is not None and not (collection is not None and _is_view(made, methods)):
            groups.append(Group([made]))
        elif collection is not None:
            collection.beside.append(path)
        elif owner is not None:
            of_place[id(owner)].actions.append(path)
        else:
            groups.append(Group([], beside=[path]))
    placed = _join_places([group for group in groups if group.places], paths, document)
    placed = _join_made_below(placed, paths, document)
    order = {path: number for number, path in enumerate(paths)}
    placed.sort(key=lambda one: min(order.get(path, len(order)) for place in one.places for path in _paths(place)))
    return placed + [group for group in groups if not group.places]


def _join_made_below(groups: list[Group], paths: Mapping[str, Methods], document: Document) -> list[Group]:
    """Return the groups, with the collections below others in which items with a path of their own are made.

    ``POST /boards/{boardId}/cards`` makes what ``GET /cards/{cardId}`` reads.
    """
    found = list(groups)
    for group in groups:
        path = _made_below(group, paths, document)
        if path is None or group not in found:
            continue
        place = Place(group.main.name, path, group.main.item, group.main.parameter, parameters_of(path))
        group.places = [place, *group.places]
        for other in groups:
            other.actions = [one for one in other.actions if one != path]
            if other is not group and other.main.collection == path and not other.main.item:
                group.actions += other.actions
                group.beside += other.beside
                found.remove(other)
    return found


def _made_below(group: Group, paths: Mapping[str, Methods], document: Document) -> str | None:
    """Return the path below another resource at which the items of a group are made, None where there is none."""
    main = group.main
    if (
        not main.item
        or main.parents
        or main.single
        or any("POST" in paths.get(one.collection, {}) for one in group.places)
    ):
        return None
    shape = _representation(main, paths, document)
    items = {structure(path) for path in paths}
    found = [
        path
        for path, methods in paths.items()
        if last_name(path) == main.name
        and parameters_of(path)
        and not path.endswith("}")
        and main.parameter not in parameters_of(path)
        and structure(f"{path}/{{}}") not in items
        and "POST" in methods
        and (shape or "201" in methods["POST"].responses)
        and _shows(methods["POST"], shape, document)
    ]
    return found[0] if len(found) == 1 else None


def _shows(create: Operation, shape: frozenset[str], document: Document) -> bool:
    """Return whether a create answers with the representation ``shape``; empty: what has none at its own path."""
    made = frozenset(shape_of(answer_schema(create, document), document).properties)
    return bool(made) and shape in (made, frozenset())


def structure(path: str) -> str:
    """Return a path template without the names of its parameters."""
    return _PARAMETER.sub("{}", path)


def parameters_of(path: str) -> tuple[str, ...]:
    """Return the names of a path template's parameters, in order."""
    return tuple(_PARAMETER.findall(path))


def is_below(resource: Resource, other: Resource) -> bool:
    """Return whether a resource's paths lead through the other's item."""
    above = structure(other.item) + "/"
    # Its items may have a path of their own: /customers/{customerId}/orders and /orders/{orderId}.
    return bool(other.item) and any(structure(one).startswith(above) for one in (resource.item, resource.collection))


def _paths(place: Place) -> list[str]:
    return [path for path in (place.collection, place.item) if path]


def last_name(path: str) -> str:
    """Return the last segment of a path that is no parameter, ``""`` for none."""
    static = [part for part in path.split("/") if part and not part.startswith("{")]
    return static[-1] if static else ""


def _item_place(path: str, paths: Mapping[str, Methods], document: Document) -> Place | None:
    found = _ITEM.fullmatch(path)
    if found is None or is_list(answer_schema(paths[path].get("GET"), document), document):
        return None
    prefix = found["prefix"]
    collection = next((one for one in paths if structure(one) == structure(prefix) and prefix), "")
    name = last_name(prefix) or re.sub(r"[-_]?[iI][dD]$", "", found["parameter"]) or found["parameter"]
    return Place(name, collection, path, found["parameter"], parameters_of(prefix))


def _acted_on(paths: Mapping[str, Methods], known: set[str], document: Document) -> Iterator[Place]:
    """Yield the places of items that have no path themselves, only actions: ``/jobs/{jobId}/cancel``.

    Their collection makes them or lists them, with an id that is named like the parameter.
    """
    for path in paths:
        item, _, action = path.rpartition("/")
        found = _ITEM.fullmatch(item)
        collection = next((one for one in paths if found and structure(one) == structure(found["prefix"])), "")
        if found is None or not collection or "{" in action or structure(item) in known or "POST" not in paths[path]:
            continue
        place = Place(last_name(collection), collection, item, found["parameter"], parameters_of(found["prefix"]))
        if place.name and find_id_property(place.parameter, place.name, _representation(place, paths, document), {})[0]:
            known.add(structure(item))
            yield place


def _is_view(place: Place, methods: Methods) -> bool:
    """Return whether a path below a collection only shows it in another way (``/items/search``)."""
    return not place.single and "POST" not in methods


def _static_place(path: str, methods: Methods, document: Document) -> Place | None:
    """Return the place at a path that ends in a name: a collection without items, or a single resource."""
    answer = answer_schema(methods.get("GET"), document)
    name = last_name(path)
    writable = any(method in methods for method in ("PUT", "PATCH"))
    if not name or "GET" not in methods:
        return None
    if writable and (answer is None or is_object(answer, document)):
        return Place(name, item=path, parents=parameters_of(path), single=True)
    if array_in(answer, document, name) is not None:
        return Place(name, collection=path, parents=parameters_of(path))
    return None


def _join_places(groups: list[Group], paths: Mapping[str, Methods], document: Document) -> list[Group]:
    """Return the groups, those of one resource at several paths (``/admin/products``) made one."""
    found: list[Group] = []
    for group in groups:
        other = next((one for one in found if _is_same(one, group, paths, document)), None)
        if other is None:
            found.append(group)
        else:
            other.places += group.places
            other.actions += group.actions
            other.beside += group.beside
    for group in found:
        group.places.sort(key=lambda place: "GET" not in paths.get(place.item, {}))
    return found


def _is_same(one: Group, other: Group, paths: Mapping[str, Methods], document: Document) -> bool:
    first, second = one.main, other.main
    if first.name != second.name or first.parents != second.parents or first.single or second.single:
        return False
    if first.item and second.item and first.parameter != second.parameter:
        return False
    if any(_writes(a, paths) & _writes(b, paths) for a in one.places for b in other.places):
        return False
    shapes = [_representation(place, paths, document) for place in (first, second)]
    if all(shapes):
        return shapes[0] == shapes[1]
    return bool(first.item and second.item) and not is_generic_id(first.parameter)


def _writes(place: Place, paths: Mapping[str, Methods]) -> set[str]:
    found = {method for method in paths.get(place.item, {}) if method in _WRITES}
    return found | ({"POST"} if "POST" in paths.get(place.collection, {}) else set())


def _representation(place: Place, paths: Mapping[str, Methods], document: Document) -> frozenset[str]:
    methods = paths.get(place.item, {})
    single = [methods.get(method) for method in ("GET", "PUT", "PATCH")]
    for operation in (*single, paths.get(place.collection, {}).get("POST")):
        found = shape_of(answer_schema(operation, document), document).properties
        if found:
            return frozenset(found)
    listed = array_in(answer_schema(paths.get(place.collection, {}).get("GET"), document), document, place.name)
    return frozenset(shape_of(listed[1], document).properties) if listed else frozenset()
