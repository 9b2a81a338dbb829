"""Usage plans and API keys of a stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from typing import Literal, cast

from homeport.spec.dotenv import references
from homeport.spec.read_ours import read_throttle
from homeport.spec.stage import ApiKey, Quota, UsagePlan
from homeport.spec.view import View

_PERIODS = ("DAY", "WEEK", "MONTH")


def read_usage_plans(plans: View, partial: bool) -> dict[str, UsagePlan]:
    """The usage plans by name."""
    read = {}
    for name, view in plans.items():
        if view.value is None or not view.is_a(dict, "a usage plan, a map"):
            continue
        throttled = view.has("rate") or view.has("burst")
        throttle = read_throttle(view, ("quota",), partial=partial) if throttled else None
        if not throttled:
            view.only(("rate", "burst", "quota"), "a usage plan")
        read[name] = UsagePlan(name, throttle, _quota(view.at("quota"), partial))
    return read


def _quota(view: View, partial: bool) -> Quota | None:
    if view.value is None or not view.is_a(dict, "a map with limit and period"):
        return None
    view.only(("limit", "period"), "a quota")
    limit, period = view.integer("limit", 1, 2**31 - 1, "requests"), view.choice("period", _PERIODS, "")
    for missing in [] if partial else [key for key in ("limit", "period") if not view.has(key)]:
        view.error(f"a quota needs {missing!r}", "write for example {limit: 1000, period: DAY}")
    if limit is None or not period:
        return None
    return Quota(limit, cast(Literal["DAY", "WEEK", "MONTH"], period))


def read_api_keys(keys: View, partial: bool) -> dict[str, ApiKey]:
    """The API keys by name."""
    read = {}
    for name, view in keys.items():
        if view.value is None or not view.is_a(dict, "an API key, a map"):
            continue
        view.only(("value", "enabled", "usagePlan"), "an API key")
        if not view.has("value") and not partial:
            view.error(f"the API key {name!r} has no value", "give it one: value: ${NAME_OF_A_VARIABLE}")
        read[name] = ApiKey(name, view.text("value"), view.flag("enabled", True), view.text("usagePlan") or None)
    return read


def refuse_literal_keys(keys: View) -> None:
    """Report API keys whose value is written out."""
    for name, view in keys.items():
        value = view.value.get("value") if isinstance(view.value, dict) else None
        if isinstance(value, str) and not references(value) and "{{resolve:" not in value:
            view.at("value").error(
                f"the API key {name!r} is written out", "write ${NAME_OF_A_VARIABLE} or {{resolve:ssm:…}}"
            )
