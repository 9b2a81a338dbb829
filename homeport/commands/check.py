"""``homeport check``: what AWS would refuse and what is not emulated."""

from __future__ import annotations

import argparse

from homeport.errors import EXIT_STATUS


def run(options: argparse.Namespace) -> int:
    """Print what is found; the exit status tells of errors. Raises HomeportError."""
    from homeport.project.check import examine_project

    problems = examine_project(options.project.resolve(), options.stage)
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{errors} errors, {len(problems) - errors} warnings")
    return EXIT_STATUS if errors else 0
