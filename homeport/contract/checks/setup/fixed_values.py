"""Properties whose values prose alone restricts: a room that must exist, a date that is still to come.

A service that takes the document's own example and rejects other valid values of a property is not wrong. The checks
leave such a property as the example has it, so that their bodies are accepted for all the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from homeport.contract.checks.made_resource import Made
from homeport.contract.rest.dates import has_dates
from homeport.contract.rest.ordered_pairs import in_order

if TYPE_CHECKING:
    from homeport.contract.checks.setup.maker import Maker
    from homeport.contract.rest.resource import Resource

_REFUSALS = frozenset((400, 404, 422))
_TRIES = 2


def find_fixed(maker: Maker, resource: Resource, choices: Mapping[str, Sequence[Any]]) -> frozenset[str]:
    """Return the properties of which a create rejects other values, ``choices``, than the usual body has.

    Sends one create with all of them, and only where it is rejected one or two for each property.
    """
    usual = maker.make(resource, {})
    if usual is None or not isinstance(usual.sent, dict):
        return frozenset()
    sent = usual.sent
    others = {name: [one for one in values if one != sent.get(name)] for name, values in choices.items()}
    together = {name: values[0] for name, values in others.items() if values}
    if not _is_rejected(maker, resource, in_order(together, lambda _: True)):
        return frozenset()
    # Where a create takes dates of one time alone, not any date will do.
    dated = [name for name, one in sent.items() if has_dates(one)] if maker.recipe_of(resource).when else []
    return frozenset((*dated, *_fixed_names(maker, resource, {**others, **dict.fromkeys(dated, ())})))


def _fixed_names(maker: Maker, resource: Resource, choices: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    for name, values in choices.items():
        if values and all(_is_rejected(maker, resource, {name: value}) for value in values[:_TRIES]):
            yield name


def _is_rejected(maker: Maker, resource: Resource, changes: Mapping[str, Any]) -> bool:
    answer = maker.try_once(resource, changes)
    return answer is not None and not isinstance(answer, Made) and answer.status in _REFUSALS
