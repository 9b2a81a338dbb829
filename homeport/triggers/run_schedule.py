"""A schedule run at once: its function gets what the schedule would send, with the retries of its invocations."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime

from homeport.project.model import LOCAL_ACCOUNT
from homeport.project.project import Project
from homeport.project.triggers.function_references import function_name
from homeport.project.triggers.trigger import ScheduleTrigger
from homeport.triggers.events.eventbridge import EventOrigin
from homeport.triggers.events.schedule import schedule_input
from homeport.triggers.function_client import FunctionClient


def run_schedule(url: str, project: Project, trigger: ScheduleTrigger) -> str:
    """Run a schedule through the Lambda API at ``url``, and return the id of the invocation. Raises HomeportError."""
    now = datetime.fromtimestamp(time.time(), UTC)
    event = schedule_input(trigger, EventOrigin(str(uuid.uuid4()), LOCAL_ACCOUNT, project.stage.region, now))
    owner = next(each for each in project.every_api if trigger.function in each.api.functions)
    name = function_name(owner.api.functions[trigger.function], owner.stage)
    return FunctionClient(url, project.stage.region).invoke_later(name, json.dumps(event).encode())


def next_time(trigger: ScheduleTrigger, now: datetime) -> str:
    """Return when a schedule runs next (``next 2026-11-30 03:00 UTC``), or why it does not."""
    following = trigger.schedule.next_after(now, now)
    ended = following is None or (trigger.end is not None and following.timestamp() > trigger.end)
    return "disabled" if not trigger.enabled else "ended" if ended else f"next {following:%Y-%m-%d %H:%M %Z}"
