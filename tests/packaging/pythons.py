"""``python -m tests.packaging.pythons``: the wheel on every Python that this machine has, from an empty folder.

Each gets an environment of its own, makes a project, checks it and answers requests. Those missing are named. With
``--wheel FILE`` it is that wheel, and with ``--version 3.12`` that Python alone, which must be there.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from homeport.runtime.host.interpreter import find_interpreter
from tests.support.packages import ROOT, build_wheel, make_environment, run
from tests.support.served import first_answer

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)$")


def supported() -> list[str]:
    """The versions that pyproject.toml names."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    return [found[1] for found in map(_CLASSIFIER.match, classifiers) if found]


def interpreters() -> dict[str, str | None]:
    """Each supported version and an interpreter of it, None where this machine has none."""
    paths: dict[str, str | None] = {}
    for version in supported():
        found = find_interpreter(f"python{version}", os.environ["PATH"], Path.home())
        paths[version] = None if found.warning else found.path
    return paths


def short_run(python: str, wheel: Path, folder: Path) -> None:
    """Install the wheel, make a project, check it, and ask the running API for something."""
    bin_folder = make_environment(folder / "venv", python, f"{wheel}[local]")
    homeport = str(bin_folder / "homeport")
    run([homeport, "init", "short"], folder)
    run([homeport, "check"], folder / "short")
    status, _ = first_answer(homeport, folder / "short", "/tasks")
    assert status == 200, status


def main() -> int:
    """1 if one of them fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--version", choices=supported())
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="homeport-") as scratch:
        wheel = options.wheel.resolve() if options.wheel else build_wheel(Path(scratch))
        for version, python in interpreters().items():
            if options.version not in (None, version):
                continue
            if python is None:
                failed += options.version is not None
                print(f"{version}  missing here: not tested", flush=True)
                continue
            started = time.monotonic()
            folder = Path(scratch, version)
            folder.mkdir()
            try:
                short_run(python, wheel, folder)
            except AssertionError as error:
                failed += 1
                print(f"{version}  failed: {error}", flush=True)
            else:
                print(f"{version}  ok, {time.monotonic() - started:.0f} s ({python})", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
