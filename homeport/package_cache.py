"""Package sets: folders of locked packages, made once, shared by every project of this machine.

The engine and the functions each import from a set of their own, so that neither sees the kit's packages.
A set's folder is named after the hash of its requirements. It is filled under another name and then renamed, so a set
that exists is complete, and two processes that make the same one at once both end up with it.
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
    """Return the folder with the packages of ``requirements`` (pip files) for an interpreter, and install them once.

    ``version`` (``3.13``) is that of ``python`` and part of the set's identity. Raises SetupError with pip's own
    message if it can't be made.
    """

    def install(draft: Path) -> None:
        say(f"installing {name} packages into {folder} (once)")
        _install(draft, requirements, python)

    folder = package_set_folder(cache, name, requirements, version)
    return make_once(folder, install)


def make_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Return ``folder``. Where it does not exist, ``fill`` a draft of it, which then takes its name."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    # mkdtemp admits only this user, but an image is built by one user and run by another.
    draft.chmod(0o755)
    try:
        fill(draft)
        draft.replace(folder)
    except OSError:
        # Another process was faster.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def package_set_folder(cache: Path, name: str, requirements: Sequence[Path], version: str) -> Path:
    """Return the folder of a package set, which may not exist yet."""
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
