"""Errors: each has its documented form, names what is wrong, and shows nothing of the inside."""

from __future__ import annotations

from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = ()
