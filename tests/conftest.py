"""Tiers, Hypothesis profiles and signals of all tests."""

from __future__ import annotations

import gc
import signal
import zlib
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from tests.support.cpu_report import CpuReport
from tests.support.tiers import TIERS, Guard, NotAUnitTest, file_tier

# Far away: a limit is there to name a test that hangs, and decides nothing on a busy machine.
_LIMITS = {"unit": 120, "stack": 600, "slow": 1800}

hypothesis.settings.register_profile("fewest", max_examples=10, deadline=None)
hypothesis.settings.register_profile("few", max_examples=20, deadline=None)
hypothesis.settings.register_profile("many", max_examples=400, deadline=None)
hypothesis.settings.load_profile("few")

_guard = Guard()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--part``, by which ``tests.fast`` divides the unit tests, and ``--cpu-report``."""
    parser.addoption("--part", metavar="1/2", help="with -m unit: only this part of the files")
    parser.addoption("--cpu-report", type=int, metavar="ROWS", help="show the files and tests of most processor time")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the number of Hypothesis's cases, and have Ctrl-C end what a test starts.

    A shell's background has the tests ignore SIGINT, which passes on to every process started from here.
    """
    if config.getoption("-m") == "unit" and config.getoption("--hypothesis-profile") is None:
        hypothesis.settings.load_profile("fewest")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if rows := config.getoption("--cpu-report"):
        config.pluginmanager.register(CpuReport(config, rows))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of other tiers for ``-m unit``, so that the inner loop does not import them."""
    if config.getoption("-m") != "unit" or collection_path.suffix != ".py":
        return None
    if file_tier(collection_path) != "unit" or not _is_in_part(collection_path, config.getoption("--part")):
        return True
    return None


def _is_in_part(file: Path, part: str | None) -> bool:
    """Return whether a file belongs to a part such as ``1/2``. Files without tests belong to each."""
    if part is None or not file.name.startswith("test_"):
        return True
    number, parts = map(int, part.split("/"))
    place = file.relative_to(Path(__file__).parent).as_posix()
    return zlib.crc32(place.encode()) % parts == number - 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its tier, and that tier's time limit unless it has its own."""
    for item in items:
        tier = next((mark.name for mark in item.iter_markers() if mark.name in TIERS), None)
        if tier is None:
            tier = file_tier(item.path)
            item.add_marker(tier)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_LIMITS[tier]))


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what the collection made: it lives as long as the run."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Watch unit tests, their fixtures included."""
    _guard.violations.clear()
    _guard.active = item.get_closest_marker("unit") is not None
    try:
        return (yield)
    finally:
        _guard.active = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a unit test also where its subject caught the guard's error, or a thread raised it."""
    yield
    if _guard.violations:
        raise NotAUnitTest(f"a unit test did this: {', '.join(_guard.violations)}; mark it: pytest.mark.stack")
