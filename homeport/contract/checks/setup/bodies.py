"""Bodies of a create by a recipe: the document's, with what the recipe changes in them."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from homeport.contract.checks.setup.recipes import MakeRequest, Recipe, making_operation
from homeport.contract.rest.dates import with_dates_from
from homeport.contract.rest.ordered_pairs import in_order
from homeport.contract.rest.resource import Resource
from homeport.contract.rest.shapes import shape_of
from homeport.contract.rest.values import Values
from homeport.project.model import Operation

if TYPE_CHECKING:
    from homeport.contract.checks.setup.maker import Maker

_LARGE = (1000, 100, 10)
# The first and last day of each time, counted from today.
_DAYS = {"soon": (2, 300), "later": (300, 20_000), "past": (-300, -4)}


def body_of(maker: Maker, request: MakeRequest, recipe: Recipe, base: Any = None) -> Any:
    """Return the body of a create by a recipe, with the changes that are asked for; None: the operation has none.

    ``base`` takes the place of the recipe's body.
    """
    resource, operation, changes = request.resource, request.operation, request.changes
    bodies = maker.session.values.bodies(operation, resource) if base is None else [base]
    if not bodies:
        return None
    body = copy.deepcopy(bodies[min(recipe.body, len(bodies) - 1)])
    if recipe.least:
        body = _required_part(maker, operation, body)
    body = {**body, **changes} if isinstance(body, dict) else body
    return fit_body(maker, operation, resource, recipe, body, changes.keys(), request.depth)


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
    if recipe.distinct and operation is making_operation(resource):
        body = with_own_texts(maker, operation, resource, body)
    elif unique := maker.memory.unique.get(resource.name, set()) - set(keep):
        body = with_own_texts(maker, operation, resource, body, sorted(unique))
    if recipe.references:
        body = maker.references.put_in(body, resource, recipe, depth, operation)
    if recipe.when:
        first, last = _DAYS[recipe.when]
        today = datetime.now(UTC).date()
        body = with_dates_from(body, today + timedelta(days=maker.session.random.randint(first, last)), is_valid)
    return in_order({**body, **kept} if kept else body, lambda value: not is_valid(body) or is_valid(value), keep)


def _required_part(maker: Maker, operation: Operation, body: Any) -> Any:
    schema = maker.session.values.body_schema(operation)
    required = shape_of(schema, maker.session.model.document).required
    return {name: value for name, value in body.items() if name in required} if isinstance(body, dict) else body


def plenty_of(resource: Resource, values: Values) -> dict[str, Any]:
    """Return large values for the whole numbers that a resource is made with: its balance, its stock."""
    create, found = making_operation(resource), dict[str, Any]()
    for name, field in resource.fields.items():
        is_sent = (
            create is not None and create.id in field.written and name not in (resource.id_property, resource.version)
        )
        if is_sent and field.schema.get("type") == "integer":
            large = next((one for one in _LARGE if values.is_valid(one, field.schema)), None)
            found |= {} if large is None else {name: large}
    return found


def with_own_texts(
    maker: Maker, operation: Operation, resource: Resource, body: Any, names: Collection[str] | None = None
) -> Any:
    """Return a body whose texts no other resource has, where their schemas let them; None: all of them but the id."""
    if not isinstance(body, dict):
        return body
    values = maker.session.values
    schemas = shape_of(values.body_schema(operation), maker.session.model.document).properties
    for name in [one for one in body if one != resource.id_property] if names is None else names:
        texts = _own_texts(maker, body.get(name)) if name in schemas else ()
        own = next((one for one in texts if values.is_valid(one, schemas[name])), None)
        body = body if own is None else {**body, name: own}
    return body


def _own_texts(maker: Maker, value: Any) -> Iterator[str]:
    """Yield texts that are like a value and that no other resource has: an address of mail keeps its domain."""
    if not isinstance(value, str) or not value:
        return
    mark, digits = f"{maker.session.random.getrandbits(32):08x}", f"{maker.session.random.randrange(10**8):08}"
    if "@" in value:
        yield f"{mark}{value}"
    yield from (f"{value} {mark}", f"{value}-{mark}", f"{mark}{value}", mark)
    last = re.search(r"\d{1,8}(?=\D*$)", value)
    if last is not None:
        yield value[: last.start()] + digits[: len(last[0])] + value[last.end() :]
