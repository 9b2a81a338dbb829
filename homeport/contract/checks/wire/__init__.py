"""Wire: bodies, ids, queries and headers in every form that HTTP allows."""

from __future__ import annotations

from homeport.contract.checks.wire import bodies, paths, queries

CHECKS = (
    *bodies.CHECKS,
    *paths.CHECKS,
    *queries.CHECKS,
)
