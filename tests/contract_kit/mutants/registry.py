"""Every fault, in the order of their kinds."""

from __future__ import annotations

from tests.contract_kit.mutants import (
    collections,
    concurrency,
    crud,
    document,
    environments,
    errors,
    hotel,
    methods,
    preconditions,
    round_trip,
    storage,
    tickets,
    under_faults,
    wire,
)
from tests.contract_kit.mutants.faults import MUTANTS
from tests.contract_kit.mutants.mutant import KINDS, Mutant
from tests.contract_kit.mutants.subtle import SUBTLE

_KINDS = (
    round_trip,
    methods,
    collections,
    preconditions,
    concurrency,
    under_faults,
    environments,
    errors,
    wire,
    storage,
    document,
    tickets,
    hotel,
    crud,
)

EVERY: tuple[Mutant, ...] = tuple(
    sorted(
        (*MUTANTS, *SUBTLE, *(mutant for kind in _KINDS for mutant in kind.FAULTS)),
        key=lambda mutant: KINDS.index(mutant.kind),
    )
)

SHORT = (
    "a name loses the blanks around it",
    "PATCH ignores If-Match",
    "a page skips an item",
    "the index lacks the description",
)
"""Faults of different kinds, for CI: a value's, a handler's, the store's, the table's."""
