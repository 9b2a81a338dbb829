"""The options that describe a request: those of ``homeport event`` and ``homeport invoke``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.errors import HomeportError
from homeport.issuer.arguments import claim

if TYPE_CHECKING:
    from homeport.gateway.sample import Sample


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    """A body, headers, query, path variables, claims and a method."""
    add = parser.add_argument_group("the request").add_argument
    add("--body", metavar="TEXT|@FILE|@-", help="its body; with @ what a file holds, or standard input")
    add("--header", action="append", type=_header, default=[], metavar="'NAME: VALUE'", help="may be given again")
    add("--query", action="append", type=_pair, default=[], metavar="NAME=VALUE", help="may be given again")
    add("--path", action="append", type=_pair, default=[], metavar="NAME=VALUE", help="a variable of the path")
    add(
        "--claim",
        action="append",
        type=claim,
        default=[],
        metavar="NAME=VALUE",
        help="what the authorizer finds; VALUE is JSON or else text",
    )
    add("--method", type=str.upper, default="", help="for an operation of any method (default: GET)")


def is_described(options: argparse.Namespace) -> bool:
    """Whether any of them was given."""
    return any((options.body, options.header, options.query, options.path, options.claim, options.method))


def sample_of(options: argparse.Namespace) -> Sample:
    """The request that they describe. Raises HomeportError for a body that can't be read."""
    from homeport.gateway.sample import Sample

    return Sample(
        path=dict(options.path),
        query=options.query,
        headers=options.header,
        body=_body(options.body or ""),
        method=options.method,
        claims=dict(options.claim),
    )


def read_source(source: str) -> bytes:
    """What a file holds, ``-``: standard input. Raises HomeportError."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise HomeportError(f"{source} can't be read: {error.strerror}") from None


def _body(text: str) -> bytes:
    return read_source(text[1:]) if text.startswith("@") else text.encode("utf-8", "surrogateescape")


def _header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME: VALUE")
    return name.strip(), value.strip()


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
