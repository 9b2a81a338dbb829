"""``homeport token``: a token of the local issuer."""

from __future__ import annotations

import argparse
import re
import time
from typing import TYPE_CHECKING

from homeport.commands.arguments import (
    add_api,
    choose_stage,
    parse_claim,
    read_chosen_project,
)

if TYPE_CHECKING:
    from homeport.project.project import Project


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(-?)([0-9]{1,9})([smhd])")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport token``."""
    add_api(parser)
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
        "--expires",
        type=parse_duration,
        default="1h",
        metavar="1h",
        help="30s, 15m, 1h, 2d; --expires=-1h: expired already",
    )
    parser.add_argument("--audience", action="append", help="who it is meant for (default: what the authorizer takes)")
    parser.add_argument("--authorizer", metavar="NAME", help="the security scheme it is for, if there are several")
    parser.add_argument(
        "--use", choices=("id", "access"), help="the kind of Cognito token (default: access with a scope, else id)"
    )


def run(options: argparse.Namespace) -> int:
    """Print one token and nothing else, for use in scripts. Raises HomeportError."""
    from uuid import uuid4

    from homeport.issuer.keys import FOLDER, signing_key
    from homeport.issuer.mint import TokenOptions, mint, token_request

    project = _project_with_authorizer(read_chosen_project(options, choose_stage(options)), options)
    wanted = TokenOptions(
        sub=options.sub,
        authorizer=options.authorizer,
        scopes=tuple(scope for text in options.scope for scope in text.split()),
        audience=tuple(options.audience or ()),
        use=options.use,
        lifetime=options.expires,
        claims=dict(options.claim),
    )
    request = token_request(wanted, project)
    print(mint(request, signing_key(project.root / FOLDER), now=time.time(), token_id=str(uuid4())))
    return 0


def _project_with_authorizer(project: Project, options: argparse.Namespace) -> Project:
    """Return the project of the API that was chosen, or of the only one with the authorizer, or with any of tokens."""
    from homeport.project.apis import choose_api

    def takes_tokens(each: Project) -> bool:
        names = [name for name, found in each.api.authorizers.items() if found.kind in ("jwt", "cognito")]
        return options.authorizer in names if options.authorizer else bool(names)

    if options.api is not None or len(project.every_api) == 1:
        return choose_api(project, options.api)
    having = [each for each in project.every_api if takes_tokens(each)]
    return having[0] if len(having) == 1 else choose_api(project, None) if having else project


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as ``15m``."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 30s, 15m, 1h or 2d")
    sign, number, unit = found.groups()
    seconds = int(number) * _UNITS[unit]
    return -seconds if sign else seconds
