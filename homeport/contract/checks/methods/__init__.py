"""Semantics of methods: the promises of GET, HEAD, POST, PUT, PATCH and DELETE."""

from __future__ import annotations

from homeport.contract.checks.methods import (
    actions,
    allowed_methods,
    batch_creates,
    batch_writes,
    conflicts,
    delete,
    members,
    overlaps,
    parents,
    patch,
    put,
    recreated_parents,
    references,
    rejected_writes,
    safe_methods,
    states,
    taken_values,
    untouched_resources,
    whole_batches,
)

CHECKS = (
    *put.CHECKS,
    *patch.CHECKS,
    *delete.CHECKS,
    *rejected_writes.CHECKS,
    *safe_methods.CHECKS,
    *allowed_methods.CHECKS,
    *untouched_resources.CHECKS,
    *states.CHECKS,
    *taken_values.CHECKS,
    *conflicts.CHECKS,
    *overlaps.CHECKS,
    *actions.CHECKS,
    *batch_writes.CHECKS,
    *parents.CHECKS,
    *members.CHECKS,
    *references.CHECKS,
    *recreated_parents.CHECKS,
    *batch_creates.CHECKS,
    *whole_batches.CHECKS,
)
