"""``homeport check`` and ``homeport generate``: what is wrong with the project, and the files that are made from it."""

from __future__ import annotations

import argparse

from homeport.errors import EXIT_STATUS


def run(options: argparse.Namespace) -> int:
    """Print the problems of the project. The exit status is 2 if one of them is an error. Raises HomeportError."""
    from homeport.project.check import examine_project
    from homeport.scaffold.files import helper_problems

    root = options.project.resolve()
    problems = [*examine_project(root, options.stage), *helper_problems(root)]
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{errors} errors, {len(problems) - errors} warnings")
    return EXIT_STATUS if errors else 0


def add_generate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport generate``."""
    parser.add_argument("--force", action="store_true", help="replace generated helper modules that were edited, too")


def run_generate(options: argparse.Namespace) -> int:
    """Write the validators and dispatchers of the spec and renew the generated helpers. Raises HomeportError."""
    from homeport.project.load import load_project
    from homeport.project.validators.generate import write_generated
    from homeport.scaffold.files import renew_helpers

    project = load_project(options.project.resolve(), options.stage)
    print(f"generated in {write_generated(project.root, project.api) / 'service'}")
    for line in renew_helpers(project.root, force=options.force):
        print(line)
    return 0
