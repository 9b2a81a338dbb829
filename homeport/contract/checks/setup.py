"""Setup of checks: resources that a run makes, by recipes that it finds once, and such as exist.

A create that is rejected although its body is valid may need what only prose says: ids of resources that exist, a value
that no other resource has, or another write before it (a cart that is not empty). ``Maker`` tries these in turn, within
bounds, and remembers for the run what helped.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from homeport.contract.checks.client import NO_BODY, Answer, Client, NotSent
from homeport.contract.checks.made import Made, path_after
from homeport.contract.rest.infer import owner_of
from homeport.contract.rest.places import parameters_of, structure
from homeport.contract.rest.resource import Listing, Resource
from homeport.contract.rest.shapes import success_responses
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

if TYPE_CHECKING:
    from homeport.contract.checks.session import Session

_REFUSALS = frozenset((400, 404, 409, 412, 422, 424))
_DEEPEST = 3
_MOST_ENABLERS = 3
_MOST_SEARCHES = 2
_MOST_ROOM = 1000
_MEMORY = "setup/recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The way to a body that a create accepts.

    ``body`` is the number of the body among those that the document suggests. ``references`` puts ids of resources into
    it that are there, such as were made for it or else, with ``listed``, such as lists show. ``distinct`` gives it
    texts that no other has. ``enabler`` names the resource that is made before; with ``cleared``, those of its kind
    that are there are deleted first, for one of them may be what is in the way.
    """

    body: int = 0
    references: bool = False
    listed: bool = False
    distinct: bool = False
    enabler: str = ""
    cleared: bool = False


@dataclass
class Memory:
    """The recipes that a run has found, by resource, and how often it searched for one in vain."""

    recipes: dict[str, Recipe] = field(default_factory=dict)
    searches: dict[str, int] = field(default_factory=dict)


