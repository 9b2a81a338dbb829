"""The keys of ``usagePlans`` and ``apiKeys`` in deploy/stages.yaml.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from dataclasses import replace

from homeport.project.keys.rates import PAIR
from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import FlagValue, TextValue, WholeValue, WordValue
from homeport.project.model import ApiKey

_QUOTA_HINT = "write for example {limit: 1000, period: DAY}"
QUOTA = Section(
    "a quota",
    (
        SectionKey(
            "limit",
            WholeValue(1, 2**31 - 1, "requests"),
            "Requests per period and key.",
            needed=_QUOTA_HINT,
        ),
        SectionKey(
            "period",
            WordValue(("DAY", "WEEK", "MONTH")),
            "The period.",
            needed=_QUOTA_HINT,
        ),
    ),
    "a map with limit and period",
)
USAGE_PLAN = Section(
    "a usage plan",
    (*(replace(key, needed="") for key in PAIR), SectionKey("quota", QUOTA, "Requests in a day, a week or a month.")),
    "a usage plan, a map",
    together=("rate", "burst"),
    together_hint=PAIR[0].needed,
)
API_KEY = Section(
    "an API key",
    (
        SectionKey(
            "value",
            TextValue(),
            "The key. Outside the stage `local` it is `${NAME}`, or `{{resolve:ssm:…}}`.",
            needed="give it one: value: ${NAME_OF_A_VARIABLE}",
        ),
        SectionKey("enabled", FlagValue(), "Whether requests with the key are let in.", default=ApiKey("", "").enabled),
        SectionKey("usagePlan", TextValue(shape="the name of a plan"), "The usage plan that the key belongs to."),
    ),
    "an API key, a map",
    missing="the API key {name!r} has no {key!r}",
)
