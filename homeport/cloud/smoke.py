"""A look at a deployed API through the examples of its contract: reads only, so that nothing there is changed."""

from __future__ import annotations

import importlib.util
import os
import subprocess

from homeport.cloud.console import Console
from homeport.contract.arguments import SEED
from homeport.contract.fuzz import FLAVOR_VARIABLE, GUARD_VARIABLE, smoke_command
from homeport.spec.project import Project

_LINES = 40


def smoke_test(project: Project, url: str, console: Console) -> bool:
    """Whether the API at ``url`` answers the examples of its reading operations as the contract says."""
    reads = [operation for operation in project.api.operations if operation.method in ("GET", "HEAD")]
    asked = [operation for operation in reads if not operation.security and not operation.api_key_required]
    if not asked:
        why = "each of them asks for credentials" if reads else "there is none"
        console.say(f"smoke test: left out, for it asks operations that only read, and {why}")
        return True
    if importlib.util.find_spec("schemathesis") is None:
        console.say("smoke test: left out, for schemathesis is not installed (pip install 'homeport[test]')")
        return True
    others = len(reads) - len(asked)
    left_out = f" ({others} more ask for credentials and are left out)" if others else ""
    console.say(f"smoke test: the examples of {len(asked)} reading operations at {url}{left_out}")
    environment = {**os.environ, FLAVOR_VARIABLE: project.stage.flavor, GUARD_VARIABLE: "1"}
    environment["SCHEMATHESIS_HOOKS"] = "homeport.contract.checks"
    command = smoke_command(project.root, url, SEED, [f"{operation.method} {operation.path}" for operation in asked])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        console.say(console.palette.paint("green", "smoke test: passed"))
        return True
    for line in done.stdout.splitlines()[-_LINES:]:
        console.say(f"  {line}")
    console.say(console.palette.paint("red", "smoke test: failed"))
    return False
