"""Under faults: a database that is throttled, fails, or lags, and environments cold and warm."""

from __future__ import annotations

from homeport.contract.checks.faults import (
    batch_writes,
    environments,
    repeated_writes,
    request_isolation,
    staleness,
    transient_failures,
    under_faults,
    whole_deletes,
)

CHECKS = (
    *under_faults.CHECKS,
    *batch_writes.CHECKS,
    *whole_deletes.CHECKS,
    *transient_failures.CHECKS,
    *repeated_writes.CHECKS,
    *environments.CHECKS,
    *request_isolation.CHECKS,
    *staleness.CHECKS,
)
