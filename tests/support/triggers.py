"""Invokers for the tests of triggers: one with functions of the test's own, one with real functions in a pool."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.project.model import Source
from homeport.project.triggers.trigger import Triggers
from homeport.runtime.api import Invocation
from homeport.runtime.host.pool import PoolRuntime

ACCOUNT = "000000000000"
SOURCE = Source("template.yaml", 1)


def arn_of(function: str) -> str:
    """Return the ARN of a function of the tests."""
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"


def make_invocation(payload: object = None, error: str | None = None, **changes: Any) -> Invocation:
    """Return the invocation of a function that returned ``payload``."""
    values: dict[str, Any] = {
        "payload": json.dumps(payload).encode(),
        "error": error,
        "request_id": "request-1",
        "duration_ms": 1.0,
        "init_ms": None,
        "log": b"",
    }
    return Invocation(**{**values, **changes})


@dataclass
class OwnFunctions:
    """An invoker whose functions are those of the test; it notes each event with its origin."""

    functions: Mapping[str, Callable[[Any], Invocation]]
    settings: Triggers = field(default_factory=Triggers)
    events: list[tuple[str, str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def invoke_for(self, origin: str, function: str, event: bytes, *, cause: str = "") -> Invocation:
        """Run a function of the test."""
        found = self.functions[function]
        self.events.append((origin, function, json.loads(event)))
        return found(json.loads(event))

    def triggers(self) -> Triggers:
        """Return the triggers of the test."""
        return self.settings

    def function_arn(self, function: str) -> str:
        """Return a function's ARN."""
        return arn_of(function)

    def warn(self, line: str) -> None:
        """Note the line."""
        self.warnings.append(line)


@dataclass
class PoolFunctions:
    """An invoker with real functions; it notes each event with its origin, and the invocation."""

    runtime: PoolRuntime
    settings: Triggers = field(default_factory=Triggers)
    invocations: list[tuple[str, Any, Invocation]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke_for(self, origin: str, function: str, event: bytes, *, cause: str = "") -> Invocation:
        """Run a function in the pool."""
        invocation = self.runtime.invoke(function, event)
        with self.lock:
            self.invocations.append((origin, json.loads(event), invocation))
        return invocation

    def triggers(self) -> Triggers:
        """Return the triggers of the test."""
        return self.settings

    def function_arn(self, function: str) -> str:
        """Return a function's ARN."""
        return arn_of(function)

    def warn(self, line: str) -> None:
        """Note the line."""
        self.warnings.append(line)
