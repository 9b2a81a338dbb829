"""The triggers of the project that the gateway serves; a project without any loads nothing of ``homeport.triggers``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.environment import read_environment
from homeport.project.triggers.function_references import FunctionReferences

if TYPE_CHECKING:
    from homeport.triggers.invoker import Invoker
    from homeport.triggers.trigger_runner import TriggerRunner

_FOLDER = "triggers"


class TriggerHost:
    """Makes the runner of triggers when the project first needs it.

    ``services`` and ``dynamodb`` are the endpoints of what triggers poll, None where nothing runs. ``data_dir`` keeps
    the project's state; ``names`` gives the kit's names of functions by AWS's, as they are at the time of a call.
    ``outside`` says that the services are another's process.
    """

    def __init__(
        self,
        invoker: Invoker,
        services: str | None,
        dynamodb: str | None,
        region: str,
        data_dir: Path,
        names: Callable[[], dict[str, str]],
        *,
        outside: bool = False,
    ) -> None:
        self._invoker, self._services, self._dynamodb, self._region = invoker, services, dynamodb, region
        self._folder, self._names, self._outside = data_dir / _FOLDER, names, outside
        self._lock = threading.Lock()
        self._runner: TriggerRunner | None = None

    def update(self) -> None:
        """Follow the triggers of the project as it is now, and hand on the events that an earlier run left."""
        if self._runner is not None or self._invoker.triggers().every or self._folder.is_dir():
            self._needed_runner().update()

    def invoke_later(self, function: str, event: bytes) -> str:
        """Take an event for an asynchronous invocation, and return its id. Raises RequestTooLarge."""
        return self._needed_runner().invoke_later(function, event)

    def close(self) -> None:
        """Stop all pollers."""
        if self._runner is not None:
            self._runner.close()

    def _needed_runner(self) -> TriggerRunner:
        with self._lock:
            if self._runner is None:
                self._runner = self._make()
            return self._runner

    def _make(self) -> TriggerRunner:
        from homeport.triggers.retries.async_event import RetryDelays
        from homeport.triggers.trigger_runner import TriggerEndpoints, TriggerRunner

        return TriggerRunner(
            self._invoker,
            TriggerEndpoints(self._services, self._dynamodb, self._region, self._outside),
            self._folder,
            lambda: FunctionReferences(self._names()),
            RetryDelays(read_environment().retry_delays),
        )
