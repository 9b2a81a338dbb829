"""``homeport generate``: what ``service/`` imports of the spec."""

from __future__ import annotations

import argparse


def run(options: argparse.Namespace) -> int:
    """Write it and say where. Raises HomeportError."""
    from homeport.spec.generated import write_generated
    from homeport.spec.load import load_project

    project = load_project(options.project.resolve(), options.stage)
    print(f"generated in {write_generated(project.root, project.api) / 'service'}")
    return 0
