"""A program in a terminal of its own, whose keys a test presses."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from homeport.child_process import end_process
from tests.support.waiting import LAST_RESORT


class Terminal:
    """What a program shows, and its keys; ``process`` leads a session whose terminal this is."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, slave: int) -> None:
        self.process = process
        self._master, self._slave = master, slave
        self._shown = bytearray()
        self._forgotten = 0
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def shown(self) -> str:
        """The output so far, from the last ``forget`` on."""
        return self._shown[self._forgotten :].decode(errors="replace")

    def forget(self) -> None:
        """Leave out what has been shown until now."""
        self._forgotten = len(self._shown)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def wait_for(self, pattern: str, timeout: float = LAST_RESORT) -> re.Match[str]:
        """Wait for the first match of a pattern in the output."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.shown, re.MULTILINE)):
            assert time.monotonic() < deadline, f"{pattern!r} is not in:\n{self.shown}"
            assert self.process.poll() is None, f"it ended:\n{self.shown}"
            time.sleep(0.02)
        return found

    def settings(self) -> list[Any]:
        """Return the terminal's settings."""
        return termios.tcgetattr(self._slave)

    def _read(self) -> None:
        with suppress(OSError):
            while piece := os.read(self._master, 4096):
                self._shown += piece


@contextmanager
def in_terminal(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[Terminal]:
    """Run a command in a new terminal, as a shell without job control would."""
    master, slave = pty.openpty()

    def own() -> None:
        # The new session's first terminal becomes its own.
        os.close(os.open(os.ttyname(slave), os.O_RDWR))

    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=variables, start_new_session=True, preexec_fn=own
    )
    try:
        yield Terminal(process, master, slave)
    finally:
        end_process(process, LAST_RESORT)
        os.close(slave)
        os.close(master)
