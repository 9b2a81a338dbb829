"""The trace of an environment's calls to other services than DynamoDB: what each was for, took and got.

A call has no content in it but the secret values that came with it, which the recorder masks wherever they stand. What
it made is kept by its id (``made_ids.py``).
``aws_calls.py`` keeps a trace for a function of Python, ``homeport/runtime/front/`` for one of any other language.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ...permissions.services import service_name
from .made_ids import made_ids
from .secret_values import secret_values
from .trace import MOST_REQUESTS, Check

# IAM's names of services, where botocore has another one.
_IAM_NAMES = {"sesv2": "ses", "stepfunctions": "states"}


class SentServiceCall(NamedTuple):
    """A call that is about to be sent. ``service`` has IAM's name; ``started`` is by the trace's clock."""

    service: str
    operation: str
    checks: Sequence[Check]
    parameters: Mapping[str, Any]
    started: float


class ServiceTrace:
    """The calls to services of one environment.

    ``ticks`` gives seconds on a monotonic clock, ``clock`` seconds since the epoch.
    """

    def __init__(self, ticks: Callable[[], float] = time.perf_counter, clock: Callable[[], float] = time.time) -> None:
        self._ticks, self._clock = ticks, clock
        self._calls: list[dict[str, Any]] = []

    def begin(
        self, service: str, operation: str, checks: Sequence[Check], parameters: Mapping[str, Any]
    ) -> SentServiceCall:
        """Return a call that is about to be sent; ``service`` is botocore's name of it."""
        return SentServiceCall(iam_name(service), operation, checks, parameters, self._ticks())

    def end(self, sent: SentServiceCall, response: Mapping[str, Any], status: int | None, error: str | None) -> None:
        """Record a call that has ended.

        ``response`` are the parts of its response, as botocore has them. ``status`` is that of HTTP, None without a
        response, ``error`` the code or the exception, None: it succeeded.
        """
        if len(self._calls) >= MOST_REQUESTS:
            return
        made = [] if error is not None else made_ids(sent.service, sent.operation, sent.parameters, response)
        self._calls.append(
            {
                "service": sent.service,
                "operation": sent.operation,
                "permissions": sent.checks,
                "ms": round((self._ticks() - sent.started) * 1000, 3),
                "at": self._clock(),
                "status": status,
                "error": error,
                "made": made,
                "secrets": secret_values(sent.service, sent.operation, response),
            }
        )

    def take(self) -> list[dict[str, Any]]:
        """Return the calls that ended since the last one."""
        calls, self._calls = self._calls, []
        return calls


def iam_name(service: str) -> str:
    """Return IAM's name of a service (``states``) by botocore's, or by that of its events."""
    name = service_name(service)
    return _IAM_NAMES.get(name, name)
