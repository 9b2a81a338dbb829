"""A module of the kit in a forked process: it need not import again what this process has imported.

To start Python and to import the project model takes longer than most of what the kit's processes do at a start, and
memory that is only read stays shared. A fork copies one thread and the locks that others hold, so a process that has
further threads starts a new interpreter in place of it, and so does each system but Linux, where libraries of the
system don't survive a fork: https://docs.python.org/3/library/os.html#os.fork.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Collection
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_POLL = 0.005
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
# The fields of /proc/self/stat with the place of the arguments, counted from after the name in parentheses:
# https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
_ARGUMENTS_START, _ARGUMENTS_END = 45, 46


def can_fork() -> bool:
    """Return whether this process can fork another one that continues in Python."""
    return sys.platform == "linux" and threading.active_count() == 1


class ForkedProcess:
    """A forked process, with the methods of ``subprocess.Popen`` that a supervisor uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, a signal's number negative, None while the process runs."""
        if self.returncode is None:
            self._wait(os.WNOHANG)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait as ``Popen.wait`` does."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            self._wait(0 if end is None else os.WNOHANG)
            if self.returncode is None and end is not None:
                if time.monotonic() >= end:
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
                time.sleep(_POLL)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to a process that has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _wait(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            self.returncode = 0
            return
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)


def fork_module(module: str, argument: str, inherited: Collection[int], stdin: int | None) -> ForkedProcess:
    """Return a process that runs ``main(argument)`` of a module, in a process group of its own.

    Of this process's descriptors it has the ``inherited`` ones and the standard streams, and with
    ``subprocess.DEVNULL`` an empty standard input.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Objects that exist now stay shared: neither process's collector may write to their memory.
    gc.freeze()
    # A signal that comes before the new process has its own handlers waits until it has them.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    pid = os.fork()
    if not pid:
        _run(module, argument, inherited, stdin, mask)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with suppress(OSError):
        os.setpgid(pid, pid)
    return ForkedProcess(pid)


def _run(module: str, argument: str, inherited: Collection[int], stdin: int | None, mask: Collection[int]) -> NoReturn:
    """Be the new process until its end. The frames of the old one are never left: they hold closed descriptors."""
    status = 1
    try:
        _leave_supervisor(inherited, stdin)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        set_title(module, argument)
        # What is imported stays: to look through it again and again would take a tenth of the time.
        gc.disable()
        main = import_module(module).main
        gc.enable()
        status = int(main(argument) or 0)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        os._exit(status)


def _leave_supervisor(inherited: Collection[int], stdin: int | None) -> None:
    atexit._clear()
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.setpgid(0, 0)
    if stdin == subprocess.DEVNULL:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
    kept = sorted({0, 1, 2, *inherited})
    for descriptor, following in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(descriptor + 1, following)


def set_title(*words: str) -> None:
    """Have ``ps`` and /proc/self/cmdline show another command line, as far as the memory of the first one has room."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(") ")[2].split()
        start, end = int(fields[_ARGUMENTS_START]), int(fields[_ARGUMENTS_END])
    except (OSError, ValueError, IndexError):
        return
    if 0 < start < end:
        shown = "\0".join(words).encode()[: end - start - 1]
        ctypes.memmove(start, shown.ljust(end - start, b"\0"), end - start)