class Maker:
    """Makes resources for a session, as the user of ``client``."""

    def __init__(self, session: Session, client: Client) -> None:
        self._session, self._client = session, client
        self._memory: Memory = session.shared.setdefault(_MEMORY, Memory())
        self._parents: dict[str, Made] = {}
        self._unused: dict[str, list[Any]] = {}
        self._needs_room = False
        self.refusals: list[Answer] = []

    def make(self, resource: Resource, changes: Mapping[str, Any], depth: int = 0) -> Made | None:
        """Make a resource with ``changes`` to its body; None where it can't be made, and ``refusals`` say why."""
        self.refusals = []
        operation = _making_operation(resource)
        parents = self._parent_path(resource, depth) if operation is not None and depth <= _DEEPEST else None
        if operation is None or parents is None:
            return None
        known = self._memory.recipes.get(resource.name)
        rejected: Answer | None = None
        for recipe in [known] if known is not None else [Recipe()]:
            result = self._attempt(resource, operation, parents, recipe, changes, depth)
            if isinstance(result, Made):
                self._memory.recipes[resource.name] = recipe
                return result
            rejected = result
        if rejected is not None and rejected.status == 409 and known is not None and self._parents:
            result = self._beside_new_parents(resource, operation, known, changes, depth)
            if isinstance(result, Made):
                return result
        return self._search(resource, operation, parents, changes, depth, known, rejected)

    def _beside_new_parents(
        self, resource: Resource, operation: Operation, recipe: Recipe, changes: Mapping[str, Any], depth: int
    ) -> Made | Answer | None:
        """Make a resource below parents of its own: those that the run shares may hold no more (copies of a book)."""
        owners = {name: one for name, one in self._parents.items() if self._is_above(name, resource)}
        if not owners:
            return None
        for name in owners:
            del self._parents[name]
        self._needs_room = True
        parents = self._parent_path(resource, depth)
        return None if parents is None else self._attempt(resource, operation, parents, recipe, changes, depth)

    def _room(self, owner: Resource) -> dict[str, Any]:
        """Return the integers of a resource as large as its create takes them, at most 1,000: its copies, its seats."""
        operation, values, found = _making_operation(owner), self._session.values, dict[str, Any]()
        for name, known in owner.fields.items():
            schema = known.schema
            if operation is None or operation.id not in known.written or schema.get("type") != "integer":
                continue
            most = min(int(schema.get("maximum", _MOST_ROOM)), _MOST_ROOM)
            if name not in (owner.id_property, owner.version) and values.is_valid(most, schema):
                found[name] = most
        return found

    def _is_above(self, name: str, resource: Resource) -> bool:
        owner = self._session.model.find(name)
        return owner is not None and _is_below(resource, owner)

    def _search(
        self,
        resource: Resource,
        operation: Operation,
        parents: Mapping[str, Any],
        changes: Mapping[str, Any],
        depth: int,
        known: Recipe | None,
        rejected: Answer | None,
    ) -> Made | None:
        searches = self._memory.searches.get(resource.name, 0)
        if rejected is not None and rejected.status in (401, 403):
            self._memory.searches[resource.name] = _MOST_SEARCHES
        if rejected is None or rejected.status not in _REFUSALS or searches >= _MOST_SEARCHES:
            return None
        for recipe in self._recipes(resource, operation, rejected):
            if recipe == known:
                continue
            result = self._attempt(resource, operation, parents, recipe, changes, depth)
            if isinstance(result, Made):
                self._memory.recipes[resource.name] = recipe
                return result
        if not changes:
            self._memory.searches[resource.name] = searches + 1
        return None

    def _recipes(self, resource: Resource, operation: Operation, rejected: Answer) -> Iterator[Recipe]:
        """Yield the recipes to try after a refusal, the likeliest first."""
        bodies = self._session.values.bodies(operation, resource)
        if rejected.status == 409 and bodies:
            yield Recipe(distinct=True)
        if any(self._refers(one, resource) for one in bodies) or resource.keyed_by:
            yield Recipe(references=True)
            yield Recipe(references=True, listed=True)
        for number in range(1, min(len(bodies), 4)):
            yield Recipe(body=number)
            if rejected.status == 409:
                yield Recipe(body=number, distinct=True)
        for enabler in self._enablers(resource, operation):
            yield Recipe(enabler=enabler.name)
            if enabler.keyed_by or self._refers(self._first_body(enabler), enabler):
                yield Recipe(enabler=enabler.name, listed=True)
            if enabler.delete is not None and enabler.listings and self._client.guard is None:
                yield Recipe(enabler=enabler.name, cleared=True)

    def _first_body(self, resource: Resource) -> Any:
        operation = _making_operation(resource)
        return None if operation is None else self._session.values.body(operation, resource)

    def _enablers(self, resource: Resource, operation: Operation) -> list[Resource]:
        """Return the resources without one of which a create may be rejected, those that link to it first."""
        others = [one for one in self._session.model.resources if one.name != resource.name and _making_operation(one)]
        others = [one for one in others if one.keyed_by != resource.name and not _is_below(one, resource)]
        linked = [one for one in others if any(_links_to(own, operation, self._document) for own in one.operations)]
        same = [one for one in others if _security(_making_operation(one)) == _security(operation) != ()]
        # What holds others' ids, such as a cart, is what a create without them works with.
        holding = [one for one in others if one.keyed_by]
        return list({one.name: one for one in (*linked, *same, *holding, *others)}.values())[:_MOST_ENABLERS]

    @property
    def _document(self) -> Mapping[str, Any]:
        return self._session.model.document

    def _attempt(
        self,
        resource: Resource,
        operation: Operation,
        parents: Mapping[str, Any],
        recipe: Recipe,
        changes: Mapping[str, Any],
        depth: int,
    ) -> Made | Answer | None:
        """Return the resource, or the answer that refuses it; None where something that it needs can't be made."""
        before: list[Answer] = []
        if recipe.enabler and not self._enable(recipe, before, depth):
            return None
        path = dict(parents)
        if operation is resource.replace and not resource.single:
            own = self._own_id(resource, recipe, depth)
            if own is None:
                return None
            path[resource.id_parameter] = own
        body = self._body(operation, resource, recipe, changes, depth)
        self._invent(resource, path, body)
        try:
            answer = self._client.send(
                operation,
                path,
                query=self._session.query(operation),
                headers=self._session.headers(operation),
                body=NO_BODY if body is None else body,
            )
        except NotSent:
            if depth == 0 and recipe == Recipe():
                raise
            return None
        full = path_after(resource, operation, path, body, answer) if answer.ok else None
        if full is None:
            self.refusals.append(answer)
            return answer
        return Made(full, body, answer, tuple(before))

    def _invent(self, resource: Resource, path: Mapping[str, Any], body: Any) -> None:
        """Tell the guard of others' data of the ids that the run makes up: they are nobody else's."""
        if self._client.guard is not None:
            own = [path.get(resource.id_parameter)] if not resource.keyed_by else []
            own += [body.get(resource.id_property)] if isinstance(body, dict) else []
            for one in own:
                if one is not None:
                    self._client.guard.invent(str(one))

    def _enable(self, recipe: Recipe, before: list[Answer], depth: int) -> bool:
        enabler = self._session.model.find(recipe.enabler)
        operation = None if enabler is None else _making_operation(enabler)
        if enabler is None or operation is None or depth >= _DEEPEST:
            return False
        parents = self._parent_path(enabler, depth + 1)
        if parents is None:
            return False
        if recipe.cleared and enabler.delete is not None:
            for path, _ in self._list_paths(enabler):
                self._client.send(enabler.delete, path, headers=self._session.headers(enabler.delete))
        references = bool(enabler.keyed_by) or self._refers(self._first_body(enabler), enabler)
        inner = Recipe(references=references, listed=recipe.listed)
        result = self._attempt(enabler, operation, parents, inner, {}, depth + 1)
        if isinstance(result, Made):
            before += [*result.before, result.answer]
        return isinstance(result, Made)

    def _own_id(self, resource: Resource, recipe: Recipe, depth: int) -> Any:
        if resource.keyed_by:
            return self._reference(resource.keyed_by, listed=recipe.listed, depth=depth)
        return self._session.values.new_id(resource)

    def _parent_path(self, resource: Resource, depth: int) -> dict[str, Any] | None:
        """Return the values of the path parameters above a resource; None where a parent can't be made."""
        if not resource.parents:
            return {}
        paths = [one.path for one in resource.operations]
        owner = self._owner_of_path(_path_above(resource))
        if owner is None:
            values = [self._session.values.parameter(resource.operations[0], name) for name in resource.parents]
        else:
            made = self._parents.get(owner.name)
            made = made or (self.make(owner, self._room(owner), depth + 1) if self._needs_room else None)
            made = made or self.make(owner, {}, depth + 1) or self.existing(owner)
            if made is None:
                return None
            self._parents[owner.name] = made
            values = list(made.path.values())[-len(resource.parents) :]
        found: dict[str, Any] = {}
        for path in [*paths, resource.item or resource.collection]:
            found.update(zip(parameters_of(path), values, strict=False))
        return found

    def _owner_of_path(self, prefix: str) -> Resource | None:
        while "{" in prefix:
            if prefix.endswith("}"):
                for resource in self._session.model.resources:
                    if any(structure(one.path) == structure(prefix) for one in resource.operations):
                        return resource
                return None
            prefix = prefix.rpartition("/")[0]
        return None

    def _body(
        self, operation: Operation, resource: Resource, recipe: Recipe, changes: Mapping[str, Any], depth: int
    ) -> Any:
        bodies = self._session.values.bodies(operation, resource)
        if not bodies:
            return None
        body = copy.deepcopy(bodies[min(recipe.body, len(bodies) - 1)])
        if recipe.references:
            body = self._with_references(body, resource, recipe, depth)
        if recipe.distinct:
            body = self._with_own_texts(body, operation, resource)
        return {**body, **changes} if isinstance(body, dict) else body

    def _with_own_texts(self, body: Any, operation: Operation, resource: Resource) -> Any:
        """Give the texts of a body values that no other resource has, where their schemas let them."""
        schema = self._session.values.body_schema(operation)
        mark = f"{self._session.random.getrandbits(32):08x}"
        if schema is None or not isinstance(body, dict):
            return body
        for name, value in body.items():
            for changed in (f"{value} {mark}", f"{value}-{mark}", f"{mark}{value}", mark) if value else ():
                is_text = isinstance(value, str) and name != resource.id_property
                if is_text and self._session.values.is_valid({**body, name: changed}, schema):
                    body = {**body, name: changed}
                    break
        return body

    def _refers(self, body: Any, resource: Resource) -> bool:
        if isinstance(body, list):
            return any(self._refers(one, resource) for one in body)
        if not isinstance(body, dict):
            return False
        return any(self._owner(name, resource) or self._refers(one, resource) for name, one in body.items())

    def _owner(self, name: str, resource: Resource) -> Resource | None:
        owner = owner_of(name, self._session.model.resources)
        return None if owner is None or owner.name == resource.name else owner

    def _with_references(self, body: Any, resource: Resource, recipe: Recipe, depth: int) -> Any:
        if isinstance(body, list):
            return [self._with_references(one, resource, recipe, depth) for one in body]
        if not isinstance(body, dict):
            return body
        found = {}
        for name, value in body.items():
            owner = self._owner(name, resource) if not isinstance(value, dict | list) else None
            id_ = self._reference(owner.name, listed=recipe.listed, depth=depth) if owner is not None else None
            found[name] = self._with_references(value, resource, recipe, depth) if id_ is None else id_
        return found

    def with_known_references(self, resource: Resource, body: Any) -> Any:
        """Return a body with ids of resources that are there, if none could be made without."""
        recipe = self._memory.recipes.get(resource.name)
        if recipe is None or not recipe.references:
            return body
        return self._with_references(body, resource, recipe, 0)

    def _reference(self, name: str, *, listed: bool, depth: int) -> Any:
        """Return the id of a resource that is there, another one each time; None where there is none."""
        owner = self._session.model.find(name)
        if owner is None:
            return None
        if not listed and depth < _DEEPEST and self._memory.searches.get(name, 0) < _MOST_SEARCHES:
            result = self.make(owner, {}, depth + 1)
            if result is not None:
                self._fill(owner, result)
                return result.id
        if name not in self._unused:
            self._unused[name] = [path[owner.id_parameter] for path, _ in self._list_paths(owner)]
        return self._unused[name].pop(0) if self._unused[name] else None

    def _fill(self, resource: Resource, made: Made) -> None:
        """Send the examples of a new resource's actions: they may give it what it needs to be of use (a stock)."""
        for operation in resource.actions:
            body = self._session.values.body(operation, resource)
            if operation.method == "POST" and body is not None:
                self._client.send(operation, made.path, headers=self._session.headers(operation), body=body)

    def existing(self, resource: Resource) -> Made | None:
        """Return a resource that a list shows, None where there is none."""
        for path, answer in self._list_paths(resource):
            if resource.read is None:
                return Made(path, None, answer)
            read = self._client.send(resource.read, path, headers=self._session.headers(resource.read))
            if read.ok:
                return Made(path, None, read)
        return None

    def _list_paths(self, resource: Resource) -> list[tuple[dict[str, Any], Answer]]:
        """Return the path parameters of resources that the lists show, with the list's answer."""
        parents = self._parent_path(resource, _DEEPEST)
        found: dict[str, tuple[dict[str, Any], Answer]] = {}
        for listing in resource.listings if parents is not None else ():
            answer = self._client.send(listing.operation, parents or {}, query=self._list_query(listing))
            value = answer.json if answer.ok else None
            for key in listing.items:
                value = value.get(key) if isinstance(value, dict) else None
            for item in value if isinstance(value, list) else ():
                id_ = item.get(resource.id_property) if isinstance(item, dict) else None
                if id_ is not None:
                    found.setdefault(str(id_), ({**(parents or {}), resource.id_parameter: id_}, answer))
        return list(found.values())

    def _list_query(self, listing: Listing) -> dict[str, Any]:
        return {name: self._session.values.parameter(listing.operation, name) for name in listing.required}


def _making_operation(resource: Resource) -> Operation | None:
    if resource.create is not None:
        return resource.create
    return resource.replace if resource.creates_by_put or resource.single else None


def _path_above(resource: Resource) -> str:
    """Return the path that has the parents of a resource: that of its items may lack them (``/cards/{cardId}``)."""
    above = resource.item.rpartition("/")[0] if resource.id_parameter else resource.item
    return above if set(resource.parents) <= set(parameters_of(above)) else resource.collection


def _is_below(resource: Resource, other: Resource) -> bool:
    """Return whether a resource's paths lead through the other's item."""
    return bool(other.item) and structure(resource.item or resource.collection).startswith(structure(other.item) + "/")


def _links_to(operation: Operation, target: Operation, document: Mapping[str, Any]) -> bool:
    for _, response in success_responses(operation):
        for value in (response.get("links") or {}).values():
            if resolve_map(value, document).get("operationId") == target.id:
                return True
    return False


def _security(operation: Operation | None) -> tuple[Any, ...]:
    return operation.security if operation is not None else ()
