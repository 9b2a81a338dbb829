"""``homeport policy``: the smallest IAM policy that a function needs, by what was recorded of it."""

from __future__ import annotations

import argparse
import json
import sys

from homeport.commands.arguments import read_chosen_project
from homeport.commands.record import open_recordings, recorded_runs
from homeport.errors import HomeportError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``homeport policy``."""
    parser.add_argument("function", nargs="?", metavar="FUNCTION", help="a function (default: each of them)")


def run(options: argparse.Namespace) -> int:
    """Print the policy of a function, or those of all by name. Raises HomeportError where nothing was recorded."""
    from homeport.project.model import LOCAL_ACCOUNT
    from homeport.project.names import find_function
    from homeport.project.triggers.role_permissions import role_permissions
    from homeport.recordings.needed_policy import needed_policy, permissions_by_function

    asked = permissions_by_function(open_recordings(options.project).select(), recorded_runs(options.project))
    project = read_chosen_project(options, options.stage)
    # Lambda polls and keeps records by the function's role.
    for name, action, resource in role_permissions(project.triggers, project.stage.region, LOCAL_ACCOUNT):
        asked.setdefault(name, {}).setdefault((action, resource), True)
    if options.function is not None:
        name = find_function(project.api, options.function).name
        asked = {name: asked[name]} if name in asked else {}
    if not asked:
        subject = f"no invocation of {options.function}" if options.function else "no invocation"
        raise HomeportError(f"{subject} has been recorded yet", "start homeport dev, and send it requests")
    for name, permissions in asked.items():
        for (action, resource), allowed in permissions.items():
            if not allowed:
                print(f"homeport: {name} is not allowed {action} on {resource} today", file=sys.stderr)
    policies = {name: needed_policy(permissions, LOCAL_ACCOUNT) for name, permissions in sorted(asked.items())}
    print(json.dumps(next(iter(policies.values())) if options.function else policies, indent=2))
    return 0
