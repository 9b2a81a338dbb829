"""The unit tests in two processes, each with about half of the folders: ``python -m tests.fast``.

pytest-xdist would have each process collect every test, and would send three reports of each test to a third process:
for thousands of tests of milliseconds that costs as much as the tests. What is left of pytest itself is little: as many
empty tests take a seventh of the processor time.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.tiers import PARTS

# What these plugins and the capture of what C code prints do for each test adds up over thousands of them. Their
# fixtures are refused by tests/conftest.py, so that a test fails alike under plain pytest.
_UNUSED = ("cacheprovider", "xdist", "xdist.looponfail")
LIGHT = ("--capture=sys", *(f"-pno:{name}" for name in _UNUSED))
_MEMORY = Path("/dev/shm")
_NEEDED = 2**30  # Bytes. Docker's default of 64 MB is too little.


def main(arguments: list[str]) -> int:
    """Run the parts side by side. The first prints as it goes, the others when they are done."""
    print(f"unit tests in {len(PARTS)} processes", flush=True)
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryDirectory(dir=_folder_in_memory()) as folder:
        commands = [_command(part, Path(folder), arguments) for part in range(len(PARTS))]
        others = [subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT) for command in commands[1:]]
        statuses = [subprocess.call(commands[0]), *(process.wait() for process in others)]
        printed.seek(0)
        sys.stdout.write(printed.read().decode(errors="replace"))
    return int(any(statuses))


def _command(part: int, folder: Path, arguments: list[str]) -> list[str]:
    own = [f"--part={part}", "--basetemp", str(folder / f"part{part}")]
    return [sys.executable, "-m", "pytest", "-m", "unit", *LIGHT, *own, *arguments]


def _folder_in_memory() -> Path | None:
    """Return a file system in memory, None without a large one: the tests write and remove thousands of files."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _NEEDED else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
