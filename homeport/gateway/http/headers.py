"""Headers of requests and replies, as far as both flavors treat them alike: media types, forwarded headers."""

from __future__ import annotations

from collections.abc import Iterable

from homeport.gateway.context import CallContext
from homeport.gateway.http.message import Header, Request


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case: ``Text/HTML; charset=utf-8`` is ``text/html``."""
    return media_type.partition(";")[0].strip().lower()


def first_accepted(accept: str | None) -> str | None:
    """The first type of an Accept header, whatever its weight: the only one that REST APIs look at.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html
    """
    return accept.partition(",")[0] if accept is not None else None


def matches_binary(media_type: str | None, binary_media_types: Iterable[str]) -> bool:
    """Whether a type is among ``binaryMediaTypes``: by name, by ``type/*``, or all by ``*/*``, even an absent one.

    A wildcard counts in the list, not in ``media_type``; ``*/png`` in the list matches nothing (recorded).
    """
    name = essence(media_type) if media_type is not None else None
    for listed in binary_media_types:
        pattern = listed.lower()
        if pattern == "*/*":
            return True
        if name is None or pattern.startswith("*/"):
            continue
        if pattern == name or (pattern.endswith("/*") and name.startswith(pattern[:-1])):
            return True
    return False


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
