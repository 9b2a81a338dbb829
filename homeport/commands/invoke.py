"""``homeport invoke``: run a function once, with its log."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.commands.arguments import (
    NO_DEV,
    NO_DEV_HINT,
    add_api,
    add_request_arguments,
    choose_dev,
    dynamodb_url,
    read_chosen_project,
)
from homeport.commands.event import add_trigger, read_event
from homeport.commands.json_output import print_json
from homeport.environment import reject_windows

if TYPE_CHECKING:
    from homeport.runtime.api import Invocation

FUNCTION_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport invoke``."""
    parser.add_argument("function", metavar="FUNCTION", help="an operationId, a route, or a function's name")
    add_api(parser)
    parser.add_argument("--event", metavar="FILE|-", help="the event, JSON; else that of the request described below")
    add_trigger(parser)
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
    event = read_event(options, chosen)
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


def _say(line: str) -> None:
    print(f"homeport: {line}", file=sys.stderr, flush=True)
