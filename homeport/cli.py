"""Parse the command line, run one command, and turn errors into one clear line and exit status 2.

A command imports the packages that it needs when it runs, so that ``homeport --help`` and ``homeport dev`` stay quick.
"""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Callable, Sequence

from homeport.commands import (
    check,
    cloud,
    completion,
    contract,
    curl,
    dev,
    doctor,
    dynamodb,
    event,
    invoke,
    logs,
    policy,
    record,
    render,
    scaffold,
    schedules,
    snapshot,
    token,
)
from homeport.commands.arguments import (
    add_deployed_project,
    add_project,
    add_running_project,
    add_running_stage,
)
from homeport.commands.json_output import add_json, print_json_error
from homeport.commands.parser import CommandParser, print_help
from homeport.environment import extra_of, install_hint
from homeport.errors import EXIT_STATUS, HomeportError, ProjectError
from homeport.terminal import problem_lines, style_of

_NO_RIGHT = "give this user the right to write there"
_NO_ROOM = "free some room there"
# Errors of a folder in which something has to be written, each with a hint.
_STORAGE_HINTS = {
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: "homeport writes below .homeport: mount a folder there that can be written",
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
}
# As a shell has it: 128 and the number of SIGINT.
_INTERRUPTED = 130
# The attribute of the options with the command's name.
_NAME = "command_name"

