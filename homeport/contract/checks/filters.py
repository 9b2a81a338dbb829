"""Collections: a filter selects exactly the resources that have its value."""

from __future__ import annotations

from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = ()
