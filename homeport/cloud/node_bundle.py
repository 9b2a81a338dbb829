"""The zips of functions in Node.js: their files and the packages of package-lock.json, or what esbuild makes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from homeport.cloud.bundle import Bundle, LeftOut, make_folder_bundle
from homeport.cloud.errors import BundleError
from homeport.errors import SetupError
from homeport.package_cache import Say
from homeport.project.model import EsbuildOptions
from homeport.runtime.node.build import BuildError, run_esbuild
from homeport.runtime.node.esbuild_program import find_esbuild
from homeport.runtime.node.npm import locked_packages

IN_NODE = LeftOut(
    frozenset(("__pycache__", "__tests__", "node_modules", "test", "tests")),
    (
        *("*.test.[jt]s*", "*.test.[cm][jt]s", "*.spec.[jt]s*", "*.spec.[cm][jt]s"),
        *("*.d.ts", "*.py", "*~", "*.swp", "requirements*.txt"),
        *("tsconfig*.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"),
    ),
)
_LOCK = "package-lock.json"
_CPUS = {"arm64": "arm64", "x86_64": "x64"}


def node_package_files(cache: Path, manifest: Path, architecture: str, say: Say, folder: str) -> dict[str, Path]:
    """Return the files of the packages of a package.json by their name in the zip. Raises BundleError.

    They are those of package-lock.json, for Linux on ``architecture``, without those for development.
    """
    lock = manifest.with_name(_LOCK)
    if not lock.is_file():
        raise BundleError(
            f"{folder}/package.json names packages, and there is no {_LOCK}, which pins them",
            f"npm install --package-lock-only in {folder}",
        )
    for name in _with_scripts(lock):
        say(f"warning: {name} has an install script, which is not run: bundle what it would make, if it is needed")
    # Amazon Linux has glibc.
    options = ("--omit=dev", "--os=linux", f"--cpu={_CPUS[architecture]}", "--libc=glibc")
    shown = f"{folder}/{_LOCK} for nodejs on {architecture}"
    try:
        made = locked_packages(
            cache, f"bundle-nodejs-{architecture}", manifest.parent, say, shown=shown, options=options
        )
    except SetupError as error:
        raise BundleError(error.message, error.hint) from error
    return installed_files(made)


def installed_files(folder: Path) -> dict[str, Path]:
    """Return the files of each ``node_modules`` in a folder by their names below it, without what npm notes there."""
    files = (file for modules in folder.rglob("node_modules") for file in modules.rglob("*") if file.is_file())
    names = {file.relative_to(folder): file for file in sorted(files)}
    return {name.as_posix(): file for name, file in names.items() if not any(part[0] == "." for part in name.parts)}


def make_built_bundle(root: Path, build: EsbuildOptions, cache: Path, secrets: Mapping[str, str], say: Say) -> Bundle:
    """Bundle what esbuild makes of the code in a folder. Raises BundleError."""
    with tempfile.TemporaryDirectory(prefix="homeport-build-") as made:
        try:
            run_esbuild(root, build, find_esbuild(root, cache, say), Path(made))
        except BuildError as error:
            hint = f"npm ci in {build.shown}" if error.packages else "mend it"
            raise BundleError(f"esbuild could not build {build.entry_points[0]}:\n{error}", hint) from error
        except SetupError as error:
            raise BundleError(error.message, error.hint) from error
        return make_folder_bundle(Path(made), build.shown, {}, secrets)


def _with_scripts(lock: Path) -> Iterator[str]:
    """Yield the packages for production whose installation runs a script."""
    try:
        written = json.loads(lock.read_bytes()).get("packages", {})
    except (OSError, ValueError, AttributeError) as error:
        raise BundleError(f"{lock} can't be read: {error}", "npm install --package-lock-only") from error
    for place, package in written.items():
        if package.get("hasInstallScript") and not package.get("dev"):
            yield place.rpartition("node_modules/")[2]
