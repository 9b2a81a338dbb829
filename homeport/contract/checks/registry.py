"""Every check, in the order in which they run."""

from __future__ import annotations

from homeport.contract.checks import (
    collections,
    concurrency,
    concurrent_effects,
    counters,
    environments,
    errors,
    etags,
    idempotency,
    idempotency_failures,
    methods,
    preconditions,
    round_trip,
    sequences,
    staleness,
    storage,
    under_faults,
    wire,
)
from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *round_trip.CHECKS,
    *methods.CHECKS,
    *collections.CHECKS,
    *etags.CHECKS,
    *preconditions.CHECKS,
    *idempotency.CHECKS,
    *idempotency_failures.CHECKS,
    *concurrency.CHECKS,
    *concurrent_effects.CHECKS,
    *wire.CHECKS,
    *errors.CHECKS,
    *under_faults.CHECKS,
    *environments.CHECKS,
    *staleness.CHECKS,
    *storage.CHECKS,
    *sequences.CHECKS,
    *counters.CHECKS,
)
