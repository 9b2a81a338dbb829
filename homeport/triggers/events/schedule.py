"""The input of a schedule's function: that of its target, or the event of EventBridge or of EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from homeport.project.triggers.trigger import ScheduleTrigger
from homeport.triggers.events.eventbridge import EventOrigin, apply_input, scheduled_rule_event, scheduler_event


def schedule_input(trigger: ScheduleTrigger, origin: EventOrigin) -> Any:
    """Return what the function of a schedule gets."""
    event = scheduled_rule_event(trigger.arn, origin) if trigger.is_rule else scheduler_event(trigger.arn, origin)
    return apply_input(event, trigger.target, trigger.arn, origin.time)
