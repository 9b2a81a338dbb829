"""``homeport invoke``, ``event``, ``render``, ``token``: run a function, or print what it would get, or a token."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.commands.arguments import (
    NO_DEV,
    NO_DEV_HINT,
    add_api,
    add_request_arguments,
    body_of,
    choose_dev,
    choose_stage,
    dynamodb_url,
    is_described,
    parse_claim,
    read_chosen_project,
    read_source,
    read_text_or_file,
    sample_of,
)
from homeport.commands.json_output import print_json
from homeport.environment import reject_windows
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.project.project import Project
    from homeport.project.triggers.trigger import AnyTrigger
    from homeport.runtime.api import Invocation

FUNCTION_FAILED = 1
NO_EVENT: Any = object()
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(-?)([0-9]{1,9})([smhd])")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport invoke``."""
    parser.add_argument("function", metavar="FUNCTION", help="an operationId, a route, or a function's name")
    add_api(parser)
    parser.add_argument("--event", metavar="FILE|-", help="the event, JSON; else that of the request described below")
    _add_trigger(parser)
    parser.add_argument(
        "--dynamodb", type=dynamodb_url, metavar="URL", help="the DynamoDB to use (default: a running homeport dev's)"
    )
    add_request_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print the result on standard output and the log on standard error. Return 1 if the function failed.

    Raises HomeportError.
    """
    reject_windows()
    from homeport.aws.endpoints import ServiceEndpoints
    from homeport.dev.worker_setup import invoke_once
    from homeport.project.apis import choose_api_with
    from homeport.project.names import find_function

    dev = None if options.dynamodb else choose_dev(options)
    project = read_chosen_project(options, options.stage)
    chosen = choose_api_with(project, options.api, options.function)
    function = find_function(chosen.api, options.function)
    event = _read_event(options, chosen)
    dynamodb = options.dynamodb or (dev.dynamodb if dev else None)
    if dev is not None:
        _say(f"the DynamoDB is that of homeport dev, {dev}")
    elif dynamodb is None and function.access:
        _say(f"{NO_DEV}: {NO_DEV_HINT}")
    others = (dev.aws, dev.functions) if dev is not None else (None, None)
    recorder = dev.recorder if dev is not None else None
    endpoints, started = ServiceEndpoints(dynamodb, *others), time.time()
    invocation = invoke_once(project, function.name, event, endpoints, _say, traced=recorder is not None)
    if recorder is not None:
        from homeport.gateway.observers.recorder_client import RunEntry, record_run

        record_run(Path(recorder), RunEntry("homeport invoke", function.name, event, invocation, started))
    if options.json:
        print_json(_result_fields(function.name, invocation))
        return FUNCTION_FAILED if invocation.error else 0
    sys.stderr.flush()
    sys.stderr.buffer.write(invocation.log)
    sys.stderr.buffer.flush()
    sys.stdout.buffer.write(invocation.payload + b"\n")
    sys.stdout.buffer.flush()
    return FUNCTION_FAILED if invocation.error else 0


def _result_fields(function: str, invocation: Invocation) -> dict[str, Any]:
    payload = invocation.payload.decode(errors="replace")
    try:
        result = json.loads(payload)
    except ValueError:
        result = payload
    return {
        "function": function,
        "requestId": invocation.request_id,
        "error": invocation.error,
        "payload": result,
        "durationMs": invocation.duration_ms,
        "initMs": invocation.init_ms,
        "log": invocation.log.decode(errors="replace").splitlines(),
    }


def add_event_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport event``."""
    parser.add_argument(
        "operation",
        metavar="OPERATION",
        help="an operationId, a route, a function, a trigger's logical id, or a source: sqs, sns, s3, dynamodb, "
        "kinesis, eventbridge, schedule, scheduler, cognito:PreSignUp",
    )
    _add_trigger(parser)
    add_api(parser)
    parser.add_argument("--authorizer", action="store_true", help="the event of its Lambda authorizer instead")
    add_request_arguments(parser)


def run_event(options: argparse.Namespace) -> int:
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


def _read_event(options: argparse.Namespace, project: Project) -> bytes:
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


def _add_trigger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trigger", metavar="ID", help="the trigger whose event it is, by its logical id, of a function with several"
    )


