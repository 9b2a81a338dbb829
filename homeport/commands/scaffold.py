"""``homeport init``, ``add`` and ``adopt``: new projects, and new operations of a project."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport init``."""
    parser.add_argument("name", metavar="NAME", help="the project's folder, title and stack: my-api")
    parser.add_argument(
        "--from", dest="source", metavar="PROJECT", help="what to start from (default: the reference API)"
    )
    parser.add_argument("--flavor", choices=("http", "rest"), help="HTTP API or REST API (default: the source's)")


def run_init(options: argparse.Namespace) -> int:
    """Write a new project and print the next step. Raises HomeportError."""
    from homeport.scaffold.init import find_starter, kit_requirement, starter_projects, write_project

    requirement = kit_requirement()
    starter = find_starter(options.source, options.flavor, starter_projects())
    place = write_project(options.name, Path.cwd(), requirement, starter, options.flavor)
    print(f"made {place}")
    print(f"next: cd {options.name} && make dev")
    if " @ file:" in requirement:
        origin = requirement.partition(" @ ")[2]
        print(f"note: requirements.txt takes homeport from {origin}, where only this machine finds it")
    return 0


def add_add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport add``: the operation, and the access of its function."""
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


def run_add(options: argparse.Namespace) -> int:
    """Add an operation and list the files that were written. Raises HomeportError; nothing has changed then."""
    from homeport.scaffold.add import add_operation
    from homeport.scaffold.operation_entry import parse_access, parse_operation

    access = parse_access(options.access)
    operation = parse_operation(options.operation, options.method, options.path, access, options.function)
    for line in add_operation(options.project.resolve(), options.stage, operation):
        print(line)
    return 0


def add_adopt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport adopt``: the document, and the folder of the project."""
    parser.add_argument("file", type=Path, metavar="FILE", help="OpenAPI 3.0, an export of API Gateway, a SAM template")
    parser.add_argument("--into", type=Path, metavar="DIR", help="the project's folder (default: that of FILE)")


def run_adopt(options: argparse.Namespace) -> int:
    """Make a project of an existing API and list what could not be mapped. Raises HomeportError."""
    from homeport.scaffold.adopt import adopt
    from homeport.scaffold.init import kit_requirement

    file: Path = options.file.absolute()
    report = adopt(file, (options.into or file.parent).resolve(), kit_requirement())
    for place in report.written:
        print(f"wrote {place}")
    for line in report.unmapped:
        print(f"not mapped: {line}")
    print(f"{len(report.written)} files written, {len(report.unmapped)} things not mapped")
    return 0
