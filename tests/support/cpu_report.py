"""``pytest --cpu-report ROWS``: the processor time of each test file, that of the processes which it started included.

A process counts when it was waited for, so a stack's time is that of the test which ends it: the last one of its scope.
"""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Generator, Mapping
from operator import itemgetter
from typing import Protocol

import pytest

_KEY = "cpu_report"


class _Node(Protocol):
    workeroutput: Mapping[str, Mapping[str, float]]


class CpuReport:
    """Seconds of processor time by file and by test, of this process and of the workers of pytest-xdist."""

    def __init__(self, config: pytest.Config, rows: int) -> None:
        self._config = config
        self._rows = rows
        self._seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        begun = _used()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] += _used() - begun

    def pytest_sessionfinish(self) -> None:
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_KEY] = dict(self._seconds)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: _Node) -> None:
        for test, seconds in node.workeroutput.get(_KEY, {}).items():
            self._seconds[test] += seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        files: dict[str, float] = defaultdict(float)
        for test, seconds in self._seconds.items():
            files[test.partition("::")[0]] += seconds
        for title, table in (("files", files), ("tests", self._seconds)):
            terminalreporter.section(f"processor seconds of {title}: {sum(table.values()):.1f}")
            for name, seconds in sorted(table.items(), key=itemgetter(1), reverse=True)[: self._rows]:
                terminalreporter.line(f"{seconds:7.2f} {name}")


def _used() -> float:
    """Return the seconds that this process and its ended children have computed."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
