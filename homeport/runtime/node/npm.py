"""npm: it is found and run here, and what the kit itself needs of it is kept in its cache, as the kit has locked it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from homeport.errors import SetupError
from homeport.package_cache import Say, make_once

_FILES = ("package.json", "package-lock.json")
NPMRC = ".npmrc"
"""npm's settings of a project: registries, and the variables that hold their tokens."""
NO_NPM = "install Node.js, which brings npm: https://nodejs.org"


def locked_packages(
    cache: Path, name: str, folder: Path, say: Say, *, shown: str = "", options: Sequence[str] = ()
) -> Path:
    """Return the folder with the ``node_modules`` of a package-lock.json, and install them once.

    ``folder`` has package.json and package-lock.json, and .npmrc where its registry is another than npm's. ``options``
    are npm's further ones, and part of the folder's identity, as these files are. ``shown`` names the packages to the
    user. Install scripts are not run: they do different things on different machines. Raises SetupError with npm's own
    message.
    """
    files = [*_FILES, *([NPMRC] if (folder / NPMRC).is_file() else [])]
    digest = hashlib.sha256(" ".join(options).encode())
    for file in files:
        digest.update(b"\0" + (folder / file).read_bytes())

    def install(draft: Path) -> None:
        say(f"installing {shown or name} (once)")
        for file in files:
            shutil.copyfile(folder / file, draft / file)
        run_npm(find_npm(), draft, "ci", *options, shown=shown or name)

    return make_once(cache / f"{name}-{digest.hexdigest()[:16]}", install)


def find_npm(node: str = "") -> str | None:
    """Return the npm beside a ``node``, else the one on PATH; None where there is none."""
    return shutil.which("npm", path=_search_path(node))


def run_npm(npm: str | None, folder: Path, *arguments: str, shown: str, scripts: bool = False, node: str = "") -> None:
    """Run npm in a folder, with a ``node`` or the one on PATH. ``scripts`` lets those of the packages run.

    ``shown`` names what is installed. Raises SetupError with npm's own message, or where ``npm`` is None.
    """
    if npm is None:
        raise SetupError(f"npm is needed for {shown}, and is not installed here", NO_NPM)
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", *(() if scripts else ("--ignore-scripts",)))
    done = subprocess.run(
        [npm, *arguments, *quiet],
        cwd=folder,
        # The first line of npm asks PATH for node.
        env={**os.environ, "PATH": _search_path(node)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        # The reason comes first, advice and the place of npm's own log follow.
        lines = (re.sub(r"^npm (error|ERR!|warn) ?", "", line).strip() for line in done.stderr.splitlines())
        errors = "\n".join([line for line in lines if line][:5]) or f"exit status {done.returncode}"
        raise SetupError(f"npm could not install {shown}:\n{errors}", "check the network and the files")


def _search_path(node: str) -> str:
    search_path = os.environ.get("PATH", os.defpath)
    return f"{Path(node).parent}:{search_path}" if node else search_path
