"""The packages of requirements.txt as wheels for the platform of the functions, whatever this machine is."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from homeport.cloud.errors import BundleError
from homeport.package_cache import Say, make_once

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# The C library of Amazon Linux 2 is 2.26, that of Amazon Linux 2023 is 2.34:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_ON_AMAZON_LINUX_2 = ("python3.10", "python3.11")
_OLD_TAGS = ("manylinux_2_26", "manylinux_2_24", "manylinux_2_17", "manylinux2014")
_NEW_TAGS = ("manylinux_2_34", "manylinux_2_31", "manylinux_2_28", *_OLD_TAGS)
# Lambda's runtime has these packages. A bundle has them only where requirements.txt names them.
_PROVIDED = ("boto3", "botocore", "s3transfer")
# Files of pip that differ between machines.
_MACHINE_SPECIFIC = frozenset(("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"))


@dataclass(frozen=True, slots=True)
class LambdaPlatform:
    """The platform of the functions: ``python3.13``, and ``arm64`` or ``x86_64``."""

    runtime: str
    architecture: str

    @property
    def pip_options(self) -> list[str]:
        """The options with which pip chooses wheels for it."""
        tags = _OLD_TAGS if self.runtime in _ON_AMAZON_LINUX_2 else _NEW_TAGS
        platforms = [option for tag in tags for option in ("--platform", f"{tag}_{_MACHINES[self.architecture]}")]
        version = self.runtime.removeprefix("python")
        return [*platforms, "--python-version", version, "--implementation", "cp", "--only-binary=:all:"]


def dependency_files(
    cache: Path, requirements: Path | None, platform: LambdaPlatform, say: Say, folder: str = "service"
) -> dict[str, Path]:
    """Return the files of the packages by their name in the zip. Raises BundleError."""
    if requirements is None or not named_packages(requirements.read_text()):
        return {}
    digest = hashlib.sha256(" ".join(platform.pip_options).encode() + requirements.read_bytes()).hexdigest()[:16]

    def install(draft: Path) -> None:
        say(f"installing {folder}/requirements.txt for {platform.runtime} on {platform.architecture} (once)")
        _pip(draft, requirements, platform, folder)

    installed = make_once(cache / f"bundle-{platform.runtime}-{platform.architecture}-{digest}", install)
    named = named_packages(requirements.read_text())
    left_out = tuple(name for name in _PROVIDED if not named.intersection((name, "boto3")))
    files = {file.relative_to(installed).as_posix(): file for file in sorted(installed.rglob("*")) if file.is_file()}
    return {name: file for name, file in files.items() if _is_bundled(name, left_out)}


def named_packages(text: str) -> frozenset[str]:
    """Return the packages in a requirements file, with normalized names."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    names = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines)
    return frozenset(re.sub(r"[-_.]+", "-", name[0]).lower() for name in names if name)


def unpinned_requirements(text: str) -> list[str]:
    """Return the requirements without an exact version."""
    lines = (line.partition("#")[0].split(" --")[0].rstrip("\\ ").strip() for line in text.splitlines())
    return [line for line in lines if re.match(r"[A-Za-z0-9]", line) and "==" not in line and " @ " not in line]


def _pip(target: Path, requirements: Path, platform: LambdaPlatform, folder: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    command += ["--disable-pip-version-check", *platform.pip_options, "--target", str(target)]
    done = subprocess.run([*command, "--requirement", str(requirements)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.strip().splitlines() if not line.startswith("WARNING")]
        raise BundleError(
            f"pip found no wheels of {folder}/requirements.txt for {platform.runtime} on {platform.architecture}:\n"
            + "\n".join(errors[-5:]),
            "pin a version that has wheels for it, or choose another architecture in deploy/stages.yaml",
        )


def _is_bundled(name: str, left_out: tuple[str, ...]) -> bool:
    top, _, rest = name.partition("/")
    if top in left_out or any(re.fullmatch(rf"{package}-[^-]+\.dist-info", top) for package in left_out):
        return False
    if top == "bin" or "__pycache__" in name.split("/"):
        return False
    return not (top.endswith(".dist-info") and rest in _MACHINE_SPECIFIC)
