"""Keys that a person presses in the terminal of ``homeport dev``, taken one by one; Ctrl-C stays what it is.

The terminal is changed only while this process is the one in its foreground, and put back whenever it ends.
https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap11.html
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from typing import Any

# Seconds between two looks at whether to go on.
_TICK = 0.2


@contextlib.contextmanager
def pressed_keys(take: Callable[[str], None]) -> Iterator[bool]:
    """Call ``take`` with each key, in a thread, until the end; yields whether there is a terminal to press them in."""
    terminal = _Terminal.of_this_process()
    if terminal is None:
        yield False
        return
    ended = threading.Event()
    reader = threading.Thread(target=terminal.read, args=(take, ended), name="keys", daemon=True)
    atexit.register(terminal.restore)
    # After Ctrl-Z and fg the shell has put its own settings in place.
    before = signal.signal(signal.SIGCONT, lambda *_: terminal.take_over())
    terminal.take_over()
    reader.start()
    try:
        yield True
    finally:
        ended.set()
        terminal.restore()
        atexit.unregister(terminal.restore)
        signal.signal(signal.SIGCONT, before)


class _Terminal:
    def __init__(self, descriptor: int, settings: list[Any]) -> None:
        self._descriptor = descriptor
        self._settings = settings

    @classmethod
    def of_this_process(cls) -> _Terminal | None:
        """None where standard input or output is no terminal: then nobody is there to press a key."""
        with contextlib.suppress(OSError, ValueError, termios.error):
            descriptor = sys.stdin.fileno()
            if os.isatty(descriptor) and sys.stdout.isatty():
                return cls(descriptor, termios.tcgetattr(descriptor))
        return None

    def take_over(self) -> None:
        """Have keys come without Enter and unseen; signals, and what is written, stay as they are."""
        if self._is_ours():
            tty.setcbreak(self._descriptor, termios.TCSANOW)

    def restore(self) -> None:
        """Put the settings back."""
        if self._is_ours():
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._settings)

    def read(self, take: Callable[[str], None], ended: threading.Event) -> None:
        """Pass keys on until it is over."""
        while not ended.is_set():
            # Reading in the background would stop this process.
            if not self._is_ours():
                ended.wait(_TICK)
            elif select.select([self._descriptor], [], [], _TICK)[0] and not ended.is_set():
                try:
                    key = os.read(self._descriptor, 32)
                except OSError:
                    return
                if not key:
                    return
                take(key.decode(errors="replace"))

    def _is_ours(self) -> bool:
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            return False
