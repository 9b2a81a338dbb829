"""``homeport dynamodb``: the embedded DynamoDB alone, and the items of any table as JSON lines."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

from homeport.commands.arguments import add_consistency, add_throttle, count, dynamodb_url, port
from homeport.environment import read_environment, reject_windows
from homeport.errors import EXIT_STATUS, HomeportError

_PORT = 8000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport dynamodb``."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("export", "import"),
        help="a table's items to a file, or from one (default: serve)",
    )
    parser.add_argument(
        "table", nargs="?", metavar="TABLE", help="the table to export or import, by its name or logical id"
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="JSON lines, compressed where it ends with .gz"
    )
    parser.add_argument(
        "--url",
        type=dynamodb_url,
        help="the DynamoDB to export from or import to (default: that of the homeport dev of this folder, else that of "
        "--host and --port)",
    )
    parser.add_argument("--replace", action="store_true", help="import: over what the table holds")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=port, help=f"its port, 0: any free one (default: {_PORT}, or the next free one)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where it keeps its data (default: in memory)")
    parser.add_argument("--region", default="us-east-1", help="the region in ARNs (default: %(default)s)")
    add_consistency(parser)
    add_throttle(parser)
    parser.add_argument(
        "--table-delay",
        type=count,
        default=0,
        metavar="MS",
        help="tables and indexes are CREATING, UPDATING or DELETING for MS milliseconds (default: ready at once)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM, or export or import a table. Return the exit status. Raises HomeportError."""
    if options.action is not None:
        return _move_items(options)
    reject_windows()
    from homeport.dev.listening import WantedPort, address
    from homeport.dynamodb.engine import EngineOptions
    from homeport.dynamodb.standalone import engine_alone

    data = options.data.absolute() if options.data else None
    settings = EngineOptions(
        data=data,
        region=options.region,
        lag=options.consistency,
        throttle=options.throttle,
        table_delay=options.table_delay / 1000,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    asked = options.port is not None
    wanted = WantedPort(options.host, options.port if asked else _PORT, "--port", asked)
    with wanted.listen() as listener:
        try:
            with engine_alone(listener, settings, read_environment().cache_dir, say) as engine:
                say(f"ready {address(listener)}")
                status = engine.process.wait()
        except KeyboardInterrupt:
            return 0
    say(f"the embedded DynamoDB ended: exit status {status}")
    return EXIT_STATUS


def _move_items(options: argparse.Namespace) -> int:
    from homeport.dynamodb.calls import is_aws
    from homeport.dynamodb.client import dynamodb_client
    from homeport.dynamodb.json_lines import export_items, import_items

    action = options.action
    url, table = place_of_items(options)
    if options.table is None or options.file is None:
        raise HomeportError(f"{action} needs a table and a file", f"homeport dynamodb {action} TABLE FILE")
    if action == "import" and is_aws(url):
        raise HomeportError(
            f"{url} is AWS's own: this command writes to a local DynamoDB alone", "import from S3 there"
        )
    client = dynamodb_client(url, options.region)
    if action == "export":
        say(f"{export_items(client, table, options.file)} items of {table} are in {options.file}")
    else:
        count = import_items(client, table, options.file, replace=options.replace)
        say(f"{count} items of {options.file} are in {table}")
    return 0


def place_of_items(options: argparse.Namespace) -> tuple[str, str]:
    """Return the endpoint and the table's name there; a running project's tables go by their logical ids, too."""
    from homeport.dev.running_instance import choose_instance
    from homeport.project.load import load_project
    from homeport.project.project import ProjectInputs

    root, asked = Path().resolve(), options.url or options.port
    dev = None if asked else choose_instance(root)
    if dev is None or dev.dynamodb is None:
        return options.url or f"http://{options.host}:{options.port or _PORT}", options.table
    tables = load_project(root, dev.stage, inputs=ProjectInputs.from_text(dev.inputs)).resources.tables
    return dev.dynamodb, tables[options.table].name if options.table in tables else options.table


def say(line: str) -> None:
    """Print a line at once: a program may wait for it."""
    print(line, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
