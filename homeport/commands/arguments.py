"""Options that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport import strict_json
from homeport.dynamodb.read_lag import STRONG, ReadLag
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.dev.running_instance import RunningInstance
    from homeport.gateway.sample import Sample
    from homeport.project.project import Project, ProjectInputs

LOCAL = "local"
NO_DEV = "no homeport dev runs here, so there is no DynamoDB"
NO_DEV_HINT = "start it, or give --dynamodb URL"
# Seconds after which an eventually consistent read sees a write: "usually within one second or less".
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
LAG = 0.5


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add ``--project`` and ``--stage`` with their defaults: the current folder, and ``local``."""
    _add_folder(parser)
    add_inputs(parser)
    parser.add_argument("--stage", default=LOCAL, help="a stage of deploy/stages.yaml (default: %(default)s)")


def add_running_stage(parser: argparse.ArgumentParser) -> None:
    """Add ``--project``, and ``--stage`` whose default is the stage of the ``homeport dev`` that runs."""
    _add_folder(parser)
    add_inputs(parser)
    parser.add_argument(
        "--stage", help="a stage of deploy/stages.yaml (default: that of the homeport dev that runs, or local)"
    )


def add_running_project(parser: argparse.ArgumentParser) -> None:
    """Add ``--project``, and ``--stage`` and ``--port`` that choose a running ``homeport dev``."""
    add_running_stage(parser)
    parser.add_argument("--port", type=port, help="the API's port of the homeport dev to use, if several run")


def choose_stage(options: argparse.Namespace) -> str:
    """Return the stage that was given, or that of the ``homeport dev`` that runs. Raises HomeportError for several."""
    from homeport.dev.running_instance import running_instances

    if options.stage is not None:
        return str(options.stage)
    stages = sorted({dev.stage for dev in running_instances(options.project.resolve())}) or [LOCAL]
    if len(stages) > 1:
        raise HomeportError(f"homeport dev runs for the stages {', '.join(stages)}", "choose one: --stage")
    return stages[0]


def choose_dev(options: argparse.Namespace) -> RunningInstance | None:
    """Return the ``homeport dev`` that the options choose, None if none runs.

    ``options.stage`` becomes its stage, unless one was given. Raises HomeportError if several could be meant.
    """
    from homeport.dev.running_instance import choose_instance

    dev = choose_instance(options.project.resolve(), options.stage, options.port)
    options.stage = options.stage or (dev.stage if dev else LOCAL)
    return dev


def add_deployed_project(parser: argparse.ArgumentParser) -> None:
    """Add ``--project``, and ``--stage``, which ``cloud.refuse_template`` requires of all but a template's project."""
    _add_folder(parser)
    parser.add_argument("--stage", default="", help="a stage of deploy/stages.yaml")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="the project (default: .)")


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is read of a project: its template, its contract, the template's values."""
    group = parser.add_argument_group("the template")
    group.add_argument(
        "--template",
        default="",
        metavar="FILE",
        help="the SAM or CloudFormation template (default: "
        "template.yaml, .yml or .json, where there is no openapi.yaml of a Homeport project)",
    )
    if parser.prog.split()[-1] != "export":
        # `homeport export --openapi` names what is printed.
        group.add_argument("--openapi", default="", metavar="FILE", help="the OpenAPI document that is the contract")
    add_values(group)


def add_values(group: argparse._ActionsContainer) -> None:
    """Add the options with a template's values: those of its parameters, and those of other stacks."""
    group.add_argument(
        "--parameter",
        action="append",
        type=_pair,
        default=[],
        metavar="NAME=VALUE",
        help="the value of a parameter of the template; may be given again",
    )
    group.add_argument(
        "--import",
        action="append",
        type=_pair,
        default=[],
        dest="imports",
        metavar="NAME=VALUE",
        help="what another stack exports, or what a dynamic reference stands for; may be given again",
    )


def inputs_of(options: argparse.Namespace) -> ProjectInputs:
    """Return what the options of ``add_inputs`` say; a command without them has none."""
    from homeport.project.project import ProjectInputs

    given = vars(options)
    return ProjectInputs(
        given.get("template", ""),
        given.get("openapi", ""),
        tuple(given.get("parameter", ())),
        tuple(given.get("imports", ())),
    )


def read_chosen_project(options: argparse.Namespace, stage: str | None) -> Project:
    """Return the project that the options choose, in a stage. Raises ProjectError with every problem.

    Without options of a template it is read as the ``homeport dev`` that runs reads it.
    """
    from homeport.dev.running_instance import running_instances
    from homeport.project.load import load_project
    from homeport.project.project import NO_INPUTS, ProjectInputs

    root, inputs = options.project.resolve(), inputs_of(options)
    if inputs == NO_INPUTS:
        texts = {dev.inputs for dev in running_instances(root) if dev.stage == (stage or LOCAL)}
        inputs = ProjectInputs.from_text(texts.pop()) if len(texts) == 1 else inputs
    return load_project(root, stage or LOCAL, inputs=inputs)


