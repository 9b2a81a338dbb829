"""Schedules: the input of a schedule's function, and a schedule by its name.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets.html
"""

from __future__ import annotations

from typing import Any

from homeport.errors import HomeportError
from homeport.project.names import did_you_mean
from homeport.project.triggers.trigger import ScheduleTrigger, Triggers
from homeport.triggers.events.eventbridge import EventOrigin, apply_input, scheduled_rule_event, scheduler_event


def schedule_input(trigger: ScheduleTrigger, origin: EventOrigin) -> Any:
    """Return what the function of a schedule gets: the target's input, or the event of its service."""
    event = scheduled_rule_event(trigger.arn, origin) if trigger.is_rule else scheduler_event(trigger.arn, origin)
    return apply_input(event, trigger.target, trigger.arn, origin.time)


def schedules_of(triggers: Triggers) -> tuple[ScheduleTrigger, ...]:
    """Return the schedules of a project."""
    return tuple(trigger for trigger in triggers.every if isinstance(trigger, ScheduleTrigger))


def find_schedule(triggers: Triggers, name: str) -> ScheduleTrigger:
    """Return the schedule of a logical id, of AWS's name, or of a function that has one. Raises HomeportError."""
    schedules = schedules_of(triggers)
    found = [trigger for trigger in schedules if name in (trigger.id, trigger.name, trigger.function)]
    if not found:
        known = [word for trigger in schedules for word in (trigger.id, trigger.function)]
        raise HomeportError(f"there is no schedule {name!r}", did_you_mean(name, known))
    if len(found) > 1:
        raise HomeportError(f"{name!r} has several schedules", f"name one: {', '.join(each.id for each in found)}")
    return found[0]
