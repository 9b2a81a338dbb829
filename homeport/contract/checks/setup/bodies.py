"""Bodies of a create by a recipe: the document's, with what the recipe changes in them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from homeport.contract.checks.setup.recipes import Recipe
from homeport.contract.rest.dates import with_dates_from
from homeport.contract.rest.ordered_pairs import in_order
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of
from homeport.project.model import Operation

if TYPE_CHECKING:
    from homeport.contract.checks.setup.maker import Maker

# The first and last day of each time, counted from today.
_DAYS = {"soon": (2, 300), "later": (300, 20_000), "past": (-300, -2)}


def body_of(
    maker: Maker, operation: Operation, resource: Resource, recipe: Recipe, changes: Mapping[str, Any], depth: int
) -> Any:
    """Return the body of a create by a recipe, with ``changes`` to its properties; None: the operation has none."""
    bodies = maker.session.values.bodies(operation, resource)
    if not bodies:
        return None
    body = copy.deepcopy(bodies[min(recipe.body, len(bodies) - 1)])
    if recipe.least:
        body = _required_part(maker, operation, body)
    if recipe.distinct:
        body = _with_own_texts(maker, body, operation, resource)
    body = {**body, **changes} if isinstance(body, dict) else body
    return fit_body(maker, operation, resource, recipe, body, changes.keys(), depth)


def fit_body(
    maker: Maker,
    operation: Operation,
    resource: Resource,
    recipe: Recipe,
    body: Any,
    keep: Collection[str] = (),
    depth: int = 0,
) -> Any:
    """Return a body as services take it: its ordered pairs in order, and what the resource's recipe says of the rest.

    The properties in ``keep`` have the values that the caller chose.
    """
    schema = maker.session.values.body_schema(operation)

    def is_valid(value: Any) -> bool:
        return schema is None or maker.session.values.is_valid(value, schema)

    kept = {name: body[name] for name in keep if name in body} if isinstance(body, dict) else {}
    if recipe.references:
        body = maker.references.put_in(body, resource, recipe, depth)
    if recipe.when:
        first, last = _DAYS[recipe.when]
        today = datetime.now(UTC).date()
        body = with_dates_from(body, today + timedelta(days=maker.session.random.randint(first, last)), is_valid)
    return in_order({**body, **kept} if kept else body, lambda value: not is_valid(body) or is_valid(value), keep)


def _required_part(maker: Maker, operation: Operation, body: Any) -> Any:
    schema = maker.session.values.body_schema(operation)
    required = shape_of(schema, maker.session.model.document).required
    return {name: value for name, value in body.items() if name in required} if isinstance(body, dict) else body


def _with_own_texts(maker: Maker, body: Any, operation: Operation, resource: Resource) -> Any:
    """Give the texts of a body values that no other resource has, where their schemas let them."""
    schema = maker.session.values.body_schema(operation)
    mark = f"{maker.session.random.getrandbits(32):08x}"
    if schema is None or not isinstance(body, dict):
        return body
    for name, value in body.items():
        for changed in (f"{value} {mark}", f"{value}-{mark}", f"{mark}{value}", mark) if value else ():
            is_text = isinstance(value, str) and name != resource.id_property
            if is_text and maker.session.values.is_valid({**body, name: changed}, schema):
                body = {**body, name: changed}
                break
    return body
