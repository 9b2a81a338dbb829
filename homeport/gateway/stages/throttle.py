"""Who may call how often: token buckets, and the usage plans of a REST API's keys.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html

The stage ``throttle``: rates and quotas.

API Gateway looks at the usage plan of the caller's key first, then at the method's own limit or else the stage's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html

Choices where AWS says nothing: all routes without a limit of their own share the stage's bucket; a request that is
refused takes no token and counts towards no quota; the account's limit of 10,000 requests a second is not emulated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.stages.match import skip
from homeport.project.model import Api, Quota, Stage, Throttle, UsagePlan

log = logging.getLogger("homeport.gateway")


class TokenBucket:
    """Holds up to ``burst`` tokens, refilled by ``rate`` a second; a request takes one. Starts full.

    Times are seconds of a clock that does not go back. Not safe for several threads by itself.
    """

    __slots__ = ("_burst", "_filled", "_rate", "_tokens")

    def __init__(self, throttle: Throttle, now: float) -> None:
        self._rate = throttle.rate
        self._burst = float(throttle.burst)
        self._tokens = self._burst
        self._filled = now

    def has_token(self, now: float) -> bool:
        """Whether a request may pass now."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled) * self._rate)
        self._filled = now
        return self._tokens >= 1

    def take(self) -> None:
        """Take the token that ``has_token`` saw."""
        self._tokens -= 1


@dataclass(frozen=True, slots=True)
class ApiKeyEntry:
    """An API key that may be used in this stage; ``id`` is API Gateway's id of it, not the secret ``value``."""

    id: str
    name: str
    value: str
    plan: UsagePlan


def api_key_entries(stage: Stage) -> tuple[ApiKeyEntry, ...]:
    """Return the enabled API keys that are in a usage plan of the stage."""
    return tuple(
        ApiKeyEntry(_key_id(stage, key.name), key.name, key.value, stage.usage_plans[key.usage_plan])
        for key in stage.api_keys.values()
        if key.enabled and key.value and key.usage_plan is not None and key.usage_plan in stage.usage_plans
    )


def find_api_key(known: Iterable[ApiKeyEntry], value: str) -> ApiKeyEntry | None:
    """Return the entry with this value. The comparison takes the same time however much of a key is right."""
    found = None
    for entry in known:
        if hmac.compare_digest(entry.value.encode(), value.encode()):
            found = entry
    return found


def _key_id(stage: Stage, name: str) -> str:
    return hashlib.sha256(f"{stage.stack_name}/{name}".encode()).hexdigest()[:10]


class Quotas:
    """Count the requests of each API key in the current period of its quota.

    Periods are calendar days, weeks from Sunday on, and months, in UTC. The counts outlive the gateway if ``file`` is
    given, and hold names, no secrets. Not safe for several threads by itself.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._warned = False
        self._counts: dict[str, tuple[str, int]] = _read(file) if file is not None else {}

    def has_left(self, entry: ApiKeyEntry, quota: Quota, at: float) -> bool:
        """Whether a request ``at`` this time (seconds since the epoch) is within the quota."""
        return self._used(entry, quota, at) < quota.limit

    def count(self, entry: ApiKeyEntry, quota: Quota, at: float) -> None:
        """Count a request."""
        self._counts[_label(entry)] = (_period(quota, at), self._used(entry, quota, at) + 1)
        if self._file is not None:
            self._write(self._file)

    def _used(self, entry: ApiKeyEntry, quota: Quota, at: float) -> int:
        period, used = self._counts.get(_label(entry), ("", 0))
        return used if period == _period(quota, at) else 0

    def _write(self, file: Path) -> None:
        beside = file.with_name(f"{file.name}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(self._counts), encoding="utf-8")
            beside.replace(file)
            self._warned = False
        except OSError as error:
            if not self._warned:
                log.warning("quotas are counted in memory only: %s can't be written (%s)", file, error.strerror)
            self._warned = True


def _label(entry: ApiKeyEntry) -> str:
    return f"{entry.plan.name}/{entry.name}"


def _period(quota: Quota, at: float) -> str:
    day = datetime.fromtimestamp(at, UTC).date()
    if quota.period == "MONTH":
        return f"{day:%Y-%m}"
    if quota.period == "WEEK":
        day -= timedelta(days=day.isoweekday() % 7)
        return f"week of {day}"
    return str(day)


def _read(file: Path) -> dict[str, tuple[str, int]]:
    try:
        counts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {label: (str(period), int(used)) for label, (period, used) in counts.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("quotas start anew: %s can't be read (%s)", file, error)
        return {}


@dataclass(frozen=True, slots=True)
class _Meter:
    """An API key with the token bucket of its usage plan."""

    entry: ApiKeyEntry
    bucket: TokenBucket | None


def throttle(api: Api, stage: Stage, clock: Callable[[], float], quotas: Quotas) -> Step:
    """Refuses THROTTLED and QUOTA_EXCEEDED. ``clock`` is in seconds and does not go back (``time.monotonic``)."""
    now = clock()
    routes = _route_buckets(api, stage, now)
    meters = {
        entry.id: _Meter(entry, TokenBucket(entry.plan.throttle, now) if entry.plan.throttle else None)
        for entry in (api_key_entries(stage) if stage.flavor == "rest" else ())
    }
    if not routes and not meters:
        return skip
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
        raise GatewayError(
            GatewayResponseType.THROTTLED, "too many requests for the rate of the usage plan, the route or the stage"
        )
    quota = meter.entry.plan.quota if meter else None
    if meter and quota and not quotas.has_left(meter.entry, quota, received):
        raise GatewayError(
            GatewayResponseType.QUOTA_EXCEEDED,
            f"the key {meter.entry.name} has used up its {quota.limit} requests a {quota.period.lower()}",
        )
    if plan:
        plan.take()
    if route:
        route.take()
    if meter and quota:
        quotas.count(meter.entry, quota, received)
