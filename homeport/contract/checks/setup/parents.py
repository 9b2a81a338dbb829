"""Parents: the resources whose ids are in the path of another one, one of each kind for a whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeport.contract.checks.client import NO_BODY
from homeport.contract.checks.made_resource import Made
from homeport.contract.checks.setup.recipes import making_operation
from homeport.contract.rest.places import is_below, parameters_of, structure
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.steps import StateStep, entries_below, steps_of

if TYPE_CHECKING:
    from homeport.contract.checks.setup.maker import Maker

_MOST_ROOM = 1000
_MOST_WAYS = 5


class Parents:
    """The resources above others, made as the user of ``maker``."""

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._made: dict[tuple[str, str], Made] = {}
        self._needs_room = False

    def path(self, resource: Resource, depth: int) -> dict[str, Any] | None:
        """Return the values of the path parameters above a resource; None where a parent can't be made."""
        if not resource.parents:
            return {}
        maker = self._maker
        paths = [one.path for one in resource.operations]
        owner = self._owner_of_path(_path_above(resource))
        if owner is None:
            values = [maker.session.values.parameter(resource.operations[0], name) for name in resource.parents]
        else:
            way = maker.memory.ready.get(resource.name, ())
            key = owner.name, ", ".join(step.label for step in way)
            made = self._made.get(key)
            if made is None and way:
                made = self._make_ready(owner, way, depth)
            made = made or (maker.make(owner, self._room(owner), depth + 1) if self._needs_room else None)
            made = made or maker.make(owner, {}, depth + 1) or maker.existing(owner)
            if made is None:
                return None
            self._made[key] = made
            values = list(made.path.values())[-len(resource.parents) :]
        found: dict[str, Any] = {}
        for path in [*paths, resource.item or resource.collection]:
            found.update(zip(parameters_of(path), values, strict=False))
        return found

    def forget(self, resource: Resource) -> bool:
        """Forget the parents of a resource: the next ones are new, with more room. Return whether there were any.

        Those that a run shares may hold no more, such as copies of a book.
        """
        model = self._maker.session.model
        owners = [key for key in self._made if (one := model.find(key[0])) is not None and is_below(resource, one)]
        for key in owners:
            del self._made[key]
        self._needs_room = self._needs_room or bool(owners)
        return bool(owners)

    def ways(self, resource: Resource) -> list[tuple[StateStep, ...]]:
        """Return ways that may make the resource above another one ready for it, the likeliest first.

        They are its steps, first those to states that the words of the create name, and each action once something
        else is below. What is made below by the create itself leads to none.
        """
        owner, model = (
            self._owner_of_path(_path_above(resource)) if resource.parents else None,
            self._maker.session.model,
        )
        if owner is None:
            return []
        own = (resource.any_create, resource.replace)
        steps = [one for one in steps_of(owner, model, making_operation(resource)) if one.operation not in own]
        entries = [one for one in entries_below(owner, model) if one.operation not in own]
        actions = [one for one in steps if one.below is None and not one.choice]
        single, double = [(one,) for one in steps], [(entry, action) for action in actions for entry in entries]
        return [*single[:_MOST_WAYS], *double[:_MOST_WAYS]]

    def _make_ready(self, owner: Resource, way: tuple[StateStep, ...], depth: int) -> Made | None:
        """Make a parent that takes what is made below it after some steps alone: a post that is published."""
        made = self._maker.make(owner, {}, depth + 1)
        return made if made is not None and all(self._take(owner, step, made) for step in way) else None

    def _take(self, owner: Resource, step: StateStep, made: Made) -> bool:
        """Send a step on a parent that was made; return whether it was accepted."""
        maker, operation = self._maker, step.operation
        body = maker.session.values.body(operation, step.below or owner)
        body = {**body, **step.choice} if isinstance(body, dict) else body
        if operation is owner.change:
            body = dict(step.choice)
        names, values = parameters_of(operation.path), list(made.path.values())
        headers, path = maker.session.headers(operation), dict(zip(names, values, strict=False))
        return maker.client.send(operation, path, headers=headers, body=NO_BODY if body is None else body).ok

    def _room(self, owner: Resource) -> dict[str, Any]:
        """Return the integers of a resource as large as its create takes them, at most 1,000: its copies, its seats."""
        operation, values, found = making_operation(owner), self._maker.session.values, dict[str, Any]()
        for name, known in owner.fields.items():
            schema = known.schema
            if operation is None or operation.id not in known.written or schema.get("type") != "integer":
                continue
            most = min(int(schema.get("maximum", _MOST_ROOM)), _MOST_ROOM)
            if name not in (owner.id_property, owner.version) and values.is_valid(most, schema):
                found[name] = most
        return found

    def _owner_of_path(self, prefix: str) -> Resource | None:
        while "{" in prefix:
            if prefix.endswith("}"):
                for resource in self._maker.session.model.resources:
                    if any(structure(one.path) == structure(prefix) for one in resource.operations):
                        return resource
                return None
            prefix = prefix.rpartition("/")[0]
        return None


def _path_above(resource: Resource) -> str:
    """Return the path that has the parents of a resource: that of its items may lack them (``/cards/{cardId}``)."""
    above = resource.item.rpartition("/")[0] if resource.id_parameter else resource.item
    return above if set(resource.parents) <= set(parameters_of(above)) else resource.collection
