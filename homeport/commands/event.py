"""``homeport event``: prints the event that a function would get for a request."""

from __future__ import annotations

import argparse
import json
import os
import time

from homeport.commands.arguments import add_request_arguments, sample_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options, ``--project`` and ``--stage`` aside."""
    parser.add_argument("operation", metavar="OPERATION", help="an operationId, or the name of its function")
    parser.add_argument("--authorizer", action="store_true", help="the event of its Lambda authorizer instead")
    add_request_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print one event as JSON. Raises HomeportError."""
    from homeport.gateway.sample import Chance, sample_authorizer_event, sample_event
    from homeport.project.load import load_project
    from homeport.project.names import find_operation

    project = load_project(options.project.resolve(), options.stage)
    make = sample_authorizer_event if options.authorizer else sample_event
    chance = Chance(time.time(), os.urandom)
    event = make(project, find_operation(project.api, options.operation), sample_of(options), chance)
    print(json.dumps(event, indent=2, ensure_ascii=False))
    return 0
