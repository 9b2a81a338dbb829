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
    if not reads:
        console.say("smoke test: left out, for the API has no operation that only reads")
        return True
    if importlib.util.find_spec("schemathesis") is None:
        console.say("smoke test: left out, for schemathesis is not installed (pip install 'homeport[test]')")
        return True
    console.say(f"smoke test: the examples of {len(reads)} reading operations at {url}")
    environment = {**os.environ, FLAVOR_VARIABLE: project.stage.flavor, GUARD_VARIABLE: "1"}
    environment["SCHEMATHESIS_HOOKS"] = "homeport.contract.checks"
    command = smoke_command(project.root, url, SEED)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        console.say(console.palette.paint("green", "smoke test: passed"))
        return True
    for line in done.stdout.splitlines()[-_LINES:]:
        console.say(f"  {line}")
    console.say(console.palette.paint("red", "smoke test: failed"))
    return False
