"""The tiers of the tests, and the guard that keeps processes out of the first.

- ``unit``: nothing outside this process is started or asked. The whole tier takes seconds.
- ``stack``: processes are started: a worker, an engine, ``homeport dev``, a command.
- ``slow``: campaigns of minutes, other tools, Docker, environments that are installed.

A test's own mark decides, then its module's (``pytestmark``), then the table below; all others are ``unit``.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

TIERS = ("unit", "stack", "slow")

_TESTS = Path(__file__).parents[1]
_MODULE_MARK = re.compile(r"^pytestmark = pytest\.mark\.(unit|stack|slow)$", re.MULTILINE)
# The tier of folders and files below tests/; the longest path decides.
_TABLE = {
    "audit": "slow",
    "bench": "slow",
    "chaos": "slow",
    "compose": "slow",
    "packaging": "slow",
    # These are copied into new projects, whose tests have no tiers. The whole contract takes most of a minute.
    "contract": "stack",
    "contract/test_contract.py": "slow",
    # Checks on APIs with one fault each: seconds, by thousands of requests.
    "contract_kit/checks": "stack",
    "dev": "stack",
    "examples": "slow",
    "wire": "stack",
}

PARTS = (
    frozenset(
        (
            "aws",
            "cloud",
            "commands",
            "contract_kit",
            "docs",
            "inspector",
            "issuer",
            "permissions",
            "project",
            "service",
            "triggers",
            "vtl",
        )
    ),
    None,
)
"""The folders of each part of the unit tests, which take about equally long; None: all others, which also wait.

Tests that need the same large libraries (schemathesis, boto3) are in one part: to import them takes seconds.
"""

LONG = frozenset(
    (
        "bench/test_bench.py",
        "bench/test_items.py",
        "chaos/test_chaos.py",
        "cloud/test_deploys_at_ministack.py",
        "cloud/test_rehearsal.py",
        "contract/test_contract.py",
        "contract_kit/checks/test_methods.py",
        "contract_kit/checks/test_preconditions.py",
        "contract_kit/checks/test_round_trip.py",
        "contract_kit/commands/test_credentials.py",
        "contract_kit/commands/test_saved_tests_pass.py",
        "dev/test_dev.py",
        "dev/test_recorded.py",
        "dev/test_reload.py",
        "dev/test_renewal.py",
        "dev/test_terminal.py",
        "examples/test_projects.py",
        "inspector/test_browser.py",
        "inspector/test_ports.py",
        "packaging/test_wheel.py",
        "wire/test_fidelity.py",
        "wire/test_limits.py",
        "wire/test_projects.py",
    )
)
"""Files that take longest, as ``--cpu-report`` shows, or wait longest. They run first: no worker ends with one."""

_CONNECTS = ("connect", "connect_ex")
_CALLS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (subprocess.Popen, ("__init__",)),
    (os, ("execv", "execve", "fork", "forkpty", "posix_spawn", "posix_spawnp", "system")),
    (socket.socket, _CONNECTS),
)


class NotAUnitTest(AssertionError):
    """A test of the tier ``unit`` starts a process or connects to another machine."""


class Guard:
    """Watch what starts a process or connects, and fail what a unit test may not do.

    Python's audit events would show more, and have each ``id()`` of a run call the hook, which are millions.
    """

    def __init__(self) -> None:
        self.active = False
        self.violations: list[str] = []
        self._unwatched = [(owner, name, getattr(owner, name)) for owner, names in _CALLS for name in names]
        for owner, name, call in self._unwatched:
            setattr(owner, name, self._watched(f"{owner.__name__}.{name}", call, name in _CONNECTS))

    def close(self) -> None:
        """Watch no more."""
        for owner, name, call in self._unwatched:
            setattr(owner, name, call)

    def _watched(self, title: str, call: Callable[..., Any], connects: bool) -> Callable[..., Any]:
        @wraps(call)
        def watched(*arguments: Any, **options: Any) -> Any:
            if self.active and not (connects and _is_local(arguments[1])):
                self.violations.append(title)
                asked = f"{title} {arguments[-1:]!r}"
                raise NotAUnitTest(f"a unit test may not do this: {asked}; mark it: pytest.mark.stack")
            return call(*arguments, **options)

        return watched


@cache
def file_tier(file: Path) -> str:
    """Return the tier of a test file: that of its ``pytestmark``, or that of the table."""
    if mark := _MODULE_MARK.search(file.read_text(encoding="utf-8")):
        return mark[1]
    if not file.is_relative_to(_TESTS):
        return "stack"
    path = file.relative_to(_TESTS)
    return next((_TABLE[place.as_posix()] for place in (path, *path.parents) if place.as_posix() in _TABLE), "unit")


@cache
def may_have(file: Path, mark: str) -> bool:
    """Return whether a file may have tests with a mark: its tier's, one of its text, or Hypothesis's own."""
    text = file.read_text(encoding="utf-8")
    return file_tier(file) == mark or f"pytest.mark.{mark}" in text or (mark == "hypothesis" and mark in text)


def is_long(file: Path) -> bool:
    """Return whether a file is one of those that run first."""
    return file.is_relative_to(_TESTS) and file.relative_to(_TESTS).as_posix() in LONG


def is_in_part(file: Path, part: int) -> bool:
    """Return whether a file below tests/ is in a part of the unit tests. Files without tests are in each."""
    folder = file.relative_to(_TESTS).parts[0]
    own = next(number for number, folders in enumerate(PARTS) if folders is None or folder in folders)
    return own == part or not file.name.startswith("test_")


def _is_local(address: object) -> bool:
    """Return whether a socket's address is on this machine: a path, or a loopback address."""
    return not isinstance(address, tuple) or str(address[0]) in ("localhost", "::1") or str(address[0])[:4] == "127."
