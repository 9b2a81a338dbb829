"""``homeport template``: prints the CloudFormation template of a stage."""

from __future__ import annotations

import argparse
import sys


def run(options: argparse.Namespace) -> int:
    """Print the template as JSON; what is worth knowing about it goes to standard error. Raises HomeportError."""
    from homeport.cloud.template.build import MOST_RESOURCES, build_template, count_resources, render_template
    from homeport.project.check import usable_project

    project, warnings = usable_project(options.project.resolve(), options.stage)
    template = build_template(project)
    text = render_template(template)
    sys.stdout.write(text)
    sys.stdout.flush()
    for warning in warnings:
        print(f"homeport: {warning}", file=sys.stderr)
    count = count_resources(template)
    print(f"homeport: {count} of {MOST_RESOURCES} resources, {len(text.encode())} bytes", file=sys.stderr)
    return 0
