"""Packages of npm that the kit itself needs: locked in the kit, installed once into its cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from homeport.errors import SetupError
from homeport.package_cache import Say, make_once

_FILES = ("package.json", "package-lock.json")
NO_NPM = "install Node.js, which brings npm: https://nodejs.org"


def locked_packages(
    cache: Path, name: str, folder: Path, say: Say, *, shown: str = "", options: Sequence[str] = ()
) -> Path:
    """Return the folder with the ``node_modules`` of a package-lock.json, and install them once.

    ``folder`` has package.json and package-lock.json. ``options`` are npm's further ones, and part of the folder's
    identity, as both files are. ``shown`` names the packages to the user. Install scripts are not run: they do
    different things on different machines. Raises SetupError with npm's own message.
    """
    digest = hashlib.sha256(" ".join(options).encode())
    for file in _FILES:
        digest.update(b"\0" + (folder / file).read_bytes())

    def install(draft: Path) -> None:
        say(f"installing {shown or name} (once)")
        for file in _FILES:
            shutil.copyfile(folder / file, draft / file)
        _run_npm(draft, options, shown or name)

    return make_once(cache / f"{name}-{digest.hexdigest()[:16]}", install)


def _run_npm(folder: Path, options: Sequence[str], shown: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SetupError(f"{shown}: npm is needed, and is not installed here", NO_NPM)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if "complete log" not in line]
        raise SetupError(f"npm could not install {shown}:\n" + "\n".join(lines[-5:]), "check the network and the files")
