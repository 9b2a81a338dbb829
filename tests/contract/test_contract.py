"""The whole contract, fuzzed over real HTTP and held to what REST promises, and each function's permissions."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Seconds after which a run that hangs is ended.
LONGEST = 800


def test_the_contract_holds(capfd: pytest.CaptureFixture[str]) -> None:
    given = os.environ.get("HOMEPORT_URL")
    command = [sys.executable, "-m", "homeport", "test", "--project", str(ROOT), "--without-cases"]
    command += ["--url", given] if given else []
    printed = ""
    # It takes a minute or more: its lines of progress are shown as they come.
    with (
        capfd.disabled(),
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run,
    ):
        limit = threading.Timer(LONGEST, run.kill)
        limit.daemon = True
        limit.start()
        print()
        for line in run.stdout or ():
            print(f"  {line}", end="", flush=True)
            printed += line
        limit.cancel()
    assert run.returncode == 0, printed[-8000:]
