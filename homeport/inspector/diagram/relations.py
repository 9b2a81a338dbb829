"""Relations of functions with resources of other services than DynamoDB: what they may do there, and what invokes them.

Pure: read from the roles' policies and from the triggers, for the diagram.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from homeport.permissions.patterns import is_like_arn
from homeport.project.aws_services import service_of_type
from homeport.project.cloudformation.permissions.policies import role_statements
from homeport.project.model import LOCAL_ACCOUNT, Function, Resources, ServiceResource, Stage
from homeport.project.triggers.function_references import function_name
from homeport.project.triggers.trigger import (
    AnyTrigger,
    BucketTrigger,
    PoolTrigger,
    QueueTrigger,
    RuleTrigger,
    ScheduleTrigger,
    StreamTrigger,
    TopicTrigger,
)

# The types that hold something or hand it on; a subscription or a policy is no box of its own.
_SHOWN = (
    *("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Events::EventBus", "AWS::Kinesis::Stream"),
    *("AWS::StepFunctions::StateMachine", "AWS::SSM::Parameter", "AWS::SecretsManager::Secret"),
    *("AWS::Cognito::UserPool", "AWS::KMS::Key"),
)
_MACHINE = "AWS::StepFunctions::StateMachine"
_ANY = "*"
# Actions of a function that are shown on one line.
_MOST_ACTIONS = 3


@dataclass(frozen=True, slots=True)
class ServiceBox:
    """A resource, or a schedule or a rule, as a box: ``id`` is unique, ``kind`` says what it is (``SQS``)."""

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """A resource that a function may use: the box's id, and the actions (``SendMessage``)."""

    box: str
    actions: tuple[str, ...]

    @property
    def text(self) -> str:
        """``ShipQueue: SendMessage, …``."""
        more = ", …" if len(self.actions) > _MOST_ACTIONS else ""
        return f"{self.box}: {', '.join(self.actions[:_MOST_ACTIONS])}{more}"


def service_boxes(resources: Resources, triggers: Iterable[AnyTrigger]) -> tuple[ServiceBox, ...]:
    """Return the boxes of resources, and of what else invokes functions: rules and schedules."""
    found = [
        ServiceBox(each.logical_id, service.title if (service := service_of_type(each.type)) else "")
        for each in resources.others.values()
        if each.type in _SHOWN
    ]
    known = {box.id for box in found} | set(resources.tables)
    sources = {source_of(trigger, resources): _kind(trigger) for trigger in triggers}
    return (*found, *(ServiceBox(id, kind) for id, kind in sources.items() if id not in known))


def source_of(trigger: AnyTrigger, resources: Resources) -> str:
    """Return the id of the box, or of the table, from which a trigger's events come."""
    match trigger:
        case QueueTrigger(queue_arn=arn):
            return _by_name(resources, "AWS::SQS::Queue", arn.rpartition(":")[2])
        case TopicTrigger(topic_arn=arn):
            return _by_name(resources, "AWS::SNS::Topic", arn.rpartition(":")[2])
        case BucketTrigger(bucket=name):
            return _by_name(resources, "AWS::S3::Bucket", name)
        case PoolTrigger(pool=name):
            return _by_name(resources, "AWS::Cognito::UserPool", name)
        case StreamTrigger(service="dynamodb", stream=name):
            return next((id for id, table in resources.tables.items() if table.name == name), name)
        case StreamTrigger(stream=name):
            return _by_name(resources, "AWS::Kinesis::Stream", name)
        case RuleTrigger(rule=name):
            return f"rule {name}"
        case ScheduleTrigger(name=name):
            return f"schedule {name}"
    assert_never(trigger)


def machines_of(function: Function, stage: Stage, resources: Resources) -> tuple[str, ...]:
    """Return the state machines whose definition names a function, by their logical ids."""
    named = re.compile(rf":function:{re.escape(function_name(function, stage))}(?![\w-])")
    return tuple(
        each.logical_id
        for each in resources.others.values()
        if each.type == _MACHINE and named.search(json.dumps(each.properties, default=str))
    )


def uses(function: Function, resources: Resources, stage: Stage) -> tuple[ServiceUse, ...]:
    """Return the resources on which the policies of a function allow something; conditions and denies are left out."""
    found, statements = [], role_statements(function.policies, stage, resources, LOCAL_ACCOUNT)
    for resource in resources.others.values():
        if resource.type in _SHOWN:
            actions = dict.fromkeys(
                action for statement in statements for action in _allowed_actions(statement, resource)
            )
            if actions:
                found.append(ServiceUse(resource.logical_id, tuple(actions)))
    return tuple(found)


def _allowed_actions(statement: Mapping[str, Any], resource: ServiceResource) -> Iterator[str]:
    service = service_of_type(resource.type)
    if statement.get("Effect", "Allow") != "Allow" or service is None:
        return
    arn = arn_of(resource)
    patterns = _texts(statement.get("Resource"))
    # A pattern may name objects of a bucket, or a version.
    wholes = (arn, f"{arn}/object", f"{arn}:1")
    if not any(pattern.startswith(f"{arn}/") or is_like_arn(each, pattern) for each in wholes for pattern in patterns):
        return
    for action in _texts(statement.get("Action")):
        named, _, name = action.partition(":")
        if action == _ANY or named.lower() == service.name:
            yield name or _ANY


def arn_of(resource: ServiceResource) -> str:
    """Return the ARN of a resource: ``Fn::GetAtt`` or ``Ref`` gives it."""
    return resource.attributes.get("Arn") or resource.physical_id


def _by_name(resources: Resources, kind: str, name: str) -> str:
    """Return the logical id of a resource by the end of its physical id, else the name."""
    for each in resources.others.values():
        if each.type == kind and each.physical_id.replace("/", ":").rpartition(":")[2] == name:
            return each.logical_id
    return name


def _kind(trigger: AnyTrigger) -> str:
    return {"eventbridge": "EventBridge", "schedule": "Schedule"}.get(trigger.kind, trigger.kind.upper())


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else []
