"""Every check, in the order in which they run."""

from __future__ import annotations

from homeport.contract.checks import round_trip
from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = (*round_trip.CHECKS,)
