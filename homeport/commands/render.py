"""``homeport render``: what mapping templates make of a request, step by step."""

from __future__ import annotations

import argparse
import os
import time
from typing import TYPE_CHECKING

from homeport.commands.arguments import (
    add_api,
    add_request_arguments,
    choose_stage,
    read_chosen_project,
    read_text_or_file,
    sample_of,
)

if TYPE_CHECKING:
    pass


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport render``."""
    parser.add_argument("operation", metavar="OPERATION", help="an operationId, a route, or its function's name")
    add_api(parser)
    add = parser.add_argument_group("the backend's answer").add_argument
    add("--answer", metavar="TEXT|@FILE|@-", help="its body; without it only the request is rendered")
    add("--status", type=int, default=200, help="its status, which selects the integration response (default: 200)")
    add_request_arguments(parser)


def run(options: argparse.Namespace) -> int:
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
