"""The command line: parse, call one room, turn errors into one clear line and exit status 2.

Each command's room is imported when the command runs, so that ``homeport --help`` and ``homeport dev`` stay quick.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from homeport import __version__
from homeport.errors import EXIT_STATUS, HomeportError

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except HomeportError as error:
        for line in str(error).splitlines():
            print(f"homeport: {line}", file=sys.stderr)
        return EXIT_STATUS
    except BrokenPipeError:
        return EXIT_STATUS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="homeport", description="Serverless REST APIs on AWS, worked on locally and tested by contract."
    )
    parser.add_argument("--version", action="version", version=f"homeport {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_dev(commands.add_parser("dev", help="run the API here: gateway, functions and DynamoDB"))
    _add_check(commands.add_parser("check", help="say what AWS would refuse and what is not emulated"))
    _add_generate(commands.add_parser("generate", help="write what service/ imports of the spec: the validators"))
    _add_setup(commands.add_parser("setup", help="install what functions and engine need, for work offline"))
    _add_token(commands.add_parser("token", help="mint a token of the local issuer"))
    _add_test(commands.add_parser("test", help="fuzz the contract, here or at any URL"))
    return parser


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="the project (default: .)")
    parser.add_argument("--stage", default="local", help="a stage of deploy/stages.yaml (default: %(default)s)")


def _add_dev(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8080, help="the API's port, 0: a free one (default: %(default)s)")
    parser.add_argument(
        "--dynamodb-port", type=_port, default=8000, help="the embedded engine's port (default: %(default)s)"
    )
    parser.add_argument(
        "--dynamodb",
        type=_dynamodb,
        default="embedded",
        metavar="embedded|none|URL",
        help="the DynamoDB to use (default: %(default)s)",
    )
    parser.add_argument("--in-process", action="store_true", help="run handlers in the gateway, for debuggers")
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--data", type=Path, metavar="DIR", help="where the embedded engine keeps its data")
    data.add_argument("--no-data", action="store_true", help="keep no data: every start is empty")
    parser.add_argument("--no-reload", action="store_true", help="do not follow changes of files")
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep every call there, with its event and log")
    parser.set_defaults(command=_dev)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_project(parser)
    parser.set_defaults(command=_check)


def _add_test(parser: argparse.ArgumentParser) -> None:
    from homeport.contract.arguments import add_test_arguments

    _add_project(parser)
    add_test_arguments(parser)
    parser.set_defaults(command=_test)


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


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def _dynamodb(text: str) -> str:
    if text in {"embedded", "none"} or text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is none of embedded, none, http://host:port")


def _dev(options: argparse.Namespace) -> int:
    from homeport.dev.options import DevOptions
    from homeport.dev.run import run

    project: Path = options.project.resolve()
    kept = None if options.no_data else options.data or project / ".homeport" / "data"
    return run(
        DevOptions(
            project=project,
            stage=options.stage,
            host=options.host,
            port=options.port,
            dynamodb=options.dynamodb,
            dynamodb_port=options.dynamodb_port,
            data=kept,
            in_process=options.in_process,
            reload=not options.no_reload,
            record=options.record.resolve() if options.record else None,
        )
    )


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
    from homeport.contract.command import run

    return run(options)


def _setup(options: argparse.Namespace) -> int:
    from homeport.dev.setup import setup

    setup(options.project.resolve(), options.runtime, not options.no_engine, print)
    return 0


def _token(options: argparse.Namespace) -> int:
    from homeport.issuer.command import run

    return run(options)
