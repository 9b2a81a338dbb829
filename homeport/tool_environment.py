"""Fill a virtual environment with the kit's tools: ``python -m homeport.tool_environment FILE``, for ``make``.

The environment is that of this Python, where homeport itself may be all that is installed. uv does it where it is on
the PATH: it links each package from a cache that all environments share. Else pip does it, by wheels that are collected
once a machine: the next environment with the same requirements needs no network and no resolver.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

from homeport.environment import read_environment
from homeport.errors import EXIT_STATUS, HomeportError, SetupError
from homeport.installer import draft_folder, find_uv, is_locked, run_installer
from homeport.terminal import ProgressLine

# Seconds after which ranges of versions are resolved again.
_FRESH = 14 * 24 * 3600.0
_INTERRUPTED = 130
_WOULD_INSTALL = re.compile("^Would install (.*)$", re.MULTILINE)
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")


def fill_environment(requirements: Path, progress: ProgressLine, cache: Path, uv: str | None) -> str:
    """Install what a pip file lists, and return what was done as a sentence. Raises SetupError."""
    if uv is not None:
        try:
            return _install_with_uv(uv, requirements, progress)
        except SetupError as error:
            progress.end(f"uv could not do it ({str(error).splitlines()[-1].strip()}): pip does")
    if importlib.util.find_spec("pip") is None:
        subprocess.run([sys.executable, "-m", "ensurepip"], check=True, capture_output=True)
    if _is_filled(requirements):
        return f"found all packages of {requirements.name}"
    wheels = _collected_wheels(requirements, progress, cache)
    before = _installed_count()

    def count() -> str:
        return f"{min(max(_installed_count() - before, 0), len(wheels))} of {len(wheels)} packages"

    # Python compiles a module when it is imported first, unless it may not keep the result: most are never imported.
    compiled = [] if sys.dont_write_bytecode else ["--no-compile"]
    command = [*_PIP, "install", "--quiet", "--no-index", "--no-deps", *compiled, *map(str, wheels)]
    run_installer(command, progress, "installing", count=count)
    return f"installed {len(wheels)} packages with pip"


def _install_with_uv(uv: str, requirements: Path, progress: ProgressLine) -> str:
    command = [uv, "pip", "install", "--no-progress", "--python", sys.executable, "--requirement", str(requirements)]
    run_installer(
        [*command, *(["--no-deps"] if is_locked(requirements) else [])], progress, "installing with uv", count=str
    )
    return f"installed {_installed_count()} packages with uv"


def _is_filled(requirements: Path) -> bool:
    """Return whether nothing is to be installed: pip, which may look for nothing elsewhere, misses nothing."""
    command = [*_PIP, "install", "--dry-run", "--no-index", "--requirement", str(requirements)]
    command += ["--no-deps", "--require-hashes"] if is_locked(requirements) else []
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    alone["PIP_CONFIG_FILE"] = os.devnull
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=alone)
    lacking = [name for found in _WOULD_INSTALL.findall(done.stdout) for name in found.split()]
    # homeport itself, which a file may hold, is installed: it runs.
    return done.returncode == 0 and all(name.startswith("homeport-") for name in lacking)


def _installed_count() -> int:
    return len(list(Path(sysconfig.get_path("purelib")).glob("*.dist-info")))


def _collected_wheels(requirements: Path, progress: ProgressLine, cache: Path) -> list[Path]:
    """Return the wheels for a pip file, without homeport's own, after collecting those that are not there."""
    folder, lock = cache / "wheels", is_locked(requirements)
    listed = folder / f"{_key(requirements)}.txt"
    known = _read_list(folder, listed)
    if known and (lock or time.time() - listed.stat().st_mtime < _FRESH):
        return known
    try:
        return _collect(requirements, lock, listed, progress)
    except SetupError:
        if known:
            progress.end("the package index does not answer: these are the versions of the last time")
            return known
        raise


def _key(requirements: Path) -> str:
    parts = (sys.version, sysconfig.get_platform(), requirements.read_text(encoding="utf-8-sig", errors="replace"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _read_list(folder: Path, listed: Path) -> list[Path]:
    """Return the wheels of a list, none if one of them is gone."""
    try:
        wheels = [folder / name for name in listed.read_text().split()]
    except OSError:
        return []
    return wheels if all(wheel.is_file() for wheel in wheels) else []


def _collect(requirements: Path, lock: bool, listed: Path, progress: ProgressLine) -> list[Path]:
    folder = listed.parent
    with draft_folder(folder, "draft") as draft:
        command = [*_PIP, "wheel", "--progress-bar", "off", "--wheel-dir", str(draft)]
        command += ["--no-deps", "--require-hashes"] if lock else []
        try:
            run_installer([*command, "--requirement", str(requirements)], progress, "collecting")
        except SetupError as error:
            raise SetupError(f"pip could not collect the packages of {requirements}:\n{error}", _HINT) from error
        made = [wheel for wheel in sorted(draft.glob("*.whl")) if not wheel.name.startswith("homeport-")]
        for wheel in made:
            shutil.move(wheel, folder / wheel.name)
        draft_list = draft / "list.txt"
        draft_list.write_text("\n".join(wheel.name for wheel in made))
        draft_list.replace(listed)
    return [folder / wheel.name for wheel in made]


_HINT = "check the network; what was downloaded is kept, and the next attempt goes on from there"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the environment of this Python and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m homeport.tool_environment")
    parser.add_argument("requirements", type=Path, help="a pip file, with hashes or with ranges")
    options = parser.parse_args(arguments)
    progress, started = ProgressLine(sys.stdout), time.monotonic()
    try:
        done = fill_environment(options.requirements, progress, read_environment().cache_dir, find_uv())
    except (HomeportError, OSError, subprocess.CalledProcessError) as error:
        progress.end()
        print(f"homeport: {error}", file=sys.stderr)
        return EXIT_STATUS
    except KeyboardInterrupt:
        progress.end("interrupted: what was downloaded is kept, and the next attempt goes on from there")
        return _INTERRUPTED
    progress.end(f"{done} in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
