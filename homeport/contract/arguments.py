"""Command line options of the contract commands, in a module of their own so that ``homeport --help`` loads no more."""

from __future__ import annotations

import argparse
from pathlib import Path

from homeport.environment import read_contract_target

# A fixed seed: a failure that CI shows is the failure that a developer sees.
SEED = 20250101


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport test``."""
    parser.add_argument("--url", help="the base URL of a running API (default: start the stack here)")
    parser.add_argument("--seed", type=int, default=SEED, help="what the data is generated from (default: %(default)s)")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--max-examples", type=_count, metavar="N", help="test cases per operation and phase")
    budget.add_argument("--max-time", type=_count, metavar="SECONDS", help="go on until they are over")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="where the reports go (default: reports/contract of the project)"
    )
    _add_headers(parser)
    parser.add_argument(
        "--record", type=Path, metavar="DIR", help="where `homeport dev --record DIR` of --url keeps its calls"
    )


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport replay``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a HAR file")
    parser.add_argument("--url", required=True, help="the base URL to send its calls to")
    _add_headers(parser)


def add_parity_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport parity``."""
    parser.add_argument("first", metavar="URL_A", help="a base URL")
    parser.add_argument("second", metavar="URL_B", help="another one")
    parser.add_argument("--file", type=Path, metavar="HAR", help="recorded calls (default: generated from the spec)")
    parser.add_argument("--seed", type=int, default=SEED, help="what calls are generated from (default: %(default)s)")
    parser.add_argument(
        "--max-examples", type=_count, default=20, metavar="N", help="generated per operation (default: %(default)s)"
    )


def _add_headers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-H", "--header", action="append", default=[], metavar="NAME:VALUE", help="sent with every request"
    )
    parser.add_argument("--token", help="sent as Authorization: Bearer … (default: HOMEPORT_TOKEN)")
    parser.add_argument("--api-key", metavar="KEY", help="sent as x-api-key (default: HOMEPORT_API_KEY)")


def headers_of(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the headers of the options as ``NAME:VALUE``; at a given URL, the environment adds missing credentials."""
    environment = read_contract_target()
    token = options.token or (environment.token if options.url else None)
    key = options.api_key or (environment.api_key if options.url else None)
    given = {"Authorization": f"Bearer {token}" if token else "", "x-api-key": key}
    return (*options.header, *(f"{name}:{value}" for name, value in given.items() if value))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)
