"""The unit tests in two processes, each with half of the files: ``python -m tests.fast``.

pytest-xdist would have each process collect every test, and would send three reports of each test to a third process:
for thousands of tests of milliseconds that costs as much as the tests.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

PARTS = 2


def main(arguments: list[str]) -> int:
    """Run the parts side by side. The first prints as it goes, the others when they are done."""
    with tempfile.TemporaryFile() as printed:
        others = [
            subprocess.Popen(_command(part, arguments), stdout=printed, stderr=subprocess.STDOUT)
            for part in range(2, PARTS + 1)
        ]
        statuses = [subprocess.call(_command(1, arguments)), *(process.wait() for process in others)]
        printed.seek(0)
        sys.stdout.write(printed.read().decode(errors="replace"))
    return max(statuses)


def _command(part: int, arguments: list[str]) -> list[str]:
    # Two processes that write one cache would lose the failures of one.
    cache = f".pytest_cache/part{part}"
    return [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "unit",
        f"--part={part}/{PARTS}",
        "-o",
        f"cache_dir={cache}",
        *arguments,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
