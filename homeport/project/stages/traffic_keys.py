"""The keys of deploy/stages.yaml that decide on requests: throttle, stage variables, canary."""

from __future__ import annotations

from homeport.project.keys.rates import BURST, RATE, THROTTLE
from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import MapValue, NameRule, NumberValue
from homeport.project.lambda_settings import ScalarValue
from homeport.project.model import Throttle

DEFAULT_THROTTLE = Throttle(rate=1000.0, burst=500)
"""The throttle of a stage that sets none."""

STAGE_THROTTLE = Section(
    "throttle",
    (
        SectionKey("rate", RATE, "Requests a second.", default=DEFAULT_THROTTLE.rate),
        SectionKey("burst", BURST, "Requests at once.", default=DEFAULT_THROTTLE.burst),
        SectionKey(
            "routes",
            MapValue(THROTTLE, "a route key or an operationId"),
            "Throttles of single routes.",
        ),
    ),
)

STAGE_VARIABLES = MapValue(
    ScalarValue(),
    "a variable",
    NameRule(r"[A-Za-z0-9_]+", "{name!r} can't name a stage variable", "use letters, digits and _"),
)

CANARY = Section(
    "'canary'",
    (
        SectionKey(
            "percent",
            NumberValue(0, 100),
            "The part of the requests that the canary gets.",
            needed="write the part of the requests that it gets, such as percent: 10",
        ),
        SectionKey("variables", STAGE_VARIABLES, "Stage variables that replace those of the stage."),
    ),
)
