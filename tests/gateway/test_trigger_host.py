"""The runner of triggers is made when a project needs it, and takes up what an earlier run left."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.gateway.trigger_host import TriggerHost
from homeport.triggers.event_store import EventStore
from tests.support.triggers import OwnFunctions, make_invocation
from tests.support.waiting import wait_until


def test_event_that_an_earlier_run_left_is_handed_on(tmp_path: Path) -> None:
    EventStore(tmp_path / "triggers" / "events").add("work", b'{"n": 1}', "sns news", time.time())
    invoker = OwnFunctions({"work": lambda event: make_invocation()})
    host = TriggerHost(invoker, None, None, "us-east-1", tmp_path, lambda: {"shop-local-work": "work"})
    host.update()
    wait_until(lambda: invoker.events == [("sns news", "work", {"n": 1})])
    host.close()


def test_project_without_triggers_starts_nothing(tmp_path: Path) -> None:
    host = TriggerHost(OwnFunctions({}), None, None, "us-east-1", tmp_path, dict)
    host.update()
    assert host._runner is None
    host.close()
    assert list(tmp_path.iterdir()) == []


def test_delays_of_retries_are_a_variable() -> None:
    assert read_environment({}).retry_delays == (1.0, 2.0)
    assert read_environment({"HOMEPORT_RETRY_DELAYS": "60,120"}).retry_delays == (60.0, 120.0)
    with pytest.raises(SetupError, match="HOMEPORT_RETRY_DELAYS is 'soon'"):
        read_environment({"HOMEPORT_RETRY_DELAYS": "soon"})
