"""Events of EventBridge: of a bus, of scheduled rules and of EventBridge Scheduler, and what a target makes of them.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeport.project.triggers.trigger import RuleTarget
from homeport.triggers.events.times import iso_millis, iso_seconds

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\['([^']+)'\]|\[([0-9]+)\]")
_PART = re.compile(r'\\.|"|<([A-Za-z0-9_.-]+)>')
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class EventOrigin:
    """The members of an event that do not come from its sender."""

    id: str
    account: str
    region: str
    time: datetime


def bus_event(
    source: str, detail_type: str, detail: Mapping[str, Any], made: EventOrigin, resources: Sequence[str] = ()
) -> dict[str, Any]:
    """Return an event of a bus."""
    return {
        "version": "0",
        "id": made.id,
        "detail-type": detail_type,
        "source": source,
        "account": made.account,
        "time": iso_seconds(made.time),
        "region": made.region,
        "resources": list(resources),
        "detail": dict(detail),
    }


def scheduled_rule_event(rule_arn: str, made: EventOrigin) -> dict[str, Any]:
    """Return the event of a rule with a schedule."""
    return bus_event("aws.events", "Scheduled Event", {}, made, (rule_arn,))


def scheduler_event(schedule_arn: str, made: EventOrigin) -> dict[str, Any]:
    """Return the event of a schedule of EventBridge Scheduler without Input; its detail is a text."""
    return {**bus_event("aws.scheduler", "Scheduled Event", {}, made, (schedule_arn,)), "detail": "{}"}


def apply_input(event: Mapping[str, Any], given: RuleTarget, rule_arn: str = "", now: datetime | None = None) -> Any:
    """Return the input of a target for an event. ``now`` is the time at which the rule took the event."""
    if given.fixed is not None:
        return json.loads(given.fixed)
    if given.path is not None:
        return find_path(event, given.path)
    if given.template is None:
        return event
    variables = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": iso_millis(now) if now is not None else "",
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
        **{name: find_path(event, path, _ABSENT) for name, path in given.paths.items()},
    }
    text = _fill(given.template, variables)
    try:
        return json.loads(text)
    except ValueError:
        return text


def find_path(event: Any, path: str, default: Any = None) -> Any:
    """Return what a JSON path of names and positions leads to (``$.detail.items[0]``)."""
    rest, found = path.removeprefix("$"), event
    while rest:
        step = _STEP.match(rest)
        if step is None:
            return default
        rest = rest[step.end() :]
        name, position = step[1] or step[2], step[3]
        if name is not None and isinstance(found, Mapping) and name in found:
            found = found[name]
        elif position is not None and isinstance(found, list) and int(position) < len(found):
            found = found[int(position)]
        else:
            return default
    return found


def _fill(template: str, variables: Mapping[str, Any]) -> str:
    """Return a template with its variables filled in: inside of a string as text, elsewhere as JSON values."""
    quoted = False

    def part(found: re.Match[str]) -> str:
        nonlocal quoted
        name = found[1]
        if name is None:
            quoted ^= found[0] == '"'
            return found[0]
        if name not in variables:
            return found[0]
        value = variables[name]
        if value is _ABSENT:
            return "" if quoted else '""'
        if not quoted:
            return json.dumps(value, separators=(",", ":"))
        return json.dumps(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))[1:-1]

    return _PART.sub(part, template)
