"""Random bytes of the operating system, read in larger pieces.

A system call hands the GIL to another thread, which under load keeps it for longer than a whole request takes.
"""

from __future__ import annotations

import os
import threading

_PIECE = 4096


class RandomBytes:
    """A source of random bytes, as ``os.urandom`` is one. Safe for any thread; not to be used across a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._piece = b""
        self._used = 0

    def __call__(self, count: int) -> bytes:
        """Return ``count`` random bytes."""
        if count > _PIECE:
            return os.urandom(count)
        with self._lock:
            start = self._used
            if start + count > len(self._piece):
                self._piece, start = os.urandom(_PIECE), 0
            self._used = start + count
            return self._piece[start : self._used]

    def new_uuid(self) -> str:
        """Return a random UUID as text."""
        return uuid_of(self(16))


def uuid_of(random: bytes) -> str:
    """Return a UUID of 16 random bytes, ``0f1e2d3c-4b5a-4697-8877-665544332211``.

    https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4
    """
    bits = int.from_bytes(random, "big") & ~(0xF000 << 64 | 0xC000 << 48) | 0x4000 << 64 | 0x8000 << 48
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
