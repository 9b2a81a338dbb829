"""Fuzz a project's contract over real HTTP with schemathesis: its examples, its edge cases, random data, its links."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from homeport.contract.stack import running_stack

# A fixed seed: a failure that CI shows is the failure that a developer sees.
SEED = 20250101


def contract_test(project: Path, url: str | None, stage: str = "local") -> int:
    """Fuzz ``url``, or a stack started for it. The exit status is schemathesis' own: 0 when the contract holds."""
    if url is not None:
        return fuzz(project, url)
    with running_stack(project, ("--no-data", "--stage", stage)) as stack:
        return fuzz(project, stack.url)


def fuzz(project: Path, url: str) -> int:
    """Run schemathesis against a base URL and return its exit status."""
    config = project / "tests" / "contract" / "schemathesis.toml"
    command = [sys.executable, "-m", "schemathesis.cli"]
    if config.is_file():
        command += ["--config-file", str(config)]
    command += ["run", str(project / "openapi.yaml"), "--url", url, "--seed", str(SEED)]
    command += ["--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"]
    return subprocess.run(command, check=False).returncode
