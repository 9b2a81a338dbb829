"""``homeport invoke``: runs one function as the console's Test button does."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING

from homeport.commands.arguments import add_request_arguments, dynamodb_url, is_described, read_source, sample_of
from homeport.environment import reject_windows
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.project.project import Project

FUNCTION_FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options, ``--project`` and ``--stage`` aside."""
    parser.add_argument("function", metavar="FUNCTION", help="an operationId, or a function's name")
    parser.add_argument("--event", metavar="FILE|-", help="the event, JSON; else that of the request described below")
    parser.add_argument(
        "--dynamodb", type=dynamodb_url, metavar="URL", help="the DynamoDB to use (default: a running homeport dev's)"
    )
    add_request_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print the result on standard output, the log on standard error; 1 if the function failed.

    Raises HomeportError.
    """
    reject_windows()
    from homeport.dev.invoke import invoke_once
    from homeport.project.load import load_project
    from homeport.project.names import find_function

    project = load_project(options.project.resolve(), options.stage)
    function = find_function(project.api, options.function)
    event = _event(options, project)
    dynamodb = options.dynamodb or _running(project)
    if dynamodb is None and function.access:
        _say("no homeport dev runs here, so there is no DynamoDB: start it, or give --dynamodb URL")
    invocation = invoke_once(project, function.name, event, dynamodb, _say)
    sys.stderr.flush()
    sys.stderr.buffer.write(invocation.log)
    sys.stderr.buffer.flush()
    sys.stdout.buffer.write(invocation.payload + b"\n")
    sys.stdout.buffer.flush()
    return FUNCTION_FAILED if invocation.error else 0


def _event(options: argparse.Namespace, project: Project) -> bytes:
    if options.event is not None:
        if is_described(options):
            raise HomeportError("--event is a whole event", "describe a request, or give --event")
        return _checked(read_source(options.event), options.event)
    from homeport.gateway.integrations.lambda_proxy import event_json
    from homeport.gateway.sample import Chance, sample_event
    from homeport.project.names import find_operation

    operation = find_operation(project.api, options.function)
    return event_json(sample_event(project, operation, sample_of(options), Chance(time.time(), os.urandom)))


def _checked(event: bytes, source: str) -> bytes:
    try:
        json.loads(event)
    except ValueError as error:
        raise HomeportError(f"the event in {source} is not JSON: {error}") from None
    return event


def _running(project: Project) -> str | None:
    from homeport.dev.running_instance import find_running_instance

    dev = find_running_instance(project.root)
    return dev.dynamodb if dev else None


def _say(line: str) -> None:
    print(f"homeport: {line}", file=sys.stderr, flush=True)
