"""``homeport schedules``: list the schedules of a project, and run one at once."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from homeport.commands.arguments import choose_dev, read_chosen_project
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.project.triggers.trigger import ScheduleTrigger


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
    from homeport.triggers.run_schedule import run_schedule

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
    run_schedule(dev.functions, project, trigger)
    print(f"{trigger.id} runs {trigger.function}: its log is in the terminal of homeport dev, {dev}")
    return 0


def schedule_lines(schedules: tuple[ScheduleTrigger, ...], now: datetime) -> list[str]:
    """Return a line for each schedule: its id, expression, function and next time."""
    from homeport.triggers.run_schedule import next_time

    lines = [f"{trigger.id}  {trigger.text}  {trigger.function}  {next_time(trigger, now)}" for trigger in schedules]
    return lines or ["the project has no schedules"]