def add_api(parser: argparse.ArgumentParser) -> None:
    """Add ``--api``, which chooses one API of a template that has several."""
    parser.add_argument("--api", metavar="NAME", help="the logical id of the API, if the template has several")


def port(text: str) -> int:
    """Parse a port number."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """Parse a number above 0."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def dynamodb_url(text: str) -> str:
    """Parse an endpoint's URL."""
    if text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is no http://host:port")


def dynamodb(text: str) -> str:
    """Parse ``embedded``, ``none`` or an endpoint's URL."""
    if text in {"embedded", "none"} or text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is none of embedded, none, http://host:port")


def add_consistency(parser: argparse.ArgumentParser) -> None:
    """Add ``--consistency``, the lag of eventually consistent reads."""
    parser.add_argument(
        "--consistency",
        type=consistency,
        default="strong",
        metavar="strong|eventual[:MS[:SEED]]",
        help="reads without ConsistentRead see a write at once, or MS milliseconds later: all of them, or those that a "
        "seed draws (default: %(default)s)",
    )


def add_throttle(parser: argparse.ArgumentParser) -> None:
    """Add ``--throttle``."""
    parser.add_argument(
        "--throttle",
        action="store_true",
        help="tables with provisioned throughput refuse what they have no capacity for (default: they count it)",
    )


def consistency(text: str) -> ReadLag:
    """Parse ``strong``, ``eventual``, ``eventual:MS`` or ``eventual:MS:SEED``."""
    kind, *numbers = text.split(":")
    if text == "strong":
        return STRONG
    if kind == "eventual" and len(numbers) <= 2 and all(number.isdecimal() for number in numbers):
        milliseconds, seed = (*map(int, numbers), None, None)[:2]
        if milliseconds != 0:
            return ReadLag(LAG if milliseconds is None else milliseconds / 1000, seed)
    raise argparse.ArgumentTypeError(f"{text!r} is none of strong, eventual, eventual:MILLISECONDS[:SEED]")


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a request: body, headers, query, path variables, claims and method."""
    add = parser.add_argument_group("the request").add_argument
    add("--body", metavar="TEXT|@FILE|@-", help="its body; with @ what a file holds, or standard input")
    add(
        "--header",
        action="append",
        type=header_argument,
        default=[],
        metavar="'NAME: VALUE'",
        help="may be given again",
    )
    add("--query", action="append", type=_pair, default=[], metavar="NAME=VALUE", help="may be given again")
    add("--path", action="append", type=_pair, default=[], metavar="NAME=VALUE", help="a variable of the path")
    add(
        "--claim",
        action="append",
        type=parse_claim,
        default=[],
        metavar="NAME=VALUE",
        help="what the authorizer finds; VALUE is JSON or else text",
    )
    add("--method", type=str.upper, default="", help="for an operation of any method (default: GET)")


def is_described(options: argparse.Namespace) -> bool:
    """Return whether an option that describes a request was given."""
    return any((options.body, options.header, options.query, options.path, options.claim, options.method))


def sample_of(options: argparse.Namespace) -> Sample:
    """Return the request that the options describe. Raises HomeportError for a body that can't be read."""
    from homeport.gateway.sample import Sample

    return Sample(
        path=dict(options.path),
        query=options.query,
        headers=options.header,
        body=body_of(options),
        method=options.method,
        claims=dict(options.claim),
    )


def read_source(source: str) -> bytes:
    """Return the content of a file, of standard input for ``-``. Raises HomeportError."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise HomeportError(f"{source} can't be read: {error.strerror}") from None


def body_of(options: argparse.Namespace) -> bytes:
    """Return what ``--body`` says, empty if it was not given. Raises HomeportError for a file that can't be read."""
    return read_text_or_file(options.body or "")


def read_text_or_file(text: str) -> bytes:
    """Return a text, or with ``@`` before it the content of the file that it names."""
    return read_source(text[1:]) if text.startswith("@") else text.encode("utf-8", "surrogateescape")


def header_argument(text: str) -> tuple[str, str]:
    """Parse ``NAME: VALUE``."""
    name, separator, value = text.partition(":")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME: VALUE")
    return name.strip(), value.strip()


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def parse_claim(text: str) -> tuple[str, Any]:
    """Return the name and value of ``NAME=VALUE``; the value is JSON, or else text."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, strict_json.loads(value)
    except (ValueError, RecursionError):
        return name, value
