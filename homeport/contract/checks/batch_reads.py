"""Collections: a batch read answers for each of its ids."""

from __future__ import annotations

from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = ()
