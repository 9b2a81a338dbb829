"""``homeport check`` and ``homeport schema``: the problems of a project, and what its files may hold."""

from __future__ import annotations

import argparse

from homeport.commands.arguments import inputs_of
from homeport.commands.json_output import print_json, problem_fields
from homeport.errors import EXIT_STATUS
from homeport.terminal import with_noun


def add_schema_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument of ``homeport schema``."""
    parser.add_argument("file", choices=("openapi", "resources", "stages"), help="the file that the schema is of")


def run_schema(options: argparse.Namespace) -> int:
    """Print the JSON Schema of a project's file, for editors."""
    from homeport.project.editor_schemas import schema_files

    print(schema_files()[options.file].read_text(encoding="utf-8"), end="")
    return 0


def run(options: argparse.Namespace) -> int:
    """Print the problems of the project. The exit status is 2 if one of them is an error. Raises HomeportError."""
    from homeport.project.check import examine_project
    from homeport.scaffold.files import helper_problems

    root = options.project.resolve()
    problems = [*examine_project(root, options.stage, inputs=inputs_of(options)), *helper_problems(root)]
    errors = sum(problem.severity == "error" for problem in problems)
    if options.json:
        found = [problem_fields(problem) for problem in problems]
        print_json({"errors": errors, "warnings": len(problems) - errors, "problems": found})
        return EXIT_STATUS if errors else 0
    for problem in problems:
        print(problem)
    print(f"{with_noun(errors, 'error')}, {with_noun(len(problems) - errors, 'warning')}")
    return EXIT_STATUS if errors else 0
