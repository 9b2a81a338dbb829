"""Package sets: folders of locked packages, made once, shared by every project of this machine.

The engine and the functions each import from a set of their own, so that neither sees the kit's packages.
A set's folder is named after the hash of what it holds; it is filled beside its place and moved there whole, so a
set that exists is complete, and two processes that make the same one at once both end up with it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from homeport.errors import SetupError

Say = Callable[[str], None]


def package_set(cache: Path, name: str, requirements: Sequence[Path], *, python: str, version: str, say: Say) -> Path:
    """The folder with the packages of ``requirements`` (pip files, locked by hash or not) for an interpreter.

    ``version`` (``3.13``) is that of ``python`` and part of the set's identity. Raises SetupError with pip's own
    words if it can't be made.
    """
    place = package_set_folder(cache, name, requirements, version)
    if place.is_dir():
        return place
    say(f"installing {name} packages into {place} (once)")
    cache.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=cache))
    # mkdtemp lets only its maker in, but an image is built by one user and run by another.
    workshop.chmod(0o755)
    try:
        _install(workshop, requirements, python)
        _move_into_place(workshop, place)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return place


def package_set_folder(cache: Path, name: str, requirements: Sequence[Path], version: str) -> Path:
    """Where such a set is once it has been made."""
    digest = hashlib.sha256(version.encode())
    for file in requirements:
        digest.update(file.read_bytes())
    return cache / f"{name}-py{version}-{digest.hexdigest()[:16]}"


def _install(folder: Path, requirements: Sequence[Path], python: str) -> None:
    # One pip run a file: a file without hashes beside one with them would otherwise be refused as a whole.
    for file in requirements:
        command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--upgrade", "--target", str(folder), "--requirement", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise SetupError(f"pip could not install {file.name}:\n{last}", "check the network and the file")


def _move_into_place(workshop: Path, place: Path) -> None:
    try:
        workshop.replace(place)
    except OSError:
        if not place.is_dir():
            raise
