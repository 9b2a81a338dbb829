"""Schedules of EventBridge Scheduler and their groups.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource

_DEFAULT_GROUP = "default"


def make_group(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a group."""
    scheduler, name = clients("scheduler"), resource.physical_id
    try:
        scheduler.get_schedule_group(Name=name)
    except scheduler.exceptions.ResourceNotFoundException:
        scheduler.create_schedule_group(Name=name)
        yield f"made schedule group {name}"


def make_schedule(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a schedule, or change it."""
    scheduler, name = clients("scheduler"), resource.physical_id
    group = str(resource.properties.get("GroupName") or _DEFAULT_GROUP)
    given = {"FlexibleTimeWindow": {"Mode": "OFF"}, **resource.properties, "Name": name, "GroupName": group}
    wanted = clients.request("scheduler", "CreateSchedule", given)
    try:
        scheduler.get_schedule(Name=name, GroupName=group)
    except scheduler.exceptions.ResourceNotFoundException:
        scheduler.create_schedule(**wanted)
        yield f"made schedule {name}"
        return
    scheduler.update_schedule(**wanted)