Command = Callable[[argparse.Namespace], int]
AddArguments = Callable[[argparse.ArgumentParser], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if tuple(given[:2]) == completion.WORDS:
        return completion.print_words(make_parser(), given[2:])
    parser = make_parser(given[0] if given else "")
    options = parser.parse_all(record.protect_ids(given), _NAME)
    if getattr(options, _NAME) is None:
        return print_help(parser)
    command: Command = options.command
    try:
        return command(options)
    except BrokenPipeError:
        return EXIT_STATUS
    except KeyboardInterrupt:
        print("homeport: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except (HomeportError, ModuleNotFoundError, OSError) as error:
        explained = explain(error)
        if not explained:
            raise
        _print_error(error, explained)
        if isinstance(error, HomeportError) and getattr(options, "json", False):
            print_json_error(error)
        return EXIT_STATUS


def _print_error(error: Exception, explained: str) -> None:
    style = style_of(sys.stderr)
    if style is not None and isinstance(error, ProjectError):
        for problem in error.problems:
            print("\n".join(problem_lines(problem, style)), file=sys.stderr)
        return
    for line in explained.splitlines():
        print(f"homeport: {line}", file=sys.stderr)


def explain(error: Exception) -> str:
    """Return what a person reads of an error, ``""`` for a fault of the kit's own."""
    if isinstance(error, ModuleNotFoundError) and (extra := extra_of(error.name or "")):
        return f"this needs {error.name}, which isn't here ({install_hint(extra)})"
    if isinstance(error, OSError) and error.filename and (hint := _STORAGE_HINTS.get(error.errno or 0)):
        return f"{error.filename}: {error.strerror} ({hint})"
    return str(error) if isinstance(error, HomeportError) else ""


def make_parser(command_name: str = "") -> CommandParser:
    """Return the parser of the whole command line, or of the one command that ``command_name`` names.

    argparse takes 10 ms to make the options of all commands, and no command need wait for those of others.
    """
    parser = CommandParser(
        prog="homeport", description="Serverless REST APIs on AWS, worked on locally and tested by contract."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest=_NAME)
    chosen = [entry for entry in _COMMANDS if entry[0] == command_name]
    for name, summary, run, parts in chosen or _COMMANDS:
        command = commands.add_parser(name, help=summary)
        for add_part in parts:
            add_part(command)
        command.set_defaults(command=run)
    if not chosen:
        cloud.add_cloud_commands(commands.add_parser)
    return parser


class _Version(argparse.Action):
    """Print the version. The look-up takes longer than the rest of a start, so only this option does it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from homeport import __version__

        print(f"homeport {__version__}")
        parser.exit()


_COMMANDS: tuple[tuple[str, str, Command, tuple[AddArguments, ...]], ...] = (
    ("init", "make a new project", scaffold.run_init, (scaffold.add_init_arguments,)),
    (
        "add",
        "add an operation: spec, handler, test and access",
        scaffold.run_add,
        (add_project, scaffold.add_add_arguments),
    ),
    (
        "remove",
        "remove an operation: spec, settings, handler and test",
        scaffold.run_remove,
        (add_project, scaffold.add_remove_arguments),
    ),
    (
        "adopt",
        "make a project of an existing OpenAPI document or SAM template",
        scaffold.run_adopt,
        (scaffold.add_adopt_arguments,),
    ),
    ("dev", "run the API here: gateway, functions and DynamoDB", dev.run, (add_project, dev.add_arguments)),
    ("dynamodb", "run the embedded DynamoDB alone, for any program", dynamodb.run, (dynamodb.add_arguments,)),
    ("check", "say what AWS would refuse and what is not emulated", check.run, (add_project, add_json)),
    (
        "generate",
        "write what service/ imports of the spec: the validators",
        scaffold.run_generate,
        (add_project, scaffold.add_generate_arguments),
    ),
    (
        "completion",
        "print the script for the tab key in bash, zsh or fish",
        completion.run,
        (completion.add_arguments,),
    ),
    ("schema", "print the JSON Schema of a file, for editors", check.run_schema, (check.add_schema_arguments,)),
    (
        "setup",
        "install what functions and engine need, for work offline",
        doctor.run_setup,
        (add_project, doctor.add_setup_arguments),
    ),
    ("token", "mint a token of the local issuer", token.run, (add_running_stage, token.add_arguments)),
    (
        "test",
        "fuzz the contract, here or at any URL",
        contract.run_test,
        (add_project, contract.add_test_arguments, add_json),
    ),
    (
        "record",
        "keep exchanges as an HTTP Archive (HAR)",
        record.run_record,
        (add_project, record.add_record_arguments),
    ),
    (
        "export",
        "print the API, or what was recorded, as other tools read it",
        record.run_export,
        (add_running_project, record.add_export_arguments),
    ),
    (
        "replay",
        "make recorded calls again and compare the answers",
        contract.run_replay,
        (add_project, contract.add_replay_arguments),
    ),
    (
        "save-test",
        "write a recorded request down as a test",
        record.run_save_test,
        (add_project, record.add_save_test_arguments),
    ),
    ("parity", "compare the answers of two URLs", contract.run_parity, (add_project, contract.add_parity_arguments)),
    (
        "invoke",
        "run one function, as the console's Test button does",
        invoke.run,
        (add_running_project, invoke.add_arguments, add_json),
    ),
    (
        "event",
        "print the event that a function would get",
        event.run,
        (add_running_stage, event.add_arguments),
    ),
    (
        "schedules",
        "list the schedules, and run one at once",
        schedules.run,
        (add_running_project, schedules.add_arguments),
    ),
    (
        "policy",
        "print the smallest IAM policy that recorded functions need",
        policy.run,
        (add_running_stage, policy.add_arguments),
    ),
    (
        "curl",
        "send a request to the API that runs here, signed as a caller",
        curl.run,
        (add_running_project, curl.add_arguments),
    ),
    (
        "render",
        "print what mapping templates make of a request",
        render.run,
        (add_running_stage, render.add_arguments),
    ),
    ("logs", "print what functions logged", logs.run, (add_project, logs.add_arguments, add_json)),
    ("template", "print the CloudFormation template of a stage", cloud.run_template, (add_deployed_project,)),
    (
        "snapshot",
        "keep what the tables hold, and bring it back",
        snapshot.run,
        (add_running_project, snapshot.add_arguments, add_json),
    ),
    (
        "doctor",
        "say what this machine lacks, and what to do about it",
        doctor.run,
        (add_project, dev.add_arguments, add_json),
    ),
)
"""Name, summary, function and options of each command, in the order of ``--help``."""
