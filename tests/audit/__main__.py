"""Looks through everything that is locked: ``python -m tests.audit audit`` or ``… sbom [--out FOLDER]``.

``audit`` asks the package index for known vulnerabilities: exit status 1 if there are any, 2 if the index could not be
asked about each package. ``sbom`` writes a CycloneDX bill of materials for each lock.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from homeport.environment import read_environment
from homeport.errors import SetupError
from homeport.package_cache import package_set
from tests.audit.findings import findings

ROOT = Path(__file__).parents[2]
TOOLS = Path(__file__).parent / "tools.txt"
LOCKS = {
    "homeport": ROOT / "requirements.lock",
    "dynamodb-engine": ROOT / "homeport" / "dynamodb" / "engine.lock",
    "aws-services": ROOT / "homeport" / "aws" / "services.lock",
    "docs": ROOT / "tests" / "docs" / "site.lock",
    "functions": ROOT / "homeport" / "runtime" / "runtime.lock",
}


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("what", choices=("audit", "sbom"))
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "sbom", help="for sbom (default: %(default)s)")
    parser.add_argument("--lock", choices=LOCKS, action="append", help="only this one")
    options = parser.parse_args()
    locks = {name: LOCKS[name] for name in options.lock or LOCKS}
    try:
        tools = package_set(
            read_environment().cache_dir, "audit", [TOOLS], python=sys.executable, version=_version(), say=print
        )
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    if options.what == "audit":
        return max(_audit(tools, name, lock) for name, lock in locks.items())
    options.out.mkdir(parents=True, exist_ok=True)
    return max(_write_sbom(tools, lock, options.out / f"{name}.cdx.json") for name, lock in locks.items())


def _audit(tools: Path, name: str, lock: Path) -> int:
    done = _run(
        tools, "pip_audit", "--requirement", str(lock), "--disable-pip", "--format=json", "--progress-spinner=off"
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["pip-audit said nothing"]
        print(f"{name}: the index can't be reached, so nothing is known: {last[0][:300]}", file=sys.stderr)
        return 2
    found = findings(report)
    for line in found.lines:
        print(f"{name}: {line}")
    return found.status


def _write_sbom(tools: Path, lock: Path, out: Path) -> int:
    described = ("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--output-file", str(out))
    done = _run(tools, "cyclonedx_py", "requirements", str(lock), *described)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return 1
    print(f"{out}: {len(json.loads(out.read_text())['components'])} packages")
    return 0


def _run(tools: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tools)}
    command: Sequence[str] = (sys.executable, "-m", module, *arguments)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


if __name__ == "__main__":
    sys.exit(main())
