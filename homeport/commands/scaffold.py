"""``homeport init``, ``add``, ``remove``, ``adopt``, ``generate``: files of a project that the kit writes."""

from __future__ import annotations

import argparse
from pathlib import Path

from homeport.commands.arguments import add_api, add_values, inputs_of, read_chosen_project
from homeport.environment import state_dir
from homeport.errors import HomeportError
from homeport.scaffold.starters import IN_NODE, STARTERS


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport init``."""
    parser.add_argument("name", metavar="NAME", help="the project's folder, title and stack: my-api")
    parser.add_argument(
        "--from", dest="source", metavar="PROJECT", help="what to start from, of those below (default: crud)"
    )
    parser.add_argument("--flavor", choices=("http", "rest"), help="HTTP API or REST API (default: the source's)")
    parser.add_argument("--runtime", metavar="RUNTIME", help="nodejs22.x, python3.13, … (default: the source's)")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    width = max(map(len, STARTERS))
    lines = (f"  {name:<{width}}  {summary}" for name, summary in STARTERS.items())
    parser.epilog = "\n".join(("projects to start from:", *lines, f"with --runtime nodejs22.x: {', '.join(IN_NODE)}"))


def run_init(options: argparse.Namespace) -> int:
    """Write a new project and print the next step. Raises HomeportError."""
    from homeport.environment import kit_requirement
    from homeport.scaffold.init import find_starter, next_steps, parse_runtime, starter_projects, write_project
    from homeport.scaffold.kit_wheel import kit_source

    kit = kit_source(kit_requirement())
    language = parse_runtime(options.runtime) if options.runtime is not None else "python"
    starter = find_starter(options.source, options.flavor, starter_projects(language=language))
    place = write_project(options.name, Path.cwd(), kit, starter, options.flavor, options.runtime)
    print(f"made {place}")
    for line in next_steps(place):
        print(line)
    if kit.wheel is not None:
        print(f"note: vendor/ holds the wheel of homeport ({kit.wheel.name}): commit it with the rest")
    elif " @ file:" in kit.requirement:
        origin = kit.requirement.partition(" @ ")[2]
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
    from homeport.scaffold.new_operation import parse_access, parse_operation

    _refuse_template(options, "a template's routes are written by hand: a function and an event of it")
    access = parse_access(options.access)
    operation = parse_operation(options.operation, options.method, options.path, access, options.function)
    for line in add_operation(options.project.resolve(), options.stage, operation):
        print(line)
    return 0


def add_remove_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport remove``."""
    parser.add_argument("operation", metavar="OPERATION", help="its operationId: createNote")
    parser.add_argument("--dry-run", action="store_true", help="say what would go and what would stay, change nothing")
    parser.add_argument("--force", action="store_true", help="remove a handler and a test that you have changed, too")


def run_remove(options: argparse.Namespace) -> int:
    """Remove an operation and list what went and what stays. Raises HomeportError; nothing has changed then."""
    from homeport.scaffold.remove import remove_operation

    _refuse_template(options, "a template's routes are removed by hand: a function or an event of it")
    for line in remove_operation(
        options.project.resolve(), options.stage, options.operation, force=options.force, dry_run=options.dry_run
    ):
        print(line)
    if options.dry_run:
        print("nothing has changed: this was a dry run")
    return 0


def _refuse_template(options: argparse.Namespace, message: str) -> None:
    from homeport.project.load import is_template_project

    if is_template_project(options.project.resolve(), inputs_of(options)):
        raise HomeportError(
            message, "homeport dev takes up what is saved; homeport adopt makes a project of another kind"
        )


def add_adopt_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport adopt``: the document, the folder of the project, the values of a template."""
    what = "OpenAPI 3.0, an export of API Gateway, a template of SAM or CloudFormation"
    parser.add_argument("file", type=Path, metavar="FILE", help=what)
    parser.add_argument("--into", type=Path, metavar="DIR", help="the project's folder (default: that of FILE)")
    add_api(parser)
    add_values(parser)


def run_adopt(options: argparse.Namespace) -> int:
    """Make a project of an existing API and list what could not be mapped. Raises HomeportError."""
    from homeport.environment import kit_requirement
    from homeport.project.editor_schemas import write_schemas
    from homeport.scaffold.adopt import adopt
    from homeport.scaffold.kit_wheel import kit_source

    file: Path = options.file.absolute()
    into = (options.into or file.parent).resolve()
    report = adopt(file, into, kit_source(kit_requirement()), inputs_of(options), options.api or "")
    write_schemas(into / ".homeport")
    for place in report.written:
        print(f"wrote {place}")
    for line in report.unmapped:
        print(f"not mapped: {line}")
    print(f"{len(report.written)} files written, {len(report.unmapped)} things not mapped")
    return 0


def add_generate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport generate``."""
    parser.add_argument("--force", action="store_true", help="replace generated helper modules that were edited, too")


def run_generate(options: argparse.Namespace) -> int:
    """Write the validators and dispatchers of the spec and renew the generated helpers. Raises HomeportError."""
    from homeport.project.editor_schemas import write_schemas
    from homeport.project.validators.generate import write_generated
    from homeport.scaffold.files import renew_helpers

    _refuse_template(options, "nothing is generated for a template: its functions are as they stand")
    project = read_chosen_project(options, options.stage)
    print(f"generated in {write_generated(project.root, project.api) / 'service'}")
    write_schemas(state_dir(project.root))
    for line in renew_helpers(project.root, force=options.force):
        print(line)
    return 0
