"""The options of ``homeport token``. Nothing heavy is imported here: the command line loads this for any command."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any, Never

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(-?)([0-9]{1,9})([smhd])")


def add_token_arguments(parser: argparse.ArgumentParser) -> None:
    """Fill in the parser of ``homeport token``, ``--project`` and ``--stage`` aside. The command is ``command.run``."""
    parser.add_argument("--sub", default="user-1", help="who the token is for (default: %(default)s)")
    parser.add_argument("--scope", action="append", default=[], help="scopes, several separated by spaces")
    parser.add_argument(
        "--claim",
        action="append",
        type=parse_claim,
        default=[],
        metavar="NAME=VALUE",
        help='a further claim; VALUE is JSON (true, 7, ["a"]) or else text',
    )
    parser.add_argument(
        "--expires", type=_duration, default="1h", metavar="1h", help="30s, 15m, 1h, 2d; --expires=-1h: expired already"
    )
    parser.add_argument("--audience", action="append", help="who it is meant for (default: what the authorizer takes)")
    parser.add_argument("--authorizer", metavar="NAME", help="the security scheme it is for, if there are several")
    parser.add_argument(
        "--use", choices=("id", "access"), help="the kind of Cognito token (default: access with a scope, else id)"
    )


def parse_claim(text: str) -> tuple[str, Any]:
    """``NAME=VALUE``; the value is JSON or else text."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return name, value


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _duration(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 30s, 15m, 1h or 2d")
    sign, number, unit = found.groups()
    seconds = int(number) * _UNITS[unit]
    return -seconds if sign else seconds
