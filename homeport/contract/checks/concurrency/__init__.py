"""Concurrency: requests at once, in every order that the database calls of two can have, and four that meet."""

from __future__ import annotations

from homeport.contract.checks.concurrency import (
    claims,
    counts,
    effects,
    last_ones,
    queue_takes,
    several_writes,
    two_writes,
)

CHECKS = (
    *two_writes.CHECKS,
    *several_writes.CHECKS,
    *effects.CHECKS,
    *counts.CHECKS,
    *claims.CHECKS,
    *last_ones.CHECKS,
    *queue_takes.CHECKS,
)
