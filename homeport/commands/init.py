"""``homeport init NAME``: a new project."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its name, what it starts from, and its flavor."""
    parser.add_argument("name", metavar="NAME", help="the project's folder, title and stack: my-api")
    parser.add_argument(
        "--from", dest="source", metavar="PROJECT", help="what to start from (default: the reference API)"
    )
    parser.add_argument("--flavor", choices=("http", "rest"), help="HTTP API or REST API (default: the source's)")


def run(options: argparse.Namespace) -> int:
    """Write it and say what to do next. Raises HomeportError."""
    from homeport.scaffold.init import chosen_source, requirement, sources, write_project

    wanted = requirement()
    source = chosen_source(options.source, options.flavor, sources())
    place = write_project(options.name, Path.cwd(), wanted, source, options.flavor)
    print(f"made {place}")
    print(f"next: cd {options.name} && make dev")
    if " @ file:" in wanted:
        print(
            f"note: requirements.txt takes homeport from {wanted.partition(' @ ')[2]}, where only this machine finds it"
        )
    return 0
