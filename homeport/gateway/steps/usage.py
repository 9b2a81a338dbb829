"""The steps ``api_key`` and ``throttle``: API keys of usage plans, rates and quotas.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from homeport.gateway.context import Exchange, Step, skip
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.project.model import Api, Quota, Stage, Throttle, UsagePlan

log = logging.getLogger("homeport.gateway")


class TokenBucket:
    """A bucket of up to ``burst`` tokens, refilled by ``rate`` a second; a request takes one. It starts full.

    Times are seconds of a clock that does not go back. Not safe for several threads by itself.
    """

    __slots__ = ("_burst", "_filled", "_rate", "_tokens")

    def __init__(self, throttle: Throttle, now: float) -> None:
        self._rate = throttle.rate
        self._burst = float(throttle.burst)
        self._tokens = self._burst
        self._filled = now

    def has_token(self, now: float) -> bool:
        """Return whether a request may pass now."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled) * self._rate)
        self._filled = now
        return self._tokens >= 1

    def take(self) -> None:
        """Take a token, after ``has_token`` has returned True."""
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


def api_key(api: Api, stage: Stage) -> Step:
    """Return the step ``api_key``, which sets ``api_key`` and ``api_key_id`` of the context.

    The step raises GatewayError (MISSING_API_KEY, INVALID_API_KEY). The key comes in the header x-api-key or, where the
    API's key source is AUTHORIZER, as the ``usageIdentifierKey`` of the Lambda authorizer's response.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
    """
    if not any(operation.api_key_required for operation in api.operations):
        return skip
    known = api_key_entries(stage)
    from_authorizer = api.api_key_source == "AUTHORIZER"

    def step(exchange: Exchange) -> Exchange:
        if exchange.match is None or not exchange.match.operation.api_key_required:
            return exchange
        value = _usage_identifier_key(exchange) if from_authorizer else exchange.request.header("x-api-key")
        if not value:
            where = "the authorizer's usageIdentifierKey" if from_authorizer else "the header x-api-key"
            raise GatewayError(GatewayResponseType.MISSING_API_KEY, f"the method needs an API key in {where}")
        entry = find_api_key(known, value)
        if entry is None:
            raise GatewayError(
                GatewayResponseType.INVALID_API_KEY, "no enabled API key in a usage plan of this stage has this value"
            )
        return replace(exchange, context=replace(exchange.context, api_key=value, api_key_id=entry.id))

    return step


def _usage_identifier_key(exchange: Exchange) -> str | None:
    found = exchange.context.authorization
    return found.usage_identifier_key if found is not None else None


class Quotas:
    """Count the requests of each API key in the current period of its quota.

    Periods are calendar days, weeks from Sunday on, and months, in UTC. The counts outlive the gateway if ``file`` is
    given, and hold names, no secrets. Not safe for several threads by itself.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._has_warned = False
        self._counts: dict[str, tuple[str, int]] = _read_counts(file) if file is not None else {}

    def has_left(self, entry: ApiKeyEntry, quota: Quota, at: float) -> bool:
        """Return whether a request ``at`` this time (seconds since the epoch) is within the quota."""
        return self._used_requests(entry, quota, at) < quota.limit

    def count_request(self, entry: ApiKeyEntry, quota: Quota, at: float) -> None:
        """Count a request in the period of the quota that holds the time ``at``."""
        self._counts[_count_key(entry)] = (_period(quota, at), self._used_requests(entry, quota, at) + 1)
        if self._file is not None:
            self._write(self._file)

    def _used_requests(self, entry: ApiKeyEntry, quota: Quota, at: float) -> int:
        period, used = self._counts.get(_count_key(entry), ("", 0))
        return used if period == _period(quota, at) else 0

    def _write(self, file: Path) -> None:
        beside = file.with_name(f"{file.name}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(self._counts), encoding="utf-8")
            beside.replace(file)
            self._has_warned = False
        except OSError as error:
            if not self._has_warned:
                log.warning("quotas are counted in memory only: %s can't be written (%s)", file, error.strerror)
            self._has_warned = True


def _count_key(entry: ApiKeyEntry) -> str:
    return f"{entry.plan.name}/{entry.name}"


def _period(quota: Quota, at: float) -> str:
    day = datetime.fromtimestamp(at, UTC).date()
    if quota.period == "MONTH":
        return f"{day:%Y-%m}"
    if quota.period == "WEEK":
        day -= timedelta(days=day.isoweekday() % 7)
        return f"week of {day}"
    return str(day)


def _read_counts(file: Path) -> dict[str, tuple[str, int]]:
    try:
        counts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {label: (str(period), int(used)) for label, (period, used) in counts.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("quotas start anew: %s can't be read (%s)", file, error)
        return {}


def throttle(api: Api, stage: Stage, clock: Callable[[], float], quotas: Quotas) -> Step:
    """Return the step ``throttle``, which raises GatewayError (THROTTLED, QUOTA_EXCEEDED).

    API Gateway looks at the usage plan of the caller's key first, then at the method's own limit or else the stage's.
    Choices where AWS says nothing: all routes without a limit of their own share the stage's bucket; a rejected request
    takes no token and counts towards no quota. The account's limit of 10,000 requests a second is not emulated.
    ``clock`` gives seconds that never go back.
    """
    now = clock()
    routes = _route_buckets(api, stage, now)
    meters = {
        entry.id: (entry, TokenBucket(entry.plan.throttle, now) if entry.plan.throttle else None)
        for entry in (api_key_entries(stage) if stage.flavor == "rest" else ())
    }
    if not routes and not meters:
        return skip
    lock = threading.Lock()

    def step(exchange: Exchange) -> Exchange:
        match, key = exchange.match, exchange.context.api_key_id
        entry, plan = meters.get(key or "", (None, None))
        route = routes.get(match.operation.id) if match is not None else None
        with lock:
            _admit(entry, plan, route, clock(), quotas, exchange.context.received)
        return exchange

    return step


def _route_buckets(api: Api, stage: Stage, now: float) -> dict[str, TokenBucket]:
    shared = TokenBucket(stage.throttle, now) if stage.throttle is not None else None
    buckets = {
        operation.id: TokenBucket(operation.throttle, now) if operation.throttle is not None else shared
        for operation in api.operations
    }
    return {name: bucket for name, bucket in buckets.items() if bucket is not None}


def _admit(
    entry: ApiKeyEntry | None,
    plan: TokenBucket | None,
    route: TokenBucket | None,
    now: float,
    quotas: Quotas,
    received: float,
) -> None:
    if (plan and not plan.has_token(now)) or (route and not route.has_token(now)):
        raise GatewayError(
            GatewayResponseType.THROTTLED, "too many requests for the rate of the usage plan, the route or the stage"
        )
    quota = entry.plan.quota if entry else None
    if entry and quota and not quotas.has_left(entry, quota, received):
        raise GatewayError(
            GatewayResponseType.QUOTA_EXCEEDED,
            f"the key {entry.name} has used up its {quota.limit} requests a {quota.period.lower()}",
        )
    if plan:
        plan.take()
    if route:
        route.take()
    if entry and quota:
        quotas.count_request(entry, quota, received)
