"""Rules of EventBridge and schedules: ``schedule``, ``eventBridge`` and ``cloudwatchEvent``.

https://www.serverless.com/framework/docs/providers/aws/events/schedule
https://www.serverless.com/framework/docs/providers/aws/events/event-bridge
"""

from __future__ import annotations

import json
from typing import Any

from homeport.project.serverless.logical_names import function_id, normal_name, plain_name
from homeport.project.serverless.service import (
    Content,
    EventEntry,
    ServerlessService,
    ServiceTemplate,
    arn_of,
    is_set,
    optional,
    text_of,
)
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor


def add_rules(service: ServerlessService, template: ServiceTemplate) -> None:
    """Add the rules and schedules of a service."""
    numbers: dict[tuple[str, str], int] = {}

    def count(entry: EventEntry) -> int:
        key = (entry.function.key, entry.kind)
        numbers[key] = numbers.get(key, 0) + 1
        return numbers[key]

    for entry in service.events("schedule"):
        for rate in _rates(entry.settings):
            _add_schedule(entry, rate, count(entry), template)
    for entry in service.events("cloudwatchEvent"):
        logical_id = f"{normal_name(entry.function.key)}EventsRuleCloudWatchEvent{count(entry)}"
        settings = entry.settings
        properties: Content = {
            "EventPattern": optional(settings.at("event")),
            **_rule(entry, settings),
        }
        template.add(logical_id, "AWS::Events::Rule", properties, settings)
    for entry in service.events("eventBridge"):
        _add_event_bridge(service, entry, count(entry), template)


def _rates(settings: Cursor) -> list[Cursor]:
    """Return the expressions of a schedule, of which a map may have several."""
    rate = settings.at("rate") if isinstance(settings.value, dict) else settings
    found = list(rate.entries()) if isinstance(rate.value, list) else [rate]
    if not found or any(each.value is None or isinstance(each.value, bool) for each in found):
        settings.error("the schedule has no rate", "write rate(5 minutes) or cron(0 12 * * ? *)")
        return []
    return found


def _add_schedule(entry: EventEntry, rate: Cursor, number: int, template: ServiceTemplate) -> None:
    settings = entry.settings if isinstance(entry.settings.value, dict) else entry.settings._replace(value={})
    name = normal_name(entry.function.key)
    if text_of(settings.at("method")) == "scheduler":
        target: Content = {"Arn": arn_of(function_id(entry.function.key)), "RoleArn": _role(entry, template)}
        if settings.has("input"):
            target["Input"] = _input(settings.at("input"))
        properties: Content = {
            "ScheduleExpression": rate,
            "ScheduleExpressionTimezone": optional(settings.at("timezone")),
            "State": _state(settings),
            "Name": optional(settings.at("name")),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        }
        template.add(f"{name}SchedulerSchedule{number}", "AWS::Scheduler::Schedule", properties, entry.settings)
        return
    properties = {"ScheduleExpression": rate, **_rule(entry, settings)}
    template.add(f"{name}EventsRuleSchedule{number}", "AWS::Events::Rule", properties, entry.settings)


def _role(entry: EventEntry, template: ServiceTemplate) -> Any:
    """Return the role that invokes a function by a schedule: the function's own."""
    return arn_of("IamRoleLambdaExecution") if "IamRoleLambdaExecution" in template.resources else None


def _add_event_bridge(service: ServerlessService, entry: EventEntry, number: int, template: ServiceTemplate) -> None:
    settings = entry.settings
    if not settings.is_map("an eventBridge event, a map"):
        return
    rule_name = text_of(settings.at("name")) or f"{service.prefix}-{entry.function.key}-rule-{number}"
    bus = settings.at("eventBus")
    pattern = settings.at("pattern")
    properties: Content = {
        "EventBusName": _bus(service, bus, template),
        "EventPattern": optional(pattern),
        "ScheduleExpression": optional(settings.at("schedule")),
        **_rule(entry, settings),
        "Name": Placed(rule_name, settings),
    }
    if pattern.value is None and not settings.has("schedule"):
        settings.error("the eventBridge event has neither a pattern nor a schedule", "write pattern: {source: […]}")
        return
    template.add(f"{plain_name(rule_name)}EventBridgeRule", "AWS::Events::Rule", properties, settings)


def _bus(service: ServerlessService, bus: Cursor, template: ServiceTemplate) -> Any:
    """Return the bus of a rule; one that is named only is made."""
    name = text_of(bus)
    if not name or name == "default" or name.startswith("arn:"):
        return optional(bus)
    section = service.top.at("resources")
    parts = section.entries() if isinstance(section.value, list) else [section]
    known = [res for part in parts for _, res in part.at("Resources").items()]
    if any(each.at("Properties").at("Name").value == name for each in known):
        return bus
    logical_id = f"{normal_name(name)}EventBridgeEventBus"
    if logical_id not in template.resources:
        template.add(logical_id, "AWS::Events::EventBus", {"Name": bus}, bus)
    return {"Ref": logical_id}


def _rule(entry: EventEntry, settings: Cursor) -> Content:
    """Return the properties that all rules share: the state, the name and the target."""
    key = entry.function.key
    target: Content = {"Arn": arn_of(function_id(key)), "Id": f"{key}{entry.kind[:1].upper()}{entry.kind[1:]}"}
    if settings.at("input").value is not None:
        target["Input"] = _input(settings.at("input"))
    if settings.has("inputPath"):
        target["InputPath"] = settings.at("inputPath")
    if settings.has("inputTransformer"):
        transformer = settings.at("inputTransformer")
        names = {"inputTemplate": "InputTemplate", "inputPathsMap": "InputPathsMap"}
        target["InputTransformer"] = {
            name: transformer.at(word) for word, name in names.items() if transformer.has(word)
        }
    if settings.has("deadLetterQueueArn"):
        target["DeadLetterConfig"] = {"Arn": settings.at("deadLetterQueueArn")}
    if settings.has("retryPolicy"):
        policy = settings.at("retryPolicy")
        names = {"maximumEventAge": "MaximumEventAgeInSeconds", "maximumRetryAttempts": "MaximumRetryAttempts"}
        target["RetryPolicy"] = {name: policy.at(word) for word, name in names.items() if policy.has(word)}
    return {"Name": optional(settings.at("name")), "State": _state(settings), "Targets": [target]}


def _state(settings: Cursor) -> Any:
    at = settings.at("enabled")
    return Placed("ENABLED" if at.value is None or is_set(at) else "DISABLED", at)


def _input(at: Cursor) -> Placed:
    return Placed(at.value if isinstance(at.value, str) else json.dumps(at.value), at)
