"""How soon the same API is ready in each format of projects, when its folder is new and when it was started before.

``python -m bench.formats [--rounds 4]`` starts ``homeport dev`` for each format by turns. Packages that are installed
once for a machine are there: a first round that is not counted installs them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from homeport.child_process import end_process

ROOT = Path(__file__).resolve().parents[1]
SAME_API = ROOT / "tests" / "project" / "formats" / "same_api"
CODE = "code"


def main() -> int:
    """Print the median seconds to ``ready`` of each format, cold and warm."""
    parser = argparse.ArgumentParser(prog="python -m bench.formats", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="starts of each kind (default: %(default)s)")
    rounds = parser.parse_args().rounds
    names = sorted(folder.name for folder in SAME_API.iterdir() if folder.is_dir() and folder.name != CODE)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name in names:
            seconds = _start_twice(name)
            if number:
                found[name].append(seconds)
    print(f"{'format':<12} {'cold':>6} {'warm':>6}   seconds to ready, medians of {rounds}")
    for name, pairs in found.items():
        cold, warm = (statistics.median(each) for each in zip(*pairs, strict=True))
        print(f"{name:<12} {cold:6.2f} {warm:6.2f}")
    return 0


def _start_twice(name: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="homeport-bench-") as folder:
        project = Path(folder, name)
        shutil.copytree(SAME_API / name, project, ignore=shutil.ignore_patterns(".homeport", "__pycache__"))
        shutil.copytree(SAME_API / CODE, project / CODE, dirs_exist_ok=True)
        return _seconds_to_ready(project), _seconds_to_ready(project)


def _seconds_to_ready(project: Path) -> float:
    command = [
        sys.executable,
        "-m",
        "homeport",
        "dev",
        "--project",
        str(project),
        "--port",
        "0",
        "--dynamodb-port",
        "0",
    ]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            printed = []
            for line in process.stdout:
                printed.append(line)
                if line.startswith("ready "):
                    return time.monotonic() - started
        finally:
            end_process(process)
    raise SystemExit(f"{project.name} was not ready:\n{''.join(printed)}")


if __name__ == "__main__":
    sys.exit(main())
