"""Preconditions and retries: ETags, conditional requests, Idempotency-Key."""

from __future__ import annotations

from homeport.contract.checks.preconditions import (
    conditional_requests,
    etags,
    idempotency,
    idempotency_failures,
    odd_headers,
    versions,
)

CHECKS = (
    *etags.CHECKS,
    *conditional_requests.CHECKS,
    *odd_headers.CHECKS,
    *versions.CHECKS,
    *idempotency.CHECKS,
    *idempotency_failures.CHECKS,
)
