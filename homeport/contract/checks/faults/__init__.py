"""Under faults: a database that is throttled, fails, or lags, and environments cold and warm."""

from __future__ import annotations

from homeport.contract.checks.faults import (
    batch_writes,
    busy,
    environments,
    repetition,
    requests_apart,
    staleness,
    under_faults,
    whole_deletes,
)

CHECKS = (
    *under_faults.CHECKS,
    *batch_writes.CHECKS,
    *whole_deletes.CHECKS,
    *busy.CHECKS,
    *repetition.CHECKS,
    *environments.CHECKS,
    *requests_apart.CHECKS,
    *staleness.CHECKS,
)
