"""``homeport event``: the event that a function gets of a request or of a trigger."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from homeport.commands.arguments import (
    add_api,
    add_request_arguments,
    body_of,
    choose_stage,
    is_described,
    read_chosen_project,
    read_source,
    sample_of,
)
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.project.project import Project
    from homeport.project.triggers.trigger import AnyTrigger


NO_EVENT: Any = object()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport event``."""
    parser.add_argument(
        "operation",
        metavar="OPERATION",
        help="an operationId, a route, a function, a trigger's logical id, or a source: sqs, sns, s3, dynamodb, "
        "kinesis, eventbridge, schedule, scheduler, cognito:PreSignUp",
    )
    add_trigger(parser)
    add_api(parser)
    parser.add_argument("--authorizer", action="store_true", help="the event of its Lambda authorizer instead")
    add_request_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print the event for a request as JSON. Raises HomeportError."""
    from homeport.gateway.sample import sample_authorizer_event, sample_event
    from homeport.project.apis import choose_api_with

    read = read_chosen_project(options, choose_stage(options))
    if (event := _trigger_event(read, options.operation, options)) is not NO_EVENT:
        print(json.dumps(event, indent=2, ensure_ascii=False))
        return 0
    project = choose_api_with(read, options.api, options.operation)
    make = sample_authorizer_event if options.authorizer else sample_event
    print(json.dumps(_make_event(make, project, options.operation, options), indent=2, ensure_ascii=False))
    return 0


def read_event(options: argparse.Namespace, project: Project) -> bytes:
    if options.event is None:
        if (event := _trigger_event(project, options.function, options)) is not NO_EVENT:
            return json.dumps(event).encode()
        from homeport.gateway.integrations.lambda_proxy import event_json
        from homeport.gateway.sample import sample_event

        return event_json(_make_event(sample_event, project, options.function, options))
    if is_described(options):
        raise HomeportError("--event is a whole event", "describe a request, or give --event")
    event = read_source(options.event)
    try:
        json.loads(event)
    except ValueError as error:
        raise HomeportError(f"the event in {options.event} is not JSON: {error}") from None
    return event


def add_trigger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trigger", metavar="ID", help="the trigger whose event it is, by its logical id, of a function with several"
    )


def _trigger_event(project: Project, name: str, options: argparse.Namespace) -> Any:
    """Return the event of a trigger, ``NO_EVENT`` where a request is meant. Raises HomeportError."""
    trigger = find_trigger(project, name, options.trigger)
    if trigger is None:
        return NO_EVENT
    from uuid import uuid4

    from homeport.triggers.sample import SampleInput, trigger_event

    if options.header or options.query or options.path or options.claim or options.method:
        raise HomeportError("the event of a trigger is made with --body alone", "leave out what describes a request")
    body = body_of(options)
    given = SampleInput(
        body.decode(errors="replace") if body else None, project.stage.region, time.time(), lambda: str(uuid4())
    )
    return trigger_event(trigger, given, project.resources)


def find_trigger(project: Project, name: str, chosen: str | None) -> AnyTrigger | None:
    """Return the trigger that a name stands for: its id, its function's, or a source's. None: a route is meant.

    Raises HomeportError for a function with several triggers of which none is ``chosen``.
    """
    from homeport.project.names import named_function, named_operation

    every = project.triggers.every
    by_id = next((trigger for trigger in every if trigger.id == name), None)
    if by_id is not None and chosen is None:
        return by_id
    function = next(filter(None, (named_function(each.api, name) for each in project.every_api)), None)
    found = project.triggers.of_function(function.name) if function is not None else ()
    if chosen is not None:
        return _chosen_trigger(name, chosen, found or every)
    if any(named_operation(each.api, name) for each in project.every_api):
        return None
    if function is None:
        from homeport.triggers.sample import sample_triggers

        return sample_triggers(project.stage.region).get(name)
    if not found or any(each.api.functions[function.name].operations for each in project.every_api):
        return None
    if len(found) > 1:
        choices = " or ".join(f"--trigger {trigger.id}" for trigger in found)
        raise HomeportError(f"{name!r} has several triggers", f"choose one: {choices}")
    return found[0]


def _chosen_trigger(name: str, chosen: str, triggers: Sequence[AnyTrigger]) -> AnyTrigger:
    from homeport.project.names import did_you_mean

    found = next((trigger for trigger in triggers if trigger.id == chosen), None)
    if found is None:
        known = [trigger.id for trigger in triggers]
        raise HomeportError(f"{name} has no trigger {chosen!r}", did_you_mean(chosen, known))
    return found


def _make_event(make: Callable[..., Any], project: Project, operation: str, options: argparse.Namespace) -> Any:
    from homeport.gateway.sample import SampleInputs
    from homeport.project.names import find_operation

    chance = SampleInputs(time.time(), os.urandom)
    return make(project, find_operation(project.api, operation), sample_of(options), chance)
