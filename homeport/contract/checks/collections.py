"""Collections: pages hold each item once, cursors continue, filters keep their word, batch reads are complete."""

from __future__ import annotations

from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = ()
