"""Errors: their form, what they name, and what they must not show."""

from __future__ import annotations

from homeport.contract.checks.errors import cross_origin, error_answers, leaks, refusals

CHECKS = (
    *error_answers.CHECKS,
    *refusals.CHECKS,
    *leaks.CHECKS,
    *cross_origin.CHECKS,
)
