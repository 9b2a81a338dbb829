"""Collections: lists, their pages, filters and orders, and batch reads."""

from __future__ import annotations

from homeport.contract.checks.collections import batch_reads, cursors, filters, lists, ranges, sorting

CHECKS = (
    *lists.CHECKS,
    *sorting.CHECKS,
    *filters.CHECKS,
    *ranges.CHECKS,
    *cursors.CHECKS,
    *batch_reads.CHECKS,
)
