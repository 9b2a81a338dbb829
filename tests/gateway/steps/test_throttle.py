from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from homeport.gateway.context import Exchange, skip
from homeport.gateway.errors import GatewayError
from homeport.gateway.steps.usage import Quotas, api_key_entries, throttle
from homeport.project.model import Operation, Quota, Stage, Throttle
from tests.support.gateway import RECEIVED, make_context, make_deployment, make_exchange, make_operation, make_request
from tests.support.stages import Clock, make_api, make_key, make_plan, make_stage

OPERATIONS = {
    "/plain": make_operation(path="/plain"),
    "/other": make_operation(path="/other"),
    "/busy": make_operation(path="/busy", throttle=Throttle(1, 1)),
}
KEYS = [make_key(name="ann", value="a"), make_key(name="bob", value="b")]
A_DAY = 86_400


@dataclass
class Caller:
    """Sends requests through a throttle and says what became of them."""

    stage: Stage
    clock: Clock = field(default_factory=Clock)
    quotas: Quotas = field(default_factory=lambda: Quotas(None))

    def __post_init__(self) -> None:
        self.step = throttle(make_api(*OPERATIONS.values()), self.stage, self.clock, self.quotas)

    def call(self, path: str = "/plain", *, key: str | None = None, received: float = RECEIVED) -> str:
        """``ok``, or the name of the response_type."""
        exchange = self._exchange(OPERATIONS[path], key, received)
        try:
            assert self.step(exchange) is exchange
        except GatewayError as error:
            return error.type.name
        return "ok"

    def _exchange(self, operation: Operation, key: str | None, received: float) -> Exchange:
        deployment = make_deployment(flavor=self.stage.flavor)
        ids = {client.name: client.id for client in api_key_entries(self.stage)}
        context = make_context(deployment=deployment, received=received, api_key_id=ids[key] if key else None)
        base = "/prod" if self.stage.flavor == "rest" else ""
        request = make_request(target=base + operation.path)
        return make_exchange(request=request, context=context, operation=operation)


@pytest.mark.parametrize(
    "stage", [make_stage(throttle=Throttle(2, 2)), make_stage(flavor="http", throttle=Throttle(2, 2))]
)
def test_a_stage_admits_its_burst_and_then_its_rate(stage: Stage) -> None:
    caller = Caller(stage)
    assert [caller.call(path) for path in ("/plain", "/other", "/plain")] == ["ok", "ok", "THROTTLED"]
    caller.clock.advance(0.5)
    assert [caller.call(path) for path in ("/other", "/plain")] == ["ok", "THROTTLED"]


def test_a_route_with_its_own_limit_has_nothing_to_do_with_the_stages() -> None:
    caller = Caller(make_stage(throttle=Throttle(0, 1)))
    assert [caller.call("/busy"), caller.call("/busy")] == ["ok", "THROTTLED"]
    assert [caller.call("/plain"), caller.call("/plain")] == ["ok", "THROTTLED"]
    caller.clock.advance(1)
    assert [caller.call("/busy"), caller.call("/plain")] == ["ok", "THROTTLED"]


def test_a_usage_plan_limits_each_key_by_itself() -> None:
    caller = Caller(make_stage(usage_plans=[make_plan(throttle=Throttle(1, 2))], api_keys=KEYS))
    assert [caller.call(key="ann") for _ in range(3)] == ["ok", "ok", "THROTTLED"]
    assert [caller.call(key="bob") for _ in range(3)] == ["ok", "ok", "THROTTLED"]
    assert caller.call() == "ok"
    caller.clock.advance(1)
    assert caller.call(key="ann") == "ok"


def test_a_quota_is_used_up_until_its_period_ends() -> None:
    caller = Caller(make_stage(usage_plans=[make_plan(quota=Quota(2, "DAY"))], api_keys=KEYS))
    assert [caller.call(key="ann") for _ in range(3)] == ["ok", "ok", "QUOTA_EXCEEDED"]
    assert caller.call(key="bob") == "ok"
    caller.clock.advance(A_DAY)
    assert caller.call(key="ann") == "QUOTA_EXCEEDED"
    assert caller.call(key="ann", received=RECEIVED + A_DAY) == "ok"


def test_a_throttled_request_counts_towards_no_quota_and_one_over_quota_takes_no_token() -> None:
    plan = make_plan(throttle=Throttle(1, 1), quota=Quota(2, "DAY"))
    caller = Caller(make_stage(throttle=Throttle(0, 3), usage_plans=[plan], api_keys=KEYS))
    assert [caller.call(key="ann"), caller.call(key="ann")] == ["ok", "THROTTLED"]
    caller.clock.advance(1)
    assert caller.call(key="ann") == "ok"
    caller.clock.advance(1)
    assert [caller.call(key="ann") for _ in range(5)] == ["QUOTA_EXCEEDED"] * 5
    assert [caller.call(), caller.call()] == ["ok", "THROTTLED"]


def test_an_http_api_has_no_usage_plans() -> None:
    stage = make_stage(flavor="http", usage_plans=[make_plan(throttle=Throttle(1, 1))], api_keys=KEYS)
    assert throttle(make_api(OPERATIONS["/plain"]), stage, Clock(), Quotas(None)) is skip


def test_an_api_without_limits_counts_nothing() -> None:
    assert throttle(make_api(OPERATIONS["/plain"]), make_stage(), Clock(), Quotas(None)) is skip


def test_many_threads_get_no_more_than_the_burst() -> None:
    caller = Caller(make_stage(throttle=Throttle(0, 50)))
    outcomes: list[str] = []

    def call_often() -> None:
        outcomes.extend([caller.call() for _ in range(25)])

    threads = [threading.Thread(target=call_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("ok"), outcomes.count("THROTTLED")) == (50, 150)
