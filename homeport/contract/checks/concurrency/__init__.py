"""Concurrency: two requests at once, in every order that their database calls can have."""

from __future__ import annotations

from homeport.contract.checks.concurrency import effects, two_writes

CHECKS = (
    *two_writes.CHECKS,
    *effects.CHECKS,
)
