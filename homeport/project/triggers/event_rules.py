"""Rules of EventBridge and schedules of EventBridge Scheduler whose targets are functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.source.cursor import Cursor
from homeport.project.triggers.event_source_mappings import read_pattern
from homeport.project.triggers.function_references import FunctionReferences, is_function_arn
from homeport.project.triggers.schedule_expression import ScheduleError, ScheduleExpression, parse_schedule
from homeport.project.triggers.trigger import RuleTarget, RuleTrigger, ScheduleTrigger

RULE = "AWS::Events::Rule"
SCHEDULE = "AWS::Scheduler::Schedule"


def read_rule(resource: StackResource, functions: FunctionReferences) -> Iterator[RuleTrigger | ScheduleTrigger]:
    """Yield a trigger for each of a rule's targets that is a function: for its pattern, and for its schedule."""
    properties = resource.properties
    enabled = properties.text("State", "ENABLED") != "DISABLED"
    for entry in properties.list("Targets"):
        function = _target_function(resource, entry, functions)
        if function is None:
            continue
        id = (
            resource.logical_id if len(properties.list("Targets")) == 1 else f"{resource.logical_id}/{entry.text('Id')}"
        )
        target, source = _rule_target(entry), properties.source
        if properties.has("EventPattern"):
            pattern = read_pattern(properties.at("EventPattern"))
            if pattern is not None:
                yield RuleTrigger(
                    id=id,
                    function=function,
                    source=source,
                    enabled=enabled,
                    rule=resource.physical_id,
                    pattern=pattern,
                    target=target,
                )
        schedule = _schedule(properties, "UTC", of_rule=True)
        if schedule is not None:
            yield ScheduleTrigger(
                id=id,
                function=function,
                source=source,
                enabled=enabled,
                name=resource.physical_id,
                arn=resource.arn,
                text=properties.text("ScheduleExpression"),
                schedule=schedule,
                target=target,
            )


def read_schedule(resource: StackResource, functions: FunctionReferences) -> Iterator[ScheduleTrigger]:
    """Yield the trigger of a schedule whose target is a function."""
    properties = resource.properties
    entry = properties.map("Target")
    function = _target_function(resource, entry, functions)
    schedule = _schedule(properties, properties.text("ScheduleExpressionTimezone", "UTC"), of_rule=False)
    if function is None or schedule is None:
        return
    given = entry.at("Input").value
    yield ScheduleTrigger(
        id=resource.logical_id,
        function=function,
        source=properties.source,
        enabled=properties.text("State", "ENABLED") != "DISABLED",
        name=resource.physical_id,
        arn=resource.arn.replace("/default/", f"/{properties.text('GroupName', 'default')}/"),
        text=properties.text("ScheduleExpression"),
        schedule=schedule,
        target=RuleTarget(fixed=_input(entry.at("Input"))) if given is not None else RuleTarget(),
        start=_moment(properties.at("StartDate")),
        end=_moment(properties.at("EndDate")),
    )


def _target_function(resource: StackResource, entry: Cursor, functions: FunctionReferences) -> str | None:
    """Return the function of a target. A function that is not in the project is named; other targets are not ours."""
    arn = entry.at("Arn").value
    if not is_function_arn(arn):
        return None
    function = functions.find(arn)
    if function is None:
        entry.at("Arn").warning(
            f"{resource.logical_id} invokes a function that is not in the project", "nothing invokes it here"
        )
    return function


def _schedule(properties: Cursor, zone: str, *, of_rule: bool) -> ScheduleExpression | None:
    text = properties.text("ScheduleExpression")
    if not text:
        return None
    try:
        return parse_schedule(text, zone, of_rule=of_rule)
    except ScheduleError as error:
        properties.at("ScheduleExpression").error(f"AWS refuses the schedule: {error}")
        return None


def _rule_target(entry: Cursor) -> RuleTarget:
    transformer = entry.map("InputTransformer")
    if transformer.value:
        paths = {name: str(at.value) for name, at in transformer.map("InputPathsMap").items()}
        return RuleTarget(template=transformer.text("InputTemplate"), paths=paths)
    if entry.has("InputPath"):
        return RuleTarget(path=entry.text("InputPath"))
    return RuleTarget(fixed=_input(entry.at("Input"))) if entry.has("Input") else RuleTarget()


def _input(at: Cursor) -> str | None:
    text = at.value if isinstance(at.value, str) else json.dumps(at.value)
    try:
        json.loads(text)
    except ValueError:
        at.error("Input is not JSON", "AWS takes JSON text alone")
        return None
    return text


def _moment(at: Cursor) -> float | None:
    if isinstance(at.value, datetime):
        return at.value.replace(tzinfo=at.value.tzinfo or UTC).timestamp()
    if not isinstance(at.value, str):
        return None
    try:
        found = datetime.fromisoformat(at.value)
    except ValueError:
        at.error(f"{at.value!r} is no time", "write 2030-01-31T08:00:00Z")
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
