"""APIs and stages for tests of the pipeline's steps: every argument by name, every default fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from homeport.project.model import Api, ApiKey, Operation, Quota, Stage, Throttle, UsagePlan


def make_api(
    *operations: Operation,
    api_key_source: Literal["HEADER", "AUTHORIZER"] = "HEADER",
    document: Mapping[str, Any] | None = None,
) -> Api:
    """An API with these operations."""
    return Api(
        title="Things",
        version="1.0",
        operations=operations,
        functions={},
        api_key_source=api_key_source,
        document=document or {},
    )


def make_stage(
    *,
    flavor: Literal["http", "rest"] = "rest",
    throttle: Throttle | None = None,
    usage_plans: Iterable[UsagePlan] = (),
    api_keys: Iterable[ApiKey] = (),
) -> Stage:
    """A stage without any limit unless told."""
    return Stage(
        key="prod",
        stage_name="prod" if flavor == "rest" else "$default",
        flavor=flavor,
        payload_format="1.0" if flavor == "rest" else "2.0",
        region="eu-west-1",
        stack_name="things-prod",
        throttle=throttle,
        usage_plans={plan.name: plan for plan in usage_plans},
        api_keys={key.name: key for key in api_keys},
    )


def make_plan(*, name: str = "basic", throttle: Throttle | None = None, quota: Quota | None = None) -> UsagePlan:
    """A usage plan."""
    return UsagePlan(name, throttle, quota)


def make_key(
    *, name: str = "partner", value: str = "secret-1", enabled: bool = True, plan: str | None = "basic"
) -> ApiKey:
    """An API key."""
    return ApiKey(name, value, enabled, plan)


class Clock:
    """A clock that stands until it is told to go on; seconds."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
