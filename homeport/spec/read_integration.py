"""``x-amazon-apigateway-integration``: what it says of a Lambda proxy that the gateway acts upon.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from homeport.spec.view import View

INTEGRATION = "x-amazon-apigateway-integration"

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html, in milliseconds. A REST API's may be raised
# beyond its default of 29,000.
_SHORTEST = 50
_LONGEST = {"http": 30_000, "rest": 300_000}

# Recorded: mapping one of them makes every call of a REST API fail.
_KILLING_HEADERS = frozenset(
    ("authorization", "connection", "content-length", "expect", "proxy-authenticate", "te", "transfer-encoding")
)
_HEADER = "integration.request.header."


class Integration(NamedTuple):
    """``timeout`` is seconds, None for the gateway's own. ``fault`` says why no call can succeed, "" if calls can."""

    timeout: float | None = None
    fault: str = ""


def read_integration(operation: View, flavor: Literal["http", "rest"]) -> Integration:
    """The integration of an operation; what is no Lambda proxy is left to ``check``."""
    at = operation.at(INTEGRATION)
    view = at.resolved() if at.value is not None else None
    if view is None or not isinstance(view.value, dict):
        return Integration()
    milliseconds = view.integer("timeoutInMillis", _SHORTEST, _LONGEST[flavor], "milliseconds")
    timeout = None if milliseconds is None else milliseconds / 1000
    faults = [message for _, message in faults_of(view)] if flavor == "rest" else []
    return Integration(timeout, faults[0] if faults else "")


def faults_of(integration: View) -> list[tuple[View, str]]:
    """What makes every call of a REST API's Lambda proxy fail, and where it stands."""
    found = []
    method = integration.at("httpMethod")
    if isinstance(method.value, str) and method.value.upper() != "POST":
        found.append((method, f"Lambda is invoked with POST: with {method.value} every call fails with 500"))
    mapped = integration.at("requestParameters")
    for name, entry in mapped.items():
        header = name.removeprefix(_HEADER).lower()
        if name.startswith(_HEADER) and header in _KILLING_HEADERS:
            found.append((entry, f"mapping the header {header} makes every call fail with 500"))
    return found
