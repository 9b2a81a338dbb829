"""Run pytest, and a few tests that failed once more, alone: ``python -m tests.again PYTEST-ARGUMENT …``.

CI runs on machines that others use as well. A test that fails beside the others and passes alone is printed as flaky:
it is a fault to mend, in the test or in what it tests, but it does not tell that this change broke something.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MOST = 3
"""The most tests that are run again: where more fail, something is broken."""

_LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main(arguments: Sequence[str]) -> int:
    """Run pytest. Return the exit status of the first run, or of the second one where there is one."""
    _LAST_FAILED.unlink(missing_ok=True)
    status = _run(arguments)
    failed = _failed_tests() if status == 1 else []
    if not 0 < len(failed) <= MOST:
        return status
    print(f"run again, alone: {', '.join(failed)}", flush=True)
    again = _run(("-p", "no:cacheprovider", *failed))
    for test in failed if again == 0 else ():
        print(f"flaky: {test} failed beside other tests, and passes alone", flush=True)
    return again


def _run(arguments: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def _failed_tests() -> list[str]:
    try:
        return sorted(json.loads(_LAST_FAILED.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
