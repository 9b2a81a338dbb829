"""HTTP header fields as pairs of name and value: every lookup by name goes through here, since names have no case.

Pairs keep the order, the spelling and the duplicates that a mapping would lose.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

Header = tuple[str, str]
HttpHeaders = tuple[Header, ...]

CONNECTION_HEADERS = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
"""The headers of one connection (RFC 9110 7.6.1), which are not passed on."""


def header_values(headers: Iterable[Header], name: str) -> list[str]:
    """Return all values of a header, in order."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


def header_value(headers: Iterable[Header], name: str) -> str | None:
    """Return the first value of a header, None where there is none."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def has_header(headers: Iterable[Header], name: str) -> bool:
    """Return whether there is a header with this name."""
    return header_value(headers, name) is not None


def drop_headers(headers: Iterable[Header], names: Container[str]) -> HttpHeaders:
    """Return the headers without those that ``names``, in lower case, contain."""
    return tuple(header for header in headers if header[0].lower() not in names)


def merge_headers(headers: Iterable[Header]) -> dict[str, list[str]]:
    """Return all values by name: names that differ in case only are one, spelled as the first of them."""
    spelling: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(spelling.setdefault(name.lower(), name), []).append(value)
    return values
