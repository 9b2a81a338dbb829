"""The functions' code as one zip: the same bytes for the same files, on every machine.

Order, times, modes and the creating system are fixed, because a zip takes them from the machine otherwise. Tests,
caches and hidden files of service/ are left out; a file that looks like a secret is an error. The packages of
``service/requirements.txt`` are installed for the platform of the functions, once for each content of the file.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from homeport.cloud.errors import BundleError
from homeport.package_cache import Say, make_once
from homeport.project.languages import NODE_SUFFIXES
from homeport.project.project import Project
from homeport.project.validators.generate import write_generated
from homeport.terminal import with_noun

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_UNZIPPED = 250 * 1024 * 1024
MOST_ZIPPED = 50 * 1024 * 1024
_EARLIEST_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644
_EXECUTABLE_MODE = 0o100755
_SKIPPED_FILES = ("*.pyc", "*.pyo", "*~", "*.swp", "requirements*.txt")
_SECRET_NAMES = (
    ".env*",
    "*.env",
    ".netrc",
    ".pgpass",
    ".pypirc",
    "*.jks",
    "*.key",
    "*.keystore",
    "*.p12",
    "*.pem",
    "*.pfx",
    "*.ppk",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "id_rsa*",
    "credentials",
    "credentials.*",
    "secrets",
    "secrets.*",
    "service-account*.json",
)
_CODE = (".py", ".pyi", ".so", *NODE_SUFFIXES)
# certifi's file, which comes along where a folder has packages in it.
_PUBLIC_CERTIFICATES = "cacert.pem"
_SECRET_CONTENTS = (
    (re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\r?\n[A-Za-z0-9+/=]"), "a private key"),
    (re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])"), "an AWS access key"),
)
# AWS's documentation uses this key in examples.
_EXAMPLE_KEY = b"AKIAIOSFODNN7EXAMPLE"
# A shorter value is in a file by chance.
_SHORTEST_VALUE = 8


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


class LeftOut(NamedTuple):
    """The files that are no part of a function's code: those in ``folders``, and those of the patterns ``files``."""

    folders: frozenset[str]
    files: tuple[str, ...] = _SKIPPED_FILES


IN_SERVICE = LeftOut(frozenset(("__pycache__", "node_modules", "test", "tests")))
IN_OWN_CODE = LeftOut(frozenset(("__pycache__", "node_modules")))
"""A function's own code is as its owner has it: a package named ``tests`` may be imported."""


def is_skipped(path: PurePosixPath, left_out: LeftOut = IN_SERVICE) -> bool:
    """Return whether a file (relative to its code's folder) is left out; hidden files are in any case."""
    if any(folder in left_out.folders or folder.startswith(".") for folder in path.parts[:-1]):
        return True
    if looks_secret(path):
        return False
    return path.name.startswith(".") or any(fnmatch(path.name, pattern) for pattern in left_out.files)


def looks_secret(path: PurePosixPath) -> bool:
    """Return whether a file has the name of a secret. Modules may have any name."""
    name = path.name.lower()
    return (
        path.suffix not in _CODE
        and name != _PUBLIC_CERTIFICATES
        and any(fnmatch(name, pattern) for pattern in _SECRET_NAMES)
    )


def secret_in(content: bytes, values: Iterable[tuple[str, str]]) -> str | None:
    """Return a description of the secret in a file, None without one. ``values`` are names and values of secrets."""
    for pattern, what in _SECRET_CONTENTS:
        if pattern.search(content.replace(_EXAMPLE_KEY, b"")):
            return what
    for name, value in values:
        if len(value) >= _SHORTEST_VALUE and value.encode(errors="surrogatepass") in content:
            return f"the value of {name}"
    return None


def largest(sizes: Mapping[str, int]) -> str:
    """Return the three largest files and folders of the top level, for a message."""
    totals: dict[str, int] = {}
    for name, size in sizes.items():
        top = name.partition("/")[0]
        totals[top] = totals.get(top, 0) + size
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:3]
    return ", ".join(f"{name} {megabytes(size)}" for name, size in ranked)


def megabytes(size: int) -> str:
    """Return a size as Lambda counts: ``12.3 MB`` of 1024 * 1024 bytes, ``28 kB`` below that."""
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} kB"
    return f"{size / 1024 / 1024:.1f} MB"


@dataclass(frozen=True)
class Bundle:
    """A zip. ``files`` maps each name in it to its size in bytes.

    ``digest`` is a SHA-256 of the files' names, modes and contents, in hex: releases of zlib may compress the same
    files into other bytes, and that is no other code.
    """

    content: bytes
    digest: str
    files: Mapping[str, int]

    @property
    def unzipped(self) -> int:
        """The unzipped size in bytes."""
        return sum(self.files.values())

    @property
    def summary(self) -> str:
        """The number of files and the sizes, in words."""
        files = with_noun(len(self.files), "file")
        return f"{files}, {megabytes(len(self.content))} zipped, {megabytes(self.unzipped)} unzipped"


