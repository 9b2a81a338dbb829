"""Tiers, Hypothesis profiles and signals of all tests."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.cpu_report import CpuReport
from tests.support.logged import Logged, logged_at
from tests.support.tiers import TIERS, Guard, NotAUnitTest, file_tier, is_in_part, is_long, may_have

# Far away: a limit is there to name a test that hangs, and decides nothing on a busy machine.
_LIMITS = {"unit": 120, "stack": 600, "slow": 1800}

hypothesis.settings.register_profile("fewest", max_examples=10, deadline=None)
hypothesis.settings.register_profile("few", max_examples=20, deadline=None)
hypothesis.settings.register_profile("many", max_examples=200, deadline=None)
hypothesis.settings.load_profile("few")

# New objects before the garbage collector looks: Python's 700 had it take a tenth of the time of the unit tests.
_GARBAGE = (50_000, 20, 50)

_guard = Guard()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--part``, by which ``tests.fast`` divides the unit tests, and ``--cpu-report``."""
    parser.addoption("--part", type=int, metavar="NUMBER", help="with -m unit: only this part of the files")
    parser.addoption("--cpu-report", type=int, metavar="ROWS", help="show the files and tests of most processor time")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the number of Hypothesis's cases, and have Ctrl-C end what a test starts.

    A shell's background has the tests ignore SIGINT, which passes on to every process started from here.
    """
    # Until the tests are collected, hardly anything is garbage.
    gc.disable()
    if config.getoption("-m") == "unit" and config.getoption("--hypothesis-profile") is None:
        hypothesis.settings.load_profile("fewest")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if rows := config.getoption("--cpu-report"):
        config.pluginmanager.register(CpuReport(config, rows))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files without tests of the marks that ``-m`` names, as in ``-m unit``, so that nothing imports them."""
    marks = config.getoption("-m").split(" or ")
    if collection_path.suffix != ".py" or not all(mark.isidentifier() for mark in marks):
        return None
    part = config.getoption("--part")
    if part is not None and not is_in_part(collection_path, part):
        return True
    return None if any(may_have(collection_path, mark) for mark in marks) else True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its tier, and that tier's time limit unless it has its own.

    A test whose own mark differs from that of its file has only its own: pytest's ``-m`` would find both.
    """
    asked = [word for word in config.getoption("-m").split(" or ") if word in TIERS]
    other: set[pytest.Item] = set()
    for item in items:
        tier = next((mark.name for mark in item.iter_markers() if mark.name in TIERS), None)
        if tier is None:
            tier = file_tier(item.path)
            item.add_marker(tier)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_LIMITS[tier]))
        if asked and tier not in asked and any(item.get_closest_marker(name) for name in asked):
            other.add(item)
    items.sort(key=lambda item: not is_long(item.path))
    if other:
        items[:] = [item for item in items if item not in other]
        config.hook.pytest_deselected(items=list(other))


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what the collection made: it lives as long as the run."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(*_GARBAGE)


@pytest.fixture
def logged() -> Iterator[Logged]:
    """The warnings and errors that are logged during the test."""
    with logged_at(logging.WARNING) as logged:
        yield logged


@pytest.fixture
def caplog() -> None:
    """Refuse pytest's own fixture: its plugin, which captures each test's log, is off in pyproject.toml."""
    pytest.fail("use the fixture `logged` in place of `caplog`: the tests run without pytest's logging plugin")


@pytest.fixture
def cache() -> None:
    """Refuse pytest's own fixture, which is absent where ``tests.fast`` runs the unit tests."""
    pytest.fail("`make test-fast` runs without the plugin of the fixture `cache`")


@pytest.fixture
def worker_id() -> None:
    """Refuse the fixture of pytest-xdist, which is absent where ``tests.fast`` runs the unit tests."""
    pytest.fail("`make test-fast` runs without the plugin of the fixture `worker_id`")


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
