"""Rates of requests: the throttle of a stage, of its routes, of an operation and of a usage plan.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import NumberValue, WholeValue
from homeport.project.model import Throttle

_MOST_REQUESTS = 2**31 - 1
_HINT = "give both rate (requests a second) and burst (requests at once)"

RATE = NumberValue(0, _MOST_REQUESTS, "requests a second")
BURST = WholeValue(0, _MOST_REQUESTS, "requests")

PAIR = (
    SectionKey("rate", RATE, "Requests a second.", needed=_HINT),
    SectionKey("burst", BURST, "The size of the token bucket: requests at once.", needed=_HINT),
)
THROTTLE = Section("throttle", PAIR, "a map with rate and burst")
"""A throttle of its own, which needs both keys."""


def throttle_of(given: Mapping[str, Any] | None) -> Throttle | None:
    """Return the throttle that a map with both keys gives, None for any other."""
    if given is None or "rate" not in given or "burst" not in given:
        return None
    return Throttle(given["rate"], given["burst"])
