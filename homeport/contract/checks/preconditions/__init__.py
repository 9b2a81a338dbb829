"""Preconditions and retries: ETags, conditional requests, Idempotency-Key."""

from __future__ import annotations

from homeport.contract.checks.preconditions import (
    etags,
    idempotency,
    idempotency_failures,
    if_match,
    if_modified_since,
    if_none_match,
    keyed_actions,
    odd_headers,
    versions,
)

CHECKS = (
    *etags.CHECKS,
    *if_match.CHECKS,
    *if_none_match.CHECKS,
    *if_modified_since.CHECKS,
    *odd_headers.CHECKS,
    *versions.CHECKS,
    *idempotency.CHECKS,
    *idempotency_failures.CHECKS,
    *keyed_actions.CHECKS,
)
