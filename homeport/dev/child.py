"""A child process as the supervisor knows it: how it is started, and how it fares."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Started:
    """A child's process. On ``status``, the read end of a pipe, it writes lines; ``take`` says which means "ready",
    and may raise HomeportError for what the child reports.
    """

    process: subprocess.Popen[bytes]
    status: int
    take: Callable[[bytes], bool] = bool


@dataclass(frozen=True, slots=True)
class Child:
    """How to start one child; ``start`` gets the lifeline, which is inheritable. One with ``once`` does its work and
    ends; it does it again whenever the child that it ``follows`` was started again. The others do without one that is
    ``aside``: they wait for nothing of it, and go on when it can't be kept alive.
    """

    name: str
    start: Callable[[int], Started]
    once: bool = False
    follows: str = ""
    aside: bool = False


@dataclass(slots=True)
class Running:
    """A child and its process, None while it has none. ``due`` is one that is to do its work again."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    status: int = -1
    take: Callable[[bytes], bool] = bool
    pending: bytes = b""
    ready: bool = False
    due: bool = False
    deaths: list[float] = field(default_factory=list)


def describe_exit(code: int) -> str:
    """``exit status 3``, ``signal SIGKILL``."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
