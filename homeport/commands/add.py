"""``homeport add createNote POST /notes``: an operation, its handler, its test and its access."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the operation is, and what its function may do."""
    parser.add_argument("operation", metavar="OPERATION", help="its operationId: createNote")
    parser.add_argument("method", metavar="METHOD", type=str.upper, help="GET, POST, PUT, PATCH, DELETE, …")
    parser.add_argument("path", metavar="PATH", help="/notes/{noteId}")
    parser.add_argument(
        "--access",
        action="append",
        default=[],
        metavar="TABLE:ACTION,…",
        help="what its function may do: NotesTable:PutItem or NotesTable/byUser:Query; may be given again",
    )
    parser.add_argument("--function", metavar="NAME", help="the function it shares with others (default: its own)")


def run(options: argparse.Namespace) -> int:
    """Add it and list what was written. Raises HomeportError; nothing has changed then."""
    from homeport.scaffold.add import add_operation
    from homeport.scaffold.operation_entry import parse_access, wanted_operation

    wanted = wanted_operation(
        options.operation, options.method, options.path, parse_access(options.access), options.function
    )
    for line in add_operation(options.project.resolve(), options.stage, wanted):
        print(line)
    return 0
