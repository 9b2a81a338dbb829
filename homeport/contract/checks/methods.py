"""Semantics of methods: all checks of what GET, HEAD, POST, PUT, PATCH and DELETE promise."""

from __future__ import annotations

from homeport.contract.checks import (
    delete_semantics,
    patch_semantics,
    put_semantics,
    rejected_writes,
    safe_methods,
    separation,
    server_values,
)

CHECKS = (
    *server_values.CHECKS,
    *put_semantics.CHECKS,
    *patch_semantics.CHECKS,
    *delete_semantics.CHECKS,
    *rejected_writes.CHECKS,
    *safe_methods.CHECKS,
    *separation.CHECKS,
)
