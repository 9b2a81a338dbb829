"""``homeport dev``: run the API on this machine: gateway, functions and DynamoDB."""

from __future__ import annotations

import argparse
import gc
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.commands.arguments import add_consistency, add_throttle, dynamodb, inputs_of, port
from homeport.environment import reject_windows, state_dir
from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.dev.expected_parent import ExpectedParent
    from homeport.dev.processes import DevOptions

# Ports that are taken where nobody asked for others, if they are free.
_PORT, _DYNAMODB_PORT = 8080, 8000
# The port at which debuggers look for Node.js.
_DEBUGGER_PORT = 9229


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport dev``."""
    _add_addresses(parser)
    _add_services(parser)
    parser.add_argument("--in-process", action="store_true", help="run handlers in the gateway, for debuggers")
    parser.add_argument(
        "--inspect",
        type=port,
        nargs="?",
        const=_DEBUGGER_PORT,
        metavar="PORT",
        help="let debuggers attach to functions in Node.js, each at its own port, from this one on (%(const)s)",
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--data", type=Path, metavar="DIR", help="where the embedded engine keeps its data")
    data.add_argument("--no-data", action="store_true", help="keep no data: every start is empty")
    parser.add_argument("--no-reload", action="store_true", help="do not follow changes of files")
    _add_recordings(parser)
    _add_faults(parser)


def _add_addresses(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=port, help=f"the API's port, 0: any free one (default: {_PORT}, or the next free one)"
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help="serve HTTPS, with a certificate of mkcert's where it is on the PATH, else one made here",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="the certificate to serve HTTPS with, in PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key, in PEM")


def _add_services(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dynamodb-port",
        type=port,
        help=f"the embedded engine's port (default: {_DYNAMODB_PORT}, or the next free one)",
    )
    parser.add_argument(
        "--dynamodb",
        type=dynamodb,
        default="embedded",
        metavar="embedded|none|URL",
        help="the DynamoDB to use (default: %(default)s)",
    )
    parser.add_argument(
        "--aws",
        type=dynamodb,
        default="embedded",
        metavar="embedded|none|URL",
        help="the other services of AWS, where the project uses any (default: %(default)s)",
    )
    add_consistency(parser)
    add_throttle(parser)


def _add_recordings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep every call there, with its event and log")
    parser.add_argument(
        "--record-bodies",
        action="store_true",
        help="keep the bodies of calls to DynamoDB there too, up to 4 KB",
    )
    parser.add_argument("--no-record", action="store_true", help="keep no requests for the inspector")
    parser.add_argument(
        "--inspector-port",
        type=port,
        metavar="PORT",
        help="the inspector's (default: the API's + 1, or the next free one)",
    )
    parser.add_argument(
        "--inspector-host", default="127.0.0.1", metavar="HOST", help="address it listens on (default: %(default)s)"
    )
    parser.add_argument("--no-inspector", action="store_true", help="do without the inspector")


def _add_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="TARGET=KIND@PROBABILITY",
        help="let DynamoDB or another service fail: NotesTable.PutItem=ThrottlingException@0.1, sqs:*=throttled",
    )
    parser.add_argument("--fault-seed", type=int, default=0, metavar="N", help="other faults happen with another one")
    parser.add_argument(
        "--control", "--fault-switch", type=Path, metavar="SOCKET", help="take orders there, for tests: faults, holds"
    )


def run(options: argparse.Namespace) -> int:
    """Run the stack until Ctrl-C. Return the exit status. Raises HomeportError."""
    reject_windows()
    # What is imported and read from here on stays. To look through it for garbage takes a tenth of the time.
    gc.disable()
    if options.in_process:
        return _run(options, None)
    # What else is imported here takes as long as that parent needs to get ready.
    from homeport.dev.expected_parent import expected_parent

    with expected_parent(options.project.resolve()) as parent:
        return _run(options, parent)


def _run(options: argparse.Namespace, parent: ExpectedParent | None) -> int:
    from homeport.dev.run import run as run_dev

    return run_dev(dev_options(options), parent)


def dev_options(options: argparse.Namespace) -> DevOptions:
    """Return the options of ``homeport dev``. Raises HomeportError for what is not possible."""
    from homeport.dev.processes import DevOptions
    from homeport.runtime.faults import Faults, parse_fault

    if options.consistency and options.dynamodb != "embedded":
        raise HomeportError(
            "--consistency is not possible with another DynamoDB than the embedded one", "leave out --dynamodb"
        )
    if options.throttle and options.dynamodb != "embedded":
        raise HomeportError(
            "--throttle is not possible with another DynamoDB than the embedded one", "leave out --dynamodb"
        )
    if options.in_process and options.inspect is not None:
        raise HomeportError(
            "--inspect is not possible with --in-process, which runs Python alone", "leave out one of them"
        )
    if (options.tls_cert is None) != (options.tls_key is None):
        raise HomeportError("--tls-cert and --tls-key belong together", "give both, or --tls alone")
    project: Path = options.project.resolve()
    kept = None if options.no_data else (options.data or state_dir(project) / "data").absolute()
    return DevOptions(
        project=project,
        stage=options.stage,
        inputs=inputs_of(options),
        host=options.host,
        port=_PORT if options.port is None else options.port,
        dynamodb=options.dynamodb,
        dynamodb_port=_DYNAMODB_PORT if options.dynamodb_port is None else options.dynamodb_port,
        aws=options.aws,
        data=kept,
        lag=options.consistency,
        throttle=options.throttle,
        in_process=options.in_process,
        reload=not options.no_reload,
        faults=Faults(tuple(map(parse_fault, options.fault)), options.fault_seed),
        record=options.record.resolve() if options.record else None,
        recorded=not options.no_record,
        inspector_host=options.inspector_host,
        inspector_port=None if options.no_inspector else _inspector_port(options),
        chosen_ports=_chosen_ports(options),
        control=options.control,
        record_bodies=options.record_bodies,
        debugger_port=options.inspect,
        tls=options.tls or options.tls_cert is not None,
        certificate=options.tls_cert.absolute() if options.tls_cert else None,
        key=options.tls_key.absolute() if options.tls_key else None,
    )


def _inspector_port(options: argparse.Namespace) -> int:
    if options.inspector_port is not None:
        return int(options.inspector_port)
    api: int = _PORT if options.port is None else options.port
    return api + 1 if 0 < api < 65535 else 0


def _chosen_ports(options: argparse.Namespace) -> frozenset[str]:
    given = {
        "--port": options.port,
        "--dynamodb-port": options.dynamodb_port,
        "--inspector-port": options.inspector_port,
    }
    return frozenset(option for option, chosen in given.items() if chosen is not None)
