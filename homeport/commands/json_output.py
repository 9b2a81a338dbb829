"""``--json``: the result of a command as JSON for programs, alone on standard output; all else goes to standard error.

Each result is an object with ``version``. Within a version keys may be added, and none is removed or changes its type.
``FIELDS`` has the keys, which docs/reference/json.md shows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from homeport.errors import HomeportError, ProjectError

VERSION = 1
Publish = Callable[[Mapping[str, Any]], None]

FIELDS: Mapping[str, Mapping[str, str]] = {
    "check": {
        "errors": "how many problems are errors",
        "warnings": "how many are warnings",
        "problems": "each with `severity` (`error`, `warning`), `file`, `line` (0: the whole file), `message`, `hint`",
    },
    "deploy": {
        "stage": "the stage",
        "stack": "the stack's name",
        "region": "its region",
        "flavor": "`http` or `rest`",
        "routes": "each with `method`, `path`, `target` and `auth` (who may call it, in words)",
        "functions": "each with `logicalId`, `name`, `runtime`, `architecture`, `memory` (MB), `timeout` (seconds), "
        "`role` and `rights` (`null` of a role outside of the stack); a number that CloudFormation works out is `null`",
        "tables": "each with `logicalId`, `key`, `indexes`, `onDemand` and `kept` (whether it outlives the stack)",
        "roles": "those that are no function's, each with `logicalId`, `assumedBy` and `rights`",
        "logs": "each with `name` and `days` (`null`: for ever)",
        "alarms": "each with `logicalId` and `description`",
        "resources": "all of them, each with `logicalId`, `type` and `condition` (`null`, or the template's)",
        "costs": "each with `logicalId`, `type`, `basis` (`use`, `time`: used or not, `free`, `unknown`) and `charged`",
        "required": "what must be there before: secrets, parameters, exports and tables of others",
        "warnings": "what is worth a look before a deployment",
    },
    "doctor": {
        "fit": "whether `homeport dev` can run here",
        "findings": "each with `state` (`ok`, `note`, `problem`), `text`, `hint`",
    },
    "invoke": {
        "function": "the function's name",
        "requestId": "the id of the invocation",
        "error": "`null`, or the value of `X-Amz-Function-Error`: `Unhandled`",
        "payload": "the response, or the error that Lambda makes of a failure",
        "durationMs": "milliseconds",
        "initMs": "milliseconds of the cold start",
        "log": "the lines of the log",
    },
    "logs": {
        "at": "the time, `2026-03-01T12:00:00.123Z`",
        "function": "the function's name",
        "text": "the line",
    },
    "snapshot": {
        "action": "`save`, `load`, `list` or `delete`",
        "snapshots": "each with `name`, `bytes`, `made`, `stage`, `tables` (logical ids), `services` (whether it has "
        "what the other services hold) and `problem` (`null`, or why it can't be read)",
        "items": "of `save` and `load`: how many items, by table",
        "services": "of `save` and `load`: whether it was done with the other services, too",
    },
    "status": {
        "stack": "the stack's name",
        "region": "its region",
        "account": "its account",
        "deployed": "whether it is there",
        "status": "CloudFormation's word",
        "reason": "CloudFormation's reason",
        "recovery": "the command that repairs it, or `null`",
        "urls": "the API's URLs",
        "functions": "names of functions",
        "tables": "names of tables",
        "deploys": "the last ones, the newest first, each with `id`, `who`, `commit`, `code`, `homeport` and "
        "`rollbackTo` (`null` of a deploy)",
        "alarms": "each with `name` and `state`",
        "drift": "`null` where it was not looked at, or an object with `known` (`false`: of not all), `reason` and "
        "`resources`, each with `logicalId`, `type` and `properties`",
    },
    "test": {
        "holds": "whether the contract holds, as the exit status says",
        "interrupted": "whether the run was interrupted, so that there may be more findings",
        "apis": "each with `name`, `url`, `seed`, `report` (the page), `cases` (those of schemathesis), `requests` "
        "(those of the checks of REST), `ownCases`, and `findings` as `findings.json` has them",
        "problem": "`null`, or why the project's own cases could not run",
    },
}
"""The keys of each command's result beside ``version``, with their meanings in Markdown."""

PROBLEM_FIELDS = {
    "error": "an object with `message`, `hint` and `problems` (those of the project's files, as `check` has them)"
}
"""The keys of the result of a command that could not do its work."""


def add_json(parser: argparse.ArgumentParser, condition: str = "") -> None:
    """Add ``--json``. ``condition`` is the beginning of its help, for an option that belongs to another one."""
    words = f"{condition}print the result as JSON, and nothing else, for programs"
    parser.add_argument("--json", action="store_true", help=words)


@contextlib.contextmanager
def json_output(options: argparse.Namespace) -> Iterator[Publish]:
    """Yield a function that takes the result, in parts; it is printed at the end.

    With ``--json`` all that is printed meanwhile goes to standard error, what other processes print included. Without
    it the function does nothing.
    """
    if not options.json:
        yield lambda values: None
        return
    result: dict[str, Any] = {}
    with _printing_to_stderr():
        yield result.update
    print_json(result)


def print_json(values: Mapping[str, Any]) -> None:
    """Print a result on one line."""
    print(json.dumps({"version": VERSION, **values}, ensure_ascii=False), flush=True)


def print_json_error(error: HomeportError) -> None:
    """Print the result of a command that raised an error."""
    problems = [problem_fields(each) for each in error.problems] if isinstance(error, ProjectError) else []
    print_json({"error": {"message": error.message, "hint": error.hint, "problems": problems}})


def problem_fields(problem: Any) -> dict[str, Any]:
    """Return a Problem as JSON has it."""
    return {name: getattr(problem, name) for name in ("severity", "file", "line", "message", "hint")}


@contextlib.contextmanager
def _printing_to_stderr() -> Iterator[None]:
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 1)
        os.close(kept)
