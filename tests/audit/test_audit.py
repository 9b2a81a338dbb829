"""The audit's conclusions, and the bills of materials."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.__main__ import LOCKS, ROOT
from tests.audit.findings import Findings, findings

FINE = {"name": "flask", "version": "3.1.2", "vulns": []}
SKIPPED = {"name": "boto3", "skip_reason": "Dependency not found on PyPI and could not be audited: boto3 (1.0)"}
FLAWED = {"name": "a", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"], "aliases": []}]}
NOT_AUDITED = "the index tells nothing of 1 packages, so they are not audited: boto3"
FLAW = "a 1.0 has PYSEC-1, mended in 1.1, 2.0"


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        ([FINE], Findings(0, ("1 packages, no known vulnerability",))),
        ([FINE, SKIPPED], Findings(2, (NOT_AUDITED,))),
        ([FINE, FLAWED], Findings(1, (FLAW,))),
        ([SKIPPED, FLAWED], Findings(1, (FLAW, NOT_AUDITED))),
    ],
    ids=["fine", "skipped", "flawed", "both"],
)
def test_a_package_that_was_not_looked_up_is_not_without_flaws(packages: list[Any], expected: Findings) -> None:
    assert findings({"dependencies": packages, "fixes": []}) == expected


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.audit", *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)


def test_each_lock_has_its_bill_of_materials(tmp_path: Path) -> None:
    done = run("sbom", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for name, lock in LOCKS.items():
        bill = json.loads((tmp_path / f"{name}.cdx.json").read_text())
        locked = set(re.findall(r"^([A-Za-z0-9._-]+(?:\[[^]]+\])?)==([^ \\;]+)", lock.read_text(), re.MULTILINE))
        assert bill["bomFormat"] == "CycloneDX" and bill["metadata"]["component"]["name"] == "homeport"
        assert {(part["name"], part["version"]) for part in bill["components"]} == {
            (package.partition("[")[0], version) for package, version in locked
        }


def test_an_index_that_can_not_be_reached_is_no_good_news(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    # The tools are there after this.
    assert run("sbom", "--lock", "functions", "--out", str(tmp_path)).returncode == 0
    done = run("audit", "--lock", "functions", HTTPS_PROXY=nowhere, https_proxy=nowhere, NO_PROXY="", no_proxy="")
    assert done.returncode == 2, done.stdout
    assert "functions: the index can't be reached, so nothing is known: " in done.stderr
    assert "Traceback" not in done.stderr
