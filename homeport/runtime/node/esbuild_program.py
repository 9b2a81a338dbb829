"""The program esbuild: the project's own where it has one, as ``sam build`` takes it, else the kit's.

https://esbuild.github.io/
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from homeport.errors import SetupError
from homeport.package_cache import Say
from homeport.project.node_code import module_folders
from homeport.runtime.node.npm import locked_packages

_LOCK = Path(__file__).with_name("esbuild")
_MACHINES = {"aarch64": "arm64", "arm64": "arm64", "amd64": "x64", "x86_64": "x64"}


def find_esbuild(root: Path, cache: Path, say: Say) -> Path:
    """Return the esbuild for the code in a folder, after installing the kit's if need be. Raises SetupError."""
    return own_esbuild(root) or kit_esbuild(cache, say)


def own_esbuild(root: Path) -> Path | None:
    """Return the esbuild in the ``node_modules`` of a folder or of one above it, as Node looks for packages."""
    return next(
        (program for modules in module_folders(root) for program in _programs(modules) if program.is_file()), None
    )


def kit_esbuild(cache: Path, say: Say) -> Path:
    """Return the kit's own esbuild, after installing it into the cache if it is not there. Raises SetupError."""
    modules = locked_packages(cache, "esbuild", _LOCK, say) / "node_modules"
    found = next((program for program in _programs(modules) if program.is_file()), None)
    if found is None:
        raise SetupError(f"there is no esbuild for {sys.platform} on {platform.machine()}", "npm install esbuild")
    return found


def _programs(modules: Path) -> Iterator[Path]:
    """Yield the places of the program in a ``node_modules``: the binary itself first, which starts quickest."""
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    yield modules / "@esbuild" / f"{sys.platform}-{machine}" / "bin" / "esbuild"
    yield modules / ".bin" / "esbuild"
