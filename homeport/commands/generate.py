"""``homeport generate``: what ``service/`` imports of the spec."""

from __future__ import annotations

import argparse


def run(options: argparse.Namespace) -> int:
    """Write it and say where. Raises HomeportError."""
    from homeport.project.load import load_project
    from homeport.project.validators.generate import write_generated

    project = load_project(options.project.resolve(), options.stage)
    print(f"generated in {write_generated(project.root, project.api) / 'service'}")
    return 0
