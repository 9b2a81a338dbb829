"""``homeport setup``: what functions and the engine need, for work offline."""

from __future__ import annotations

import argparse

from homeport.environment import reject_windows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options, ``--project`` and ``--stage`` aside."""
    parser.add_argument("--runtime", default="python3.13", help="the functions' runtime (default: %(default)s)")
    parser.add_argument("--no-engine", action="store_true", help="leave the embedded DynamoDB out")


def run(options: argparse.Namespace) -> int:
    """Install it, with progress. Raises HomeportError."""
    reject_windows()
    from homeport.dev.worker_setup import install_packages

    install_packages(options.project.resolve(), options.runtime, not options.no_engine, print)
    return 0