def make_bundle(project: Project, dependencies: Mapping[str, Path], secrets: Mapping[str, str]) -> Bundle:
    """Bundle service/, its generated modules, and ``dependencies`` (files by their name in the zip).

    ``secrets`` are values by the name of their setting that must not be in any file of service/. Raises BundleError.
    """
    generated = write_generated(project.root, project.api)
    files: dict[str, Path] = dict(dependencies)
    for base in dict.fromkeys((project.root, generated)):
        files |= _service_files(base, secrets)
    return zip_files({name: file.read_bytes() for name, file in files.items()}, _executable_files(dependencies))


def make_folder_bundle(
    root: Path,
    name: str,
    dependencies: Mapping[str, Path],
    secrets: Mapping[str, str],
    left_out: LeftOut = IN_OWN_CODE,
) -> Bundle:
    """Bundle the code in a folder as it is, and ``dependencies`` beside it. ``name`` is the folder's in messages.

    Its own files win over those of packages. Raises BundleError.
    """
    own = dict(_folder_files(root, name, secrets, left_out))
    files = {**dependencies, **own}
    runnable = frozenset(inside for inside, file in files.items() if file.stat().st_mode & 0o100)
    return zip_files({inside: file.read_bytes() for inside, file in files.items()}, runnable, name)


def zip_files(files: Mapping[str, bytes], runnable: frozenset[str] = frozenset(), folder: str = "service") -> Bundle:
    """Return the zip of these contents. Raises BundleError for one that is too large for Lambda."""
    sizes = {name: len(content) for name, content in files.items()}
    if sum(sizes.values()) > MOST_UNZIPPED:
        raise BundleError(
            f"the code is {megabytes(sum(sizes.values()))} unzipped, Lambda takes {megabytes(MOST_UNZIPPED)}: "
            f"{largest(sizes)}",
            f"remove what the functions do not import from {folder}/ and {folder}/requirements.txt",
        )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EARLIEST_TIME)
            entry.create_system = _UNIX
            entry.external_attr = (_EXECUTABLE_MODE if name in runnable else _MODE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)
    return Bundle(target.getvalue(), _digest(files, runnable), sizes)


def bundle_warnings(bundle: Bundle) -> Iterator[str]:
    """Yield warnings about the size."""
    if len(bundle.content) > MOST_ZIPPED:
        yield (
            f"the zip is {megabytes(len(bundle.content))}: past {megabytes(MOST_ZIPPED)} Lambda takes it from S3 only, "
            f"and cold starts grow with it ({largest(bundle.files)})"
        )


def _digest(files: Mapping[str, bytes], runnable: frozenset[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{name in runnable}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return digest.hexdigest()


def _service_files(base: Path, secrets: Mapping[str, str]) -> dict[str, Path]:
    return {f"service/{inside}": file for inside, file in _folder_files(base / "service", "service", secrets)}


def _folder_files(
    folder: Path, name: str, secrets: Mapping[str, str], left_out: LeftOut = IN_SERVICE
) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder that are bundled, by their paths in it. ``name`` is its own in messages."""
    for file in _files(folder, name):
        inside = PurePosixPath(file.relative_to(folder).as_posix())
        if not is_skipped(inside, left_out):
            _refuse_secrets(f"{name}/{inside}", file, secrets)
            yield inside.as_posix(), file


def _files(folder: Path, name: str) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for each in [*(each for each in folders if (Path(place) / each).is_symlink()), *sorted(names)]:
            file = Path(place) / each
            if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
                raise BundleError(f"{file} is a link to a file outside of {name}/", "copy what it points to")
            if file.is_file():
                yield file


def _refuse_secrets(name: str, file: Path, secrets: Mapping[str, str]) -> None:
    top = name.partition("/")[0]
    hint = f"move it out of {top}/; functions get secrets as ${{NAME}} in deploy/stages.yaml or {{{{resolve:ssm:…}}}}"
    if looks_secret(PurePosixPath(name)):
        raise BundleError(f"{name} looks like a secret and would be readable in every function's code", hint)
    if (what := secret_in(file.read_bytes(), secrets.items())) is not None:
        raise BundleError(f"{name} holds {what}, which would be readable in every function's code", hint)


def _executable_files(dependencies: Mapping[str, Path]) -> frozenset[str]:
    # A package may contain a program that it starts. The modules of service/ are only imported.
    return frozenset(name for name, file in dependencies.items() if file.stat().st_mode & 0o100)


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
