"""How a run names operations: as schemathesis does, ``GET /items/{itemId}``. Pure."""

from __future__ import annotations

from homeport.project.model import Operation

# What a route of any method is tested with. HEAD has no body to look at, and OPTIONS may be CORS's.
ANY_AS = ("get", "post", "put", "patch", "delete")


def labels(operation: Operation) -> tuple[str, ...]:
    """Those of an operation; one of any method has several, of which the spec may give some to other operations."""
    methods = [method.upper() for method in ANY_AS] if operation.method == "ANY" else [operation.method]
    return tuple(f"{method} {operation.path}" for method in methods)
