"""The reading of a source: a failure is named once, when it has lasted for a while.

At a start, the services and their queues come after the pollers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from homeport.service_client import ServiceError
from homeport.triggers.invoker import Invoker

GRACE = 10.0
"""Seconds."""

_AFTER_ERROR = 0.5


class Reading:
    """Counts the time for which a trigger can't read its source. ``ticks`` gives seconds that never go back."""

    def __init__(
        self, trigger: str, invoker: Invoker, grace: float, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._trigger, self._invoker, self._grace, self._ticks = trigger, invoker, grace, ticks
        self._since: float | None = None
        self._is_named = False

    def keep_on(self, poll: Callable[[], None], origin: str, stopping: threading.Event) -> None:
        """Poll a source until that is to stop; after a failure, a moment later."""
        while not stopping.is_set():
            try:
                poll()
                self.note_success()
            except ServiceError as error:
                self.note_failure(origin, error)
                stopping.wait(_AFTER_ERROR)

    def note_success(self) -> None:
        """Note that the source was read."""
        self._since, self._is_named = None, False

    def note_failure(self, origin: str, error: ServiceError) -> None:
        """Note that the source could not be read."""
        self._since = self._ticks() if self._since is None else self._since
        if not self._is_named and self._ticks() - self._since >= self._grace:
            self._is_named = True
            self._invoker.warn(f"{self._trigger} can't read {origin}: {error}")
