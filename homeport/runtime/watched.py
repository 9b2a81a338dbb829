"""A runtime whose invocations are seen by someone else as well, whoever asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from homeport.runtime.api import Invocation, Runtime
from homeport.runtime.config import FunctionConfig

Configs = Mapping[str, FunctionConfig]


class ReplaceableRuntime(Runtime, Protocol):
    """A runtime that can take up changed functions, and faults on demand."""

    def replace(self, configs: Configs) -> None:
        """Serve the next requests with these functions; running ones end undisturbed."""
        ...

    def set_faults(self, order: Mapping[str, Any] | None) -> None:
        """What is to go wrong in the next invocations (``faults.fault_order``); None: nothing."""
        ...


class WatchedRuntime:
    """Passes everything on to ``runtime``; ``seen`` gets each function's name and invocation when that has ended."""

    def __init__(self, runtime: ReplaceableRuntime, seen: Callable[[str, Invocation], None]) -> None:
        self._runtime = runtime
        self._seen = seen

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        """Call ``function`` with a JSON event and wait for its end. Raises InvokeError."""
        invocation = self._runtime.invoke(function, event, trace_id=trace_id)
        self._seen(function, invocation)
        return invocation

    def replace(self, configs: Configs) -> None:
        """Serve the next requests with these functions."""
        self._runtime.replace(configs)

    def set_faults(self, order: Mapping[str, Any] | None) -> None:
        """What is to go wrong in the next invocations."""
        self._runtime.set_faults(order)

    def close(self) -> None:
        """End every environment."""
        self._runtime.close()
