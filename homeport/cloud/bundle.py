"""The functions' code as one zip: the same bytes for the same files, on every machine.

Order, times, modes and the creating system are fixed, because a zip takes them from the machine otherwise. Tests,
caches and hidden files of service/ are left out; a file that looks like a secret is an error. The packages of
``service/requirements.txt`` are installed for the platform of the functions, once for each content of the file.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from homeport.cloud.bundled_secrets import looks_secret, secret_in
from homeport.cloud.errors import BundleError
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
