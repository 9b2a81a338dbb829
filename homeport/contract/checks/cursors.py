"""Collections: a cursor goes on where its page ended, and a damaged one is refused."""

from __future__ import annotations

from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = ()
