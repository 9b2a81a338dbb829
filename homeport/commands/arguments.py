"""Options that several commands take, and their values."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_project(parser: argparse.ArgumentParser) -> None:
    """The project and its stage, by default the one here and ``local``."""
    _add_folder(parser)
    parser.add_argument("--stage", default="local", help="a stage of deploy/stages.yaml (default: %(default)s)")


def add_deployed_project(parser: argparse.ArgumentParser) -> None:
    """The project and a stage that has to be named."""
    _add_folder(parser)
    parser.add_argument("--stage", required=True, help="a stage of deploy/stages.yaml")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, default=Path(), metavar="DIR", help="the project (default: .)")


def port(text: str) -> int:
    """A port's number."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def dynamodb_url(text: str) -> str:
    """An endpoint's URL."""
    if text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is no http://host:port")


def dynamodb(text: str) -> str:
    """``embedded``, ``none`` or an endpoint's URL."""
    if text in {"embedded", "none"} or text.startswith(("http://", "https://")):
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is none of embedded, none, http://host:port")
