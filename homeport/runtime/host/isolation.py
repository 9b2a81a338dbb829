"""Whether each environment can have a /tmp of its own here. Run as a module it answers with its exit status, since
trying it takes a process that can be thrown away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from homeport.runtime.worker.sandbox import prepare


def has_namespaces() -> bool:
    """Whether mount namespaces are there for this user."""
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, check=False)
    return done.returncode == 0


def _try() -> bool:
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        scratch = Path(folder)
        task = scratch / "task"
        task.mkdir()
        return prepare(scratch, task, task, [], []) is not None


if __name__ == "__main__":
    sys.exit(0 if _try() else 1)
