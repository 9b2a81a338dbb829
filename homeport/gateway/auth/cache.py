"""Authorizers' answers, kept for a while by the identity that they were about."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

_MOST = 10_000


class TimedCache(Generic[Value]):
    """Values that end ``ttl`` seconds after they came; 0 keeps none. Past ``most`` the least recently used goes."""

    def __init__(self, ttl: float, clock: Callable[[], float], *, most: int = _MOST) -> None:
        self._ttl = ttl
        self._clock = clock
        self._most = most
        self._entries: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value of ``key`` unless it has ended."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            until, value = entry
            if self._clock() >= until:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value from now on."""
        if self._ttl <= 0:
            return
        with self._lock:
            self._entries[key] = (self._clock() + self._ttl, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
