"""The stage ``throttle``: rates and quotas.

API Gateway looks at the usage plan of the caller's key first, then at the method's own limit or else the stage's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html

Choices where AWS says nothing: all routes without a limit of their own share the stage's bucket; a request that is
refused takes no token and counts towards no quota; the account's limit of 10,000 requests a second is not emulated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import Refusal, Refused
from homeport.gateway.stages.unused import pass_on
from homeport.gateway.usage import Client, Quotas, TokenBucket, clients
from homeport.spec.model import Api
from homeport.spec.stage import Stage


@dataclass(frozen=True, slots=True)
class _Meter:
    """What one client may use."""

    client: Client
    bucket: TokenBucket | None


def throttle(api: Api, stage: Stage, clock: Callable[[], float], quotas: Quotas) -> Step:
    """Refuses THROTTLED and QUOTA_EXCEEDED. ``clock`` is in seconds and does not go back (``time.monotonic``)."""
    now = clock()
    routes = _route_buckets(api, stage, now)
    meters = {
        client.id: _Meter(client, TokenBucket(client.plan.throttle, now) if client.plan.throttle else None)
        for client in (clients(stage) if stage.flavor == "rest" else ())
    }
    if not routes and not meters:
        return pass_on
    lock = threading.Lock()

    def step(exchange: Exchange) -> Exchange:
        match, key = exchange.match, exchange.context.api_key_id
        meter = meters.get(key) if key is not None else None
        route = routes.get(match.operation.id) if match is not None else None
        with lock:
            _admit(meter, route, clock(), quotas, exchange.context.received)
        return exchange

    return step


def _route_buckets(api: Api, stage: Stage, now: float) -> dict[str, TokenBucket]:
    shared = TokenBucket(stage.throttle, now) if stage.throttle is not None else None
    buckets = {
        operation.id: TokenBucket(operation.throttle, now) if operation.throttle is not None else shared
        for operation in api.operations
    }
    return {name: bucket for name, bucket in buckets.items() if bucket is not None}


def _admit(meter: _Meter | None, route: TokenBucket | None, now: float, quotas: Quotas, received: float) -> None:
    plan = meter.bucket if meter else None
    if (plan and not plan.has_token(now)) or (route and not route.has_token(now)):
        raise Refused(Refusal.THROTTLED, "too many requests for the rate of the usage plan, the route or the stage")
    quota = meter.client.plan.quota if meter else None
    if meter and quota and not quotas.has_left(meter.client, quota, received):
        raise Refused(
            Refusal.QUOTA_EXCEEDED,
            f"the key {meter.client.name} has used up its {quota.limit} requests a {quota.period.lower()}",
        )
    if plan:
        plan.take()
    if route:
        route.take()
    if meter and quota:
        quotas.count(meter.client, quota, received)
