"""Collections: lists, their pages, filters and orders, and batch reads."""

from __future__ import annotations

from homeport.contract.checks.collections import (
    batch_reads,
    counts,
    cursors,
    filters,
    history,
    kept_order,
    lists,
    long_lists,
    members,
    ranges,
    reached_states,
    searches,
    sorting,
)

CHECKS = (
    *lists.CHECKS,
    *sorting.CHECKS,
    *filters.CHECKS,
    *ranges.CHECKS,
    *reached_states.CHECKS,
    *members.CHECKS,
    *searches.CHECKS,
    *cursors.CHECKS,
    *batch_reads.CHECKS,
    *counts.CHECKS,
    *history.CHECKS,
    *kept_order.CHECKS,
    *long_lists.CHECKS,
)
