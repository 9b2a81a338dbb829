"""The triggers of a stack: each resource that invokes a function by itself, read by the module of its kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.triggers.event_rules import RULE, SCHEDULE, read_rule, read_schedule
from homeport.project.triggers.event_source_mappings import MAPPING, read_mapping, whole_number
from homeport.project.triggers.function_references import FunctionReferences, is_function_arn
from homeport.project.triggers.trigger import (
    AnyTrigger,
    AsyncSettings,
    BucketTrigger,
    PoolTrigger,
    TopicTrigger,
    Triggers,
)

_FUNCTION = "AWS::Lambda::Function"
_INVOKE_CONFIG = "AWS::Lambda::EventInvokeConfig"


def read_triggers(stack: CloudFormationStack, functions: FunctionReferences, diagnostics: Diagnostics) -> Triggers:
    """Return the triggers of a stack's resources, in the template's order. What is wrong or not here is reported."""
    resources = [_reporting_to(diagnostics, resource) for resource in stack.resources.values()]
    every = [
        trigger
        for resource in resources
        if (read := _READERS.get(resource.type)) is not None
        for trigger in read(resource, functions)
    ]
    return Triggers(tuple(every), _async_settings(resources, functions))


def _reporting_to(diagnostics: Diagnostics, resource: StackResource) -> StackResource:
    return replace(resource, properties=resource.properties._replace(diagnostics=diagnostics))


def _topic(resource: StackResource, functions: FunctionReferences) -> Iterator[TopicTrigger]:
    """Yield the triggers of the subscriptions that a topic names itself."""
    for place, entry in enumerate(resource.properties.list("Subscription")):
        yield from _subscription_of(
            f"{resource.logical_id}/{place}", entry, "Protocol", resource.attributes.get("TopicArn", ""), functions
        )


def _subscription(resource: StackResource, functions: FunctionReferences) -> Iterator[TopicTrigger]:
    properties = resource.properties
    topic = properties.at("TopicArn").value
    yield from _subscription_of(
        resource.logical_id, properties, "Protocol", topic if isinstance(topic, str) else "", functions
    )


def _subscription_of(
    id: str, at: Cursor, protocol: str, topic: str, functions: FunctionReferences
) -> Iterator[TopicTrigger]:
    if at.at(protocol).value != "lambda":
        return
    function = functions.find(at.at("Endpoint").value)
    if function is None:
        at.at("Endpoint").warning(f"{id} invokes a function that is not in the project", "nothing invokes it here")
        return
    _check_filter(at)
    yield TopicTrigger(id=id, function=function, source=at.source, topic_arn=topic)


def _bucket(resource: StackResource, functions: FunctionReferences) -> Iterator[BucketTrigger]:
    configuration = resource.properties.map("NotificationConfiguration")
    for place, entry in enumerate(configuration.list("LambdaConfigurations")):
        function = functions.find(entry.at("Function").value)
        if function is None:
            entry.at("Function").warning(
                f"{resource.logical_id} invokes a function that is not in the project", "nothing invokes it here"
            )
            continue
        rules = entry.map("Filter").map("S3Key").list("Rules")
        names = {str(rule.at("Name").value).lower(): str(rule.at("Value").value or "") for rule in rules}
        yield BucketTrigger(
            id=f"{resource.logical_id}/{place}",
            function=function,
            source=entry.source,
            bucket=resource.physical_id,
            events=(entry.text("Event"),),
            prefix=names.get("prefix", ""),
            suffix=names.get("suffix", ""),
        )


def _pool(resource: StackResource, functions: FunctionReferences) -> Iterator[PoolTrigger]:
    for name, at in resource.properties.map("LambdaConfig").items():
        arn = at.at("LambdaArn").value if isinstance(at.value, dict) else at.value
        function = functions.find(arn) if is_function_arn(arn) else None
        if function is not None:
            event = name.removesuffix("Config")
            yield PoolTrigger(
                id=f"{resource.logical_id}/{event}",
                function=function,
                source=at.source,
                pool=resource.physical_id,
                event=event,
            )


_Reader = Callable[[StackResource, FunctionReferences], Iterator[AnyTrigger]]
_READERS: Mapping[str, _Reader] = {
    MAPPING: read_mapping,
    RULE: read_rule,
    SCHEDULE: read_schedule,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::Subscription": _subscription,
    "AWS::S3::Bucket": _bucket,
    "AWS::Cognito::UserPool": _pool,
}


def _async_settings(resources: Sequence[StackResource], functions: FunctionReferences) -> Mapping[str, AsyncSettings]:
    dead_letters: dict[str, str] = {}
    for resource in (each for each in resources if each.type == _FUNCTION):
        target = resource.properties.map("DeadLetterConfig").at("TargetArn").value
        function = functions.find(resource.physical_id)
        if function is not None and isinstance(target, str):
            dead_letters[function] = target
    settings = {function: AsyncSettings(dead_letter=target) for function, target in dead_letters.items()}
    for resource in (each for each in resources if each.type == _INVOKE_CONFIG):
        properties = resource.properties
        function = functions.find(properties.at("FunctionName").value)
        if function is None:
            continue
        destinations = properties.map("DestinationConfig")
        retries = whole_number(properties, "MaximumRetryAttempts", 0, 2)
        settings[function] = AsyncSettings(
            max_retries=2 if retries is None else retries,
            max_age=whole_number(properties, "MaximumEventAgeInSeconds", 60, 21600) or 21600,
            on_success=_destination(destinations.map("OnSuccess")),
            on_failure=_destination(destinations.map("OnFailure")),
            dead_letter=dead_letters.get(function, ""),
        )
    return settings


def _destination(at: Cursor) -> str:
    value = at.at("Destination").value
    return value if isinstance(value, str) else ""


def _check_filter(subscription: Cursor) -> None:
    """Report a filter that SNS rejects; it is SNS that applies it to messages."""
    subscription.choice("FilterPolicyScope", ("MessageAttributes", "MessageBody"), "MessageAttributes")
    policy = subscription.at("FilterPolicy")
    if isinstance(policy.value, str):
        try:
            json.loads(policy.value)
        except ValueError as error:
            policy.error(f"the policy is not JSON: {error}")
