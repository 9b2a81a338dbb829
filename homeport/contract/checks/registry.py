"""Every check, in the order in which they run."""

from __future__ import annotations

from homeport.contract.checks import (
    collections,
    concurrency,
    counters,
    errors,
    faults,
    methods,
    preconditions,
    round_trip,
    sequences,
    storage,
    wire,
)
from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *round_trip.CHECKS,
    *methods.CHECKS,
    *collections.CHECKS,
    *preconditions.CHECKS,
    *concurrency.CHECKS,
    *wire.CHECKS,
    *errors.CHECKS,
    *faults.CHECKS,
    *storage.CHECKS,
    *sequences.CHECKS,
    *counters.CHECKS,
)
