"""The whole contract, fuzzed over real HTTP and held to what REST promises, and each function's permissions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_contract_holds() -> None:
    given = os.environ.get("HOMEPORT_URL")
    command = [sys.executable, "-m", "homeport", "test", "--project", str(ROOT), "--without-cases"]
    command += ["--url", given] if given else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
