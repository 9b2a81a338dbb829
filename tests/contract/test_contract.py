"""The whole contract, fuzzed over real HTTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_contract_holds_under_fuzzing(api: str) -> None:
    command = [sys.executable, "-m", "homeport", "test", "--project", str(ROOT), "--url", api, "--without-cases"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
