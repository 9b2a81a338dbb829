"""Round trip: a resource is read as it was written, and keeps what the service set."""

from __future__ import annotations

from homeport.contract.checks.round_trip import computed_values, largest_values, reads, sent_values, server_values

CHECKS = (
    *sent_values.CHECKS,
    *reads.CHECKS,
    *largest_values.CHECKS,
    *server_values.CHECKS,
    *computed_values.CHECKS,
)
