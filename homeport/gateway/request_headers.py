"""What API Gateway does to a request's headers before a function sees them, as far as both flavors agree."""

from __future__ import annotations

from collections.abc import Iterable

from homeport.gateway.context import CallContext
from homeport.gateway.message import Header, Request


def forwarded_for(request: Request, source_ip: str) -> str:
    """X-Forwarded-For: the client's own, then the address that called."""
    claimed = [value for name, value in request.headers if name.lower() == "x-forwarded-for" and value.strip()]
    return ", ".join([*claimed, source_ip])


def added_headers(request: Request, context: CallContext) -> tuple[Header, ...]:
    """The headers that API Gateway sets itself, whatever the client sent under these names."""
    return (
        ("X-Amzn-Trace-Id", context.trace_id),
        ("X-Forwarded-For", forwarded_for(request, context.source_ip)),
        ("X-Forwarded-Port", str(context.port)),
        ("X-Forwarded-Proto", context.scheme),
    )


ADDED = frozenset({"x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"})


def grouped(headers: Iterable[Header]) -> dict[str, list[str]]:
    """All values by name: names that differ in case only are one, spelled as first seen."""
    spelling: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for name, value in headers:
        first = spelling.setdefault(name.lower(), name)
        groups.setdefault(first, []).append(value)
    return groups
