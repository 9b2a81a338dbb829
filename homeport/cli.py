"""The command line: parse, call one room, turn errors into one clear line and exit status 2.

Each command's room is imported when the command runs, so that ``homeport --help`` and ``homeport dev`` stay quick.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from homeport.commands.cloud import add_cloud_commands
from homeport.commands.extras import extra_of
from homeport.commands.save_test import guarded
from homeport.errors import EXIT_STATUS, HomeportError
from homeport.platforms import refuse_windows

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(guarded(sys.argv[1:] if arguments is None else arguments))
    command: Command = options.command
    try:
        return command(options)
    except HomeportError as error:
        for line in str(error).splitlines():
            print(f"homeport: {line}", file=sys.stderr)
        return EXIT_STATUS
    except ModuleNotFoundError as error:
        if extra := extra_of(error):
            print(
                f"homeport: this needs {error.name}, which isn't here (pip install 'homeport[{extra}]')",
                file=sys.stderr,
            )
            return EXIT_STATUS
        raise
    except BrokenPipeError:
        return EXIT_STATUS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="homeport", description="Serverless REST APIs on AWS, worked on locally and tested by contract."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_init(commands.add_parser("init", help="make a new project"))
    _add_add(commands.add_parser("add", help="add an operation: spec, handler, test and access"))
    _add_adopt(commands.add_parser("adopt", help="make a project of an existing OpenAPI document or SAM template"))
    _add_dev(commands.add_parser("dev", help="run the API here: gateway, functions and DynamoDB"))
    _add_check(commands.add_parser("check", help="say what AWS would refuse and what is not emulated"))
    _add_generate(commands.add_parser("generate", help="write what service/ imports of the spec: the validators"))
    _add_setup(commands.add_parser("setup", help="install what functions and engine need, for work offline"))
    _add_token(commands.add_parser("token", help="mint a token of the local issuer"))
    _add_test(commands.add_parser("test", help="fuzz the contract, here or at any URL"))
    _add_record(commands.add_parser("record", help="keep exchanges as an HTTP Archive (HAR)"))
    _add_export(commands.add_parser("export", help="print the API, or what was recorded, as other tools read it"))
    _add_replay(commands.add_parser("replay", help="make recorded calls again and compare the answers"))
    _add_save_test(commands.add_parser("save-test", help="write a recorded request down as a test"))
    _add_parity(commands.add_parser("parity", help="compare the answers of two URLs"))
    _add_invoke(commands.add_parser("invoke", help="run one function, as the console's Test button does"))
    _add_event(commands.add_parser("event", help="print the event that a function would get"))
    _add_logs(commands.add_parser("logs", help="print what functions logged"))
    _add_template(commands.add_parser("template", help="print the CloudFormation template of a stage"))
    _add_snapshot(commands.add_parser("snapshot", help="keep what the tables hold, and bring it back"))
    _add_doctor(commands.add_parser("doctor", help="say what this machine lacks, and what to do about it"))
    add_cloud_commands(commands.add_parser)
    return parser


class _Version(argparse.Action):
    """Looking the version up takes longer than the rest of a start, so it waits until somebody asks."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from homeport import __version__

        print(f"homeport {__version__}")
        parser.exit()


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="the project (default: .)")
    parser.add_argument("--stage", default="local", help="a stage of deploy/stages.yaml (default: %(default)s)")


def _add_init(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import init

    init.add_init_arguments(parser)
    parser.set_defaults(command=init.run)


def _add_add(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import add

    _add_project(parser)
    add.add_add_arguments(parser)
    parser.set_defaults(command=add.run)


def _add_adopt(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import adopt

    adopt.add_adopt_arguments(parser)
    parser.set_defaults(command=adopt.run)


def _add_dev(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import dev

    _add_project(parser)
    dev.add_dev_arguments(parser)
    parser.set_defaults(command=dev.run)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.set_defaults(command=_check)


def _add_test(parser: argparse.ArgumentParser) -> None:
    from homeport.contract.arguments import add_test_arguments

    _add_project(parser)
    add_test_arguments(parser)
    parser.set_defaults(command=_test)


def _add_replay(parser: argparse.ArgumentParser) -> None:
    from homeport.contract.arguments import add_replay_arguments

    add_replay_arguments(parser)
    parser.set_defaults(command=_replay)


def _add_record(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import record

    _add_project(parser)
    record.add_record_arguments(parser)
    parser.set_defaults(command=record.run)


def _add_export(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import export

    _add_project(parser)
    export.add_export_arguments(parser)
    parser.set_defaults(command=export.run)


def _add_save_test(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import save_test

    _add_project(parser)
    save_test.add_save_test_arguments(parser)
    parser.set_defaults(command=save_test.run)


def _add_parity(parser: argparse.ArgumentParser) -> None:
    from homeport.contract.arguments import add_parity_arguments

    _add_project(parser)
    add_parity_arguments(parser)
    parser.set_defaults(command=_parity)


def _add_generate(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.set_defaults(command=_generate)


def _add_setup(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument("--runtime", default="python3.13", help="the functions' runtime (default: %(default)s)")
    parser.add_argument("--no-engine", action="store_true", help="leave the embedded DynamoDB out")
    parser.set_defaults(command=_setup)


def _add_token(parser: argparse.ArgumentParser) -> None:
    from homeport.issuer.arguments import add_token_arguments

    _add_project(parser)
    add_token_arguments(parser)
    parser.set_defaults(command=_token)


def _add_invoke(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import invoke

    _add_project(parser)
    invoke.add_invoke_arguments(parser)
    parser.set_defaults(command=invoke.run)


def _add_event(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import event

    _add_project(parser)
    event.add_event_arguments(parser)
    parser.set_defaults(command=event.run)


def _add_logs(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import logs

    _add_project(parser)
    logs.add_logs_arguments(parser)
    parser.set_defaults(command=logs.run)


def _add_template(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import template

    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="the project (default: .)")
    parser.add_argument("--stage", required=True, help="a stage of deploy/stages.yaml")
    parser.set_defaults(command=template.run)


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import snapshot

    _add_project(parser)
    snapshot.add_snapshot_arguments(parser)
    parser.set_defaults(command=snapshot.run)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    from homeport.commands import doctor

    _add_project(parser)
    doctor.add_doctor_arguments(parser)
    parser.set_defaults(command=doctor.run)


def _check(options: argparse.Namespace) -> int:
    from homeport.spec.check import examine_project

    problems = examine_project(options.project.resolve(), options.stage)
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{errors} errors, {len(problems) - errors} warnings")
    return EXIT_STATUS if errors else 0


def _generate(options: argparse.Namespace) -> int:
    from homeport.spec.generated import write_generated
    from homeport.spec.load import load_project

    project = load_project(options.project.resolve(), options.stage)
    print(f"generated in {write_generated(project.root, project.api) / 'service'}")
    return 0


def _test(options: argparse.Namespace) -> int:
    if options.url is None:
        refuse_windows()
    from homeport.contract.command import run

    return run(options)


def _replay(options: argparse.Namespace) -> int:
    from homeport.contract.replay import run_replay

    return run_replay(options)


def _parity(options: argparse.Namespace) -> int:
    from homeport.contract.replay import run_parity

    return run_parity(options)


def _setup(options: argparse.Namespace) -> int:
    refuse_windows()
    from homeport.dev.setup import setup

    setup(options.project.resolve(), options.runtime, not options.no_engine, print)
    return 0


def _token(options: argparse.Namespace) -> int:
    from homeport.issuer.command import run

    return run(options)
