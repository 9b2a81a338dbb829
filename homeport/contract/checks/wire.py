"""Wire: bodies, ids, queries and headers mean the same however HTTP lets a client write them."""

from __future__ import annotations

from homeport.contract.checks.check import Check

CHECKS: tuple[Check, ...] = ()
