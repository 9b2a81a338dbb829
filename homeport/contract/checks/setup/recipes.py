"""Recipes: ways to a body that a create accepts, and which of them are worth a try after a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from homeport.contract.rest.dates import has_dates
from homeport.contract.rest.places import is_below
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import success_responses
from homeport.contract.rest.steps import StateStep
from homeport.project.model import Operation
from homeport.project.schema.references import resolve_map

if TYPE_CHECKING:
    from homeport.contract.checks.setup.maker import Maker

DEEPEST = 3
"""The resources that are made one for the other: an order for a payment, a product for the order."""

_MOST_SEARCHES = 2
_MOST_ENABLERS = 3
_MOST_BODIES = 4

When = Literal["", "soon", "later", "past"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The way to a body that a create accepts.

    ``body`` is the number of the body among those that the document suggests; with ``least`` it has only the properties
    that it must have. ``references`` puts ids of resources into it that are there, such as were made for it or else,
    with ``listed``, such as lists show; with ``plenty``, those that are made have large numbers. ``distinct`` gives it
    texts that no other has. ``when`` puts its dates on days of the next months, of later years, or of the past.
    ``enabler`` names the resource that is made before; with ``cleared``, those of its kind that are there are deleted
    first, for one of them may be what is in the way.
    """

    body: int = 0
    references: bool = False
    listed: bool = False
    plenty: bool = False
    distinct: bool = False
    least: bool = False
    when: When = ""
    enabler: str = ""
    cleared: bool = False


@dataclass
class Memory:
    """The recipes that a run has found, by resource, and how often it searched for one in vain.

    ``unique`` are the properties of which no two resources have the same value, ``alone`` the resources of which those
    above have one at most. ``ready`` are the steps after which those above take a resource.
    """

    recipes: dict[str, Recipe] = field(default_factory=dict)
    unique: dict[str, set[str]] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    ready: dict[str, tuple[StateStep, ...]] = field(default_factory=dict)
    searches: dict[str, int] = field(default_factory=dict)

    def may_search(self, name: str) -> bool:
        """Return whether a recipe for a resource may be searched for once more."""
        return self.searches.get(name, 0) < _MOST_SEARCHES

    def note_search(self, name: str, *, is_last: bool = False) -> None:
        """Note a search in vain; after the last one there is no other."""
        self.searches[name] = _MOST_SEARCHES if is_last else self.searches.get(name, 0) + 1


@dataclass(frozen=True, slots=True)
class MakeRequest:
    """A resource that is asked for, with its operation and the path parameters of its parents.

    ``changes`` are values for properties of its body. ``depth`` is 0 for what a check asks for, and one more for what
    that needs.
    """

    resource: Resource
    operation: Operation
    parents: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)
    depth: int = 0


def recipes_after(maker: Maker, request: MakeRequest, status: int, known: Recipe | None) -> Iterator[Recipe]:
    """Yield the recipes to try after a refusal with ``status``, the likeliest first."""
    resource, operation = request.resource, request.operation
    if known is not None and status == 409:
        # What helped before and is taken now: the same with other values.
        yield replace(known, distinct=True)
        if known.when:
            yield replace(known, when="past" if known.when == "past" else "later", distinct=True)
    bodies = maker.session.values.bodies(operation, resource)
    if status == 409 and bodies:
        yield Recipe(distinct=True)
    yield from _with_other_values(maker, resource, bodies)
    for number in range(1, min(len(bodies), _MOST_BODIES)):
        yield Recipe(body=number)
        if status == 409:
            yield Recipe(body=number, distinct=True)
    yield from _after_another_write(maker, resource, operation)


def _with_other_values(maker: Maker, resource: Resource, bodies: Sequence[Any]) -> Iterator[Recipe]:
    """Yield recipes for a body that is right but for its ids, its dates, or what it need not have."""
    times: tuple[When, ...] = ("soon", "past") if any(map(has_dates, bodies)) else ()
    yield from (Recipe(when=when) for when in times)
    refers = any(maker.references.refers(one, resource) for one in bodies) or resource.keyed_by
    if refers or maker.references.find_described(making_operation(resource)):
        for listed in (False, True):
            yield from (Recipe(references=True, listed=listed, when=when) for when in ("", *times))
        yield from (Recipe(references=True, plenty=True, when=when) for when in ("", *times[:1]))
    if any(isinstance(one, dict) for one in bodies):
        yield from (Recipe(least=True, when=when) for when in ("", *times[:1]))


def _after_another_write(maker: Maker, resource: Resource, operation: Operation) -> Iterator[Recipe]:
    for enabler in _enablers(maker, resource, operation):
        yield Recipe(enabler=enabler.name)
        if enabler.keyed_by or maker.references.refers(maker.first_body(enabler), enabler):
            yield Recipe(enabler=enabler.name, listed=True)
        # What a resource is below is not in its way, and would take it along.
        is_above = is_below(resource, enabler)
        if enabler.delete is not None and enabler.listings and maker.client.guard is None and not is_above:
            yield Recipe(enabler=enabler.name, cleared=True)


def _enablers(maker: Maker, resource: Resource, operation: Operation) -> list[Resource]:
    """Return the resources without one of which a create may be rejected, those that link to it first."""
    model = maker.session.model
    others = [one for one in model.resources if one.name != resource.name and making_operation(one)]
    others = [one for one in others if one.keyed_by != resource.name and not is_below(one, resource)]
    linked = [one for one in others if any(_links_to(own, operation, model.document) for own in one.operations)]
    same = [one for one in others if _security(making_operation(one)) == _security(operation) != ()]
    # What holds others' ids, such as a cart, is what a create without them works with.
    holding = [one for one in others if one.keyed_by]
    return list({one.name: one for one in (*linked, *same, *holding, *others)}.values())[:_MOST_ENABLERS]


def making_operation(resource: Resource) -> Operation | None:
    """Return the operation that makes a resource, or gives the only one there is a value; None: there is none."""
    if resource.create is not None:
        return resource.create
    if resource.single:
        return resource.replace or resource.change
    return resource.replace if resource.creates_by_put else None


def _links_to(operation: Operation, target: Operation, document: Mapping[str, Any]) -> bool:
    for _, response in success_responses(operation):
        for value in (response.get("links") or {}).values():
            if resolve_map(value, document).get("operationId") == target.id:
                return True
    return False


def _security(operation: Operation | None) -> tuple[Any, ...]:
    return operation.security if operation is not None else ()
