"""Relays: queues through which services that run elsewhere (``--aws URL``) reach this machine's functions.

A service of another process can't call a function here. Where a resource names a function as the target of its events,
the queue of that function is named instead, and ``homeport.triggers`` polls it: S3, EventBridge and EventBridge
Scheduler write the same event into a queue as they give a function, SNS its notification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from homeport.aws.endpoints import relay_name
from homeport.aws.setup.clients import Clients
from homeport.errors import Problem
from homeport.project.model import Resources, ServiceResource
from homeport.project.triggers.function_references import is_function_arn

_WAITED_FOR = {
    "AWS::StepFunctions::StateMachine": "its tasks that invoke functions fail",
    "AWS::Cognito::UserPool": "its triggers invoke no function",
}
"""The types that wait for what a function returns: no queue can stand for it."""
_SCHEDULE = "AWS::Scheduler::Schedule"


def without_functions(resources: Resources, clients: Clients) -> Resources:
    """Return the resources with queues in place of functions that get events. The queues are made."""
    relays = _Relays(clients)
    others = {key: replace(each, properties=_sending_to_queues(each, relays)) for key, each in resources.others.items()}
    return replace(resources, others=others)


def unreachable(resources: Resources, endpoint: str) -> Iterator[Problem]:
    """Yield a warning for each resource at the endpoint that does not reach the functions of this machine."""
    for resource in resources.others.values():
        if not _names_function(resource.properties):
            continue
        if resource.type in _WAITED_FOR:
            outcome = f"can't call functions of this machine: {_WAITED_FOR[resource.type]}"
            yield _warning(resource, f"{resource.logical_id} at {endpoint} {outcome}", "without --aws they work")
        elif resource.type == _SCHEDULE:
            # https://github.com/localstack/localstack/issues/9861
            message = (
                f"{resource.logical_id} is kept at {endpoint}: LocalStack runs no schedule of EventBridge Scheduler"
            )
            yield _warning(resource, message, f"homeport schedules --run {resource.logical_id} runs it")


def _warning(resource: ServiceResource, message: str, hint: str) -> Problem:
    return Problem(message, resource.source.file, resource.source.line, hint, "warning")


class _Relays:
    """The queues that were made, by function."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._arns: dict[str, str] = {}

    def arn(self, function: str) -> str:
        """Return the ARN of the queue of a function's ARN, with or without an alias."""
        name = function.partition(":function:")[2].partition(":")[0]
        if name not in self._arns:
            sqs = self._clients("sqs")
            url = sqs.create_queue(QueueName=relay_name(name))["QueueUrl"]
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            self._arns[name] = found["Attributes"]["QueueArn"]
        return self._arns[name]


def _sending_to_queues(resource: ServiceResource, relays: _Relays) -> Mapping[str, Any]:
    properties = resource.properties
    match resource.type:
        case "AWS::S3::Bucket":
            return _bucket(properties, relays)
        case "AWS::SNS::Subscription":
            return _subscription(properties, relays)
        case "AWS::SNS::Topic" if "Subscription" in properties:
            own = [_subscription(entry, relays) for entry in properties["Subscription"]]
            return {**properties, "Subscription": own}
        case "AWS::Events::Rule" if properties.get("Targets"):
            return {**properties, "Targets": [_target(entry, relays) for entry in properties["Targets"]]}
        case "AWS::Scheduler::Schedule" if isinstance(properties.get("Target"), Mapping):
            return {**properties, "Target": _target(properties["Target"], relays)}
    return properties


def _bucket(properties: Mapping[str, Any], relays: _Relays) -> Mapping[str, Any]:
    written = properties.get("NotificationConfiguration")
    if not isinstance(written, Mapping) or not written.get("LambdaConfigurations"):
        return properties
    own = []
    for entry in written["LambdaConfigurations"]:
        others = {key: value for key, value in entry.items() if key != "Function"}
        own.append({**others, "Queue": relays.arn(str(entry.get("Function", "")))})
    kept = {key: value for key, value in written.items() if key != "LambdaConfigurations"}
    queues = [*kept.get("QueueConfigurations", ()), *own]
    return {**properties, "NotificationConfiguration": {**kept, "QueueConfigurations": queues}}


def _subscription(properties: Mapping[str, Any], relays: _Relays) -> Mapping[str, Any]:
    if properties.get("Protocol") != "lambda":
        return properties
    return {**properties, "Protocol": "sqs", "Endpoint": relays.arn(str(properties.get("Endpoint", "")))}


def _target(entry: Mapping[str, Any], relays: _Relays) -> Mapping[str, Any]:
    arn = entry.get("Arn")
    return {**entry, "Arn": relays.arn(str(arn))} if is_function_arn(arn) else entry


def _names_function(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_names_function(each) for each in value.values())
    if isinstance(value, list | tuple):
        return any(_names_function(each) for each in value)
    return isinstance(value, str) and ":function:" in value