def _trigger_event(project: Project, name: str, options: argparse.Namespace) -> Any:
    """Return the event of a trigger, ``NO_EVENT`` where a request is meant. Raises HomeportError."""
    trigger = find_trigger(project, name, options.trigger)
    if trigger is None:
        return NO_EVENT
    from homeport.triggers.sample import SampleInput, trigger_event

    if options.header or options.query or options.path or options.claim or options.method:
        raise HomeportError("the event of a trigger is made with --body alone", "leave out what describes a request")
    body = body_of(options)
    given = SampleInput(
        body.decode(errors="replace") if body else None, project.stage.region, time.time(), lambda: str(uuid.uuid4())
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


def add_render_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport render``."""
    parser.add_argument("operation", metavar="OPERATION", help="an operationId, a route, or its function's name")
    add_api(parser)
    add = parser.add_argument_group("the backend's answer").add_argument
    add("--answer", metavar="TEXT|@FILE|@-", help="its body; without it only the request is rendered")
    add("--status", type=int, default=200, help="its status, which selects the integration response (default: 200)")
    add_request_arguments(parser)


def run_render(options: argparse.Namespace) -> int:
    """Print what the mapping templates of an operation make of a request, step by step. Raises HomeportError."""
    from homeport.gateway.sample import SampleInputs
    from homeport.gateway.sample_mapping import SampleAnswer, sample_mapping
    from homeport.project.apis import choose_api_with
    from homeport.project.names import find_operation

    read = read_chosen_project(options, choose_stage(options))
    project = choose_api_with(read, options.api, options.operation)
    operation = find_operation(project.api, options.operation)
    answer = None if options.answer is None else SampleAnswer(read_text_or_file(options.answer), options.status)
    chance = SampleInputs(time.time(), os.urandom)
    for step in sample_mapping(project, operation, sample_of(options), chance, answer):
        print(f"── {step.title}\n{step.text}\n", flush=True)
    return 0


def add_token_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport token``."""
    add_api(parser)
    parser.add_argument("--sub", default="user-1", help="who the token is for (default: %(default)s)")
    parser.add_argument("--scope", action="append", default=[], help="scopes, several separated by spaces")
    parser.add_argument(
        "--claim",
        action="append",
        type=parse_claim,
        default=[],
        metavar="NAME=VALUE",
        help='a further claim; VALUE is JSON (true, 7, ["a"]) or else text',
    )
    parser.add_argument(
        "--expires",
        type=parse_duration,
        default="1h",
        metavar="1h",
        help="30s, 15m, 1h, 2d; --expires=-1h: expired already",
    )
    parser.add_argument("--audience", action="append", help="who it is meant for (default: what the authorizer takes)")
    parser.add_argument("--authorizer", metavar="NAME", help="the security scheme it is for, if there are several")
    parser.add_argument(
        "--use", choices=("id", "access"), help="the kind of Cognito token (default: access with a scope, else id)"
    )


def run_token(options: argparse.Namespace) -> int:
    """Print one token and nothing else, for use in scripts. Raises HomeportError."""
    from homeport.issuer.keys import FOLDER, signing_key
    from homeport.issuer.mint import TokenOptions, mint, token_request

    project = _project_with_authorizer(read_chosen_project(options, choose_stage(options)), options)
    wanted = TokenOptions(
        sub=options.sub,
        authorizer=options.authorizer,
        scopes=tuple(scope for text in options.scope for scope in text.split()),
        audience=tuple(options.audience or ()),
        use=options.use,
        lifetime=options.expires,
        claims=dict(options.claim),
    )
    request = token_request(wanted, project)
    print(mint(request, signing_key(project.root / FOLDER), now=time.time(), token_id=str(uuid.uuid4())))
    return 0


def _project_with_authorizer(project: Project, options: argparse.Namespace) -> Project:
    """Return the project of the API that was chosen, or of the only one with the authorizer, or with any of tokens."""
    from homeport.project.apis import choose_api

    def takes_tokens(each: Project) -> bool:
        names = [name for name, found in each.api.authorizers.items() if found.kind in ("jwt", "cognito")]
        return options.authorizer in names if options.authorizer else bool(names)

    if options.api is not None or len(project.every_api) == 1:
        return choose_api(project, options.api)
    having = [each for each in project.every_api if takes_tokens(each)]
    return having[0] if len(having) == 1 else choose_api(project, None) if having else project


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as ``15m``."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 30s, 15m, 1h or 2d")
    sign, number, unit = found.groups()
    seconds = int(number) * _UNITS[unit]
    return -seconds if sign else seconds


def _say(line: str) -> None:
    print(f"homeport: {line}", file=sys.stderr, flush=True)
