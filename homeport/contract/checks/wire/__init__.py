"""Wire: bodies, ids, links, queries and headers in every form that HTTP allows."""

from __future__ import annotations

from homeport.contract.checks.wire import bodies, links, paths, queries

CHECKS = (
    *bodies.CHECKS,
    *paths.CHECKS,
    *links.CHECKS,
    *queries.CHECKS,
)
