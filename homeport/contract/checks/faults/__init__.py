"""Under faults: a database that is throttled, fails, or lags, and environments cold and warm."""

from __future__ import annotations

from homeport.contract.checks.faults import environments, staleness, under_faults

CHECKS = (
    *under_faults.CHECKS,
    *environments.CHECKS,
    *staleness.CHECKS,
)
