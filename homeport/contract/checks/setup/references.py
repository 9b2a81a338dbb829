"""Ids of other resources in a body: those that are made for it, or that lists show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homeport.contract.checks.client import Answer
from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.setup.bodies import plenty_of
from homeport.contract.checks.setup.recipes import DEEPEST, Recipe, making_operation
from homeport.contract.rest.described_ids import DescribedId, described_ids
from homeport.contract.rest.infer import keyed_by_name, owner_of
from homeport.contract.rest.names import plain, singular, words_in
from homeport.contract.rest.resource import Listing, Resource
from homeport.contract.rest.shapes import value_at
from homeport.project.model import Operation

if TYPE_CHECKING:
    from homeport.contract.checks.setup.maker import Maker


class References:
    """The ids of resources that are there, for bodies of ``maker``."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._unused: dict[str, list[Any]] = {}
        self._described: dict[str, Mapping[str, DescribedId]] = {}

    def refers(self, body: Any, resource: Resource) -> bool:
        """Return whether a body has a property that is named like another resource, or its id."""
        if isinstance(body, list):
            return any(self.refers(one, resource) for one in body)
        if not isinstance(body, dict):
            return False
        return any(self.owner(name, resource) or self.refers(one, resource) for name, one in body.items())

    def new_id(self, name: str, resource: Resource) -> Any:
        """Return the id of a new resource that a property of another one refers to, None where there is none."""
        owner = self.owner(name, resource)
        return None if owner is None else self.one_of(owner.name, listed=False, depth=0)

    def owner(self, name: str, resource: Resource) -> Resource | None:
        """Return the resource that a property refers to: ``roomId``, ``room`` and ``roomIds`` are ids of rooms.

        So are ``fromRoomId``, ``to`` with the description "The id of a room", and ``isbn`` of the books at
        ``/books/{isbn}``.
        """
        resources = self._maker.session.model.resources
        found = [owner_of(name, resources), owner_of(singular(name), resources)]
        found += [one for one in resources if one.item and singular(one.name.rpartition("/")[2]) == plain(name)]
        words = words_in(name)
        found += [owner_of("".join(words[place:]), resources) for place in range(1, len(words) - 1)]
        described = self.find_described(making_operation(resource)).get(name)
        found += [described.resource] if described is not None else []
        found += [keyed_by_name(name, resources)]
        owner = next((one for one in found if one is not None), None)
        return None if owner is None or owner.name == resource.name else owner

    def find_described(self, operation: Operation | None) -> Mapping[str, DescribedId]:
        """Return the properties of an operation's body that hold ids by their descriptions."""
        if operation is None:
            return {}
        if operation.id not in self._described:
            self._described[operation.id] = described_ids(operation, self._maker.session.model)
        return self._described[operation.id]

    def put_in(
        self, body: Any, resource: Resource, recipe: Recipe, depth: int = 0, operation: Operation | None = None
    ) -> Any:
        """Return a body with ids of resources that are there in place of its own; ``operation`` is whose body it is.

        Ids of one path belong together: a copy that is put in is one of the book that is.
        """
        if isinstance(body, list):
            return [self.put_in(one, resource, recipe, depth) for one in body]
        if not isinstance(body, dict):
            return body
        owners = {name: owner for name in body if (owner := self.owner(name, resource)) is not None}
        described = {name: one for name, one in self.find_described(operation).items() if name in body}
        owners |= {name: one.resource for name, one in described.items() if one.resource.name != resource.name}
        found: dict[str, Any] = {}
        for name, owner in sorted(owners.items(), key=lambda pair: -len(pair[1].parents)):
            value = body[name]
            if isinstance(value, list) and _is_scalar(value):
                ids = [_last(self._path_again(owner.name, recipe, depth)) for _ in value]
                found[name] = value if None in ids else ids
            elif name not in found and not isinstance(value, dict | list):
                path = self._path_again(owner.name, recipe, depth)
                if path is not None:
                    above = {plain(parameter): one for parameter, one in path.items()}
                    found |= {other: above[plain(other)] for other in owners if plain(other) in above}
                    found[name] = _last(path)
                    if name in described and described[name].above in owners:
                        found[described[name].above] = list(path.values())[-2]
        return {
            name: found[name] if name in found else self.put_in(value, resource, recipe, depth)
            for name, value in body.items()
        }

    def one_of(self, name: str, *, listed: bool, depth: int) -> Any:
        """Return the id of a resource of that name, another one each time; None where there is none."""
        return _last(self._path(name, listed=listed, depth=depth))

    def _path(self, name: str, *, listed: bool, depth: int, plenty: bool = False) -> Mapping[str, Any] | None:
        """Return the path parameters of a resource of that name; ``plenty``: its numbers are large, if it is new."""
        maker = self._maker
        owner = maker.session.model.find(name)
        if owner is None:
            return None
        if not listed and depth < DEEPEST and maker.memory.may_search(name):
            result = maker.make(owner, plenty_of(owner, maker.session.values) if plenty else {}, depth + 1)
            if result is not None:
                self._fill(owner, result)
                return result.path
        if name not in self._unused:
            self._unused[name] = [path for path, _ in self.list_paths(owner)]
        return self._unused[name].pop(0) if self._unused[name] else None

    def _path_again(self, name: str, recipe: Recipe, depth: int) -> Mapping[str, Any] | None:
        """Return the path of a resource of that name, also of one that had its turn: a room has many bookings."""
        found = self._path(name, listed=recipe.listed, depth=depth, plenty=recipe.plenty)
        if found is None and name in self._unused:
            del self._unused[name]
            found = self._path(name, listed=recipe.listed, depth=depth)
        return found

    def _fill(self, resource: Resource, made: Made) -> None:
        """Send the examples of a new resource's actions: they may give it what it needs to be of use (a stock)."""
        maker = self._maker
        for operation in resource.actions:
            body = maker.session.values.body(operation, resource)
            if operation.method == "POST" and body is not None:
                maker.client.send(operation, made.path, headers=maker.session.headers(operation), body=body)

    def list_paths(self, resource: Resource) -> list[tuple[dict[str, Any], Answer]]:
        """Return the path parameters of resources that the lists show, with the list's answer."""
        maker = self._maker
        parents = maker.parents.path(resource, DEEPEST)
        found: dict[str, tuple[dict[str, Any], Answer]] = {}
        for listing in resource.listings if parents is not None else ():
            answer = maker.client.send(listing.operation, parents or {}, query=self._query(listing))
            value = value_at(answer.json, listing.items) if answer.ok else None
            for item in value if isinstance(value, list) else ():
                id_ = item.get(resource.id_property) if isinstance(item, dict) else None
                if id_ is not None:
                    found.setdefault(str(id_), ({**(parents or {}), resource.id_parameter: id_}, answer))
        return list(found.values())

    def _query(self, listing: Listing) -> dict[str, Any]:
        return {name: self._maker.session.values.parameter(listing.operation, name) for name in listing.required}


def _is_scalar(values: list[Any]) -> bool:
    return all(isinstance(one, str | int) and not isinstance(one, bool) for one in values)


def _last(path: Mapping[str, Any] | None) -> Any:
    return list(path.values())[-1] if path else None
