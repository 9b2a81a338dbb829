"""``homeport schedules``: list the schedules of a project, and run one at once."""

from __future__ import annotations

import argparse
import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from homeport.commands.arguments import choose_dev, read_chosen_project
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.project.project import Project
    from homeport.project.triggers.trigger import ScheduleTrigger

_TIMEOUT = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport schedules``."""
    parser.add_argument(
        "--run",
        metavar="NAME",
        help="run one at once, by its logical id, its name or its function, in the homeport dev that runs",
    )


def run(options: argparse.Namespace) -> int:
    """Print each schedule with its function and its next time, or run one. Raises HomeportError."""
    from homeport.triggers.events.schedule import find_schedule, schedules_of

    dev = choose_dev(options)
    project = read_chosen_project(options, options.stage)
    if options.run is None:
        for line in schedule_lines(schedules_of(project.triggers), datetime.now(UTC)):
            print(line)
        return 0
    trigger = find_schedule(project.triggers, options.run)
    if dev is None or dev.functions is None:
        raise HomeportError(
            "no homeport dev runs here that could run it", f"start it, or homeport invoke {trigger.function}"
        )
    _invoke_later(dev.functions, project, trigger)
    print(f"{trigger.id} runs {trigger.function}: its log is in the terminal of homeport dev, {dev}")
    return 0


def schedule_lines(schedules: tuple[ScheduleTrigger, ...], now: datetime) -> list[str]:
    """Return a line for each schedule: its id, expression, function and next time."""
    lines = []
    for trigger in schedules:
        following = trigger.schedule.next_after(now, now)
        ended = following is None or (trigger.end is not None and following.timestamp() > trigger.end)
        state = "disabled" if not trigger.enabled else "ended" if ended else f"next {following:%Y-%m-%d %H:%M %Z}"
        lines.append(f"{trigger.id}  {trigger.text}  {trigger.function}  {state}")
    return lines or ["the project has no schedules"]


def _invoke_later(url: str, project: Project, trigger: ScheduleTrigger) -> None:
    from homeport.project.model import LOCAL_ACCOUNT
    from homeport.project.triggers.function_references import function_name
    from homeport.triggers.events.eventbridge import EventOrigin
    from homeport.triggers.events.schedule import schedule_input

    now = datetime.fromtimestamp(time.time(), UTC)
    event = schedule_input(trigger, EventOrigin(str(uuid.uuid4()), LOCAL_ACCOUNT, project.stage.region, now))
    name = function_name(project.api.functions[trigger.function], project.stage)
    headers = {
        "Content-Type": "application/json",
        "X-Amz-Invocation-Type": "Event",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20200101/{project.stage.region}/lambda/aws4_request",
    }
    target = f"{url}/2015-03-31/functions/{quote(name)}/invocations"
    try:
        with urlopen(Request(target, json.dumps(event).encode(), headers, method="POST"), timeout=_TIMEOUT):
            return
    except HTTPError as error:
        raise HomeportError(f"the schedule was not run: {error.read().decode(errors='replace')}") from None
    except (URLError, OSError) as error:
        raise HomeportError(f"homeport dev does not answer at {url}: {error}") from None
