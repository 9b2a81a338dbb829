"""The parts of payload format 1.0 that HTTP and REST APIs share."""

from __future__ import annotations

from typing import Any

from homeport.gateway.uri import parse_query

Values = dict[str, str]
MultiValues = dict[str, list[str]]


def query_parameters(query: str, separators: str = "&") -> tuple[Values | None, MultiValues | None]:
    """``queryStringParameters`` (each name's last value) and ``multiValueQueryStringParameters``, None if empty."""
    multi: MultiValues = {}
    for name, value in parse_query(query, separators):
        multi.setdefault(name, []).append(value)
    return (last_values(multi), multi) if multi else (None, None)


def last_values(multi: MultiValues) -> Values:
    """Each name's last value."""
    return {name: values[-1] for name, values in multi.items()}


def authorizer_event(event: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """The event of a Lambda authorizer: ``first``, then the request's event without body; what was null is ``{}``."""
    rest = {key: value for key, value in event.items() if key not in ("body", "isBase64Encoded", "version")}
    return first | {key: {} if value is None else value for key, value in rest.items()}
