"""``homeport dynamodb``: the embedded DynamoDB alone, for any program that speaks to DynamoDB."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

from homeport.commands.arguments import consistency, port
from homeport.environment import read_environment, reject_windows
from homeport.errors import EXIT_STATUS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport dynamodb``."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=port, default=8000, help="its port, 0: a free one (default: %(default)s)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where it keeps its data (default: in memory)")
    parser.add_argument("--region", default="us-east-1", help="the region in ARNs (default: %(default)s)")
    parser.add_argument(
        "--consistency",
        type=consistency,
        default="strong",
        metavar="strong|eventual[:MS]",
        help="reads without ConsistentRead see a write at once, or MS milliseconds later (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. Return the exit status. Raises HomeportError."""
    reject_windows()
    from homeport.dev.processes import address, listen
    from homeport.dynamodb.engine import EngineOptions
    from homeport.dynamodb.standalone import engine_alone

    data = options.data.absolute() if options.data else None
    settings = EngineOptions(data=data, region=options.region, lag=options.consistency)
    signal.signal(signal.SIGTERM, _interrupt)
    with listen(options.host, options.port, "--port") as listener:
        try:
            with engine_alone(listener, settings, read_environment().cache_dir, say) as engine:
                say(f"ready {address(listener)}")
                status = engine.process.wait()
        except KeyboardInterrupt:
            return 0
    say(f"the embedded DynamoDB ended: exit status {status}")
    return EXIT_STATUS


def say(line: str) -> None:
    """Print a line at once, for whoever waits for it."""
    print(line, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
