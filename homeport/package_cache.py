"""Package sets: folders of locked packages, made once, shared by every project of this machine.

The engine and the functions each import from a set of their own, so that neither sees the kit's packages.
A set's folder is named after the hash of its requirements. It is filled under another name and then renamed, so a set
that exists is complete, and two processes that make the same one at once both end up with it.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from homeport.errors import SetupError
from homeport.installer import draft_folder, find_uv, is_locked, run_installer
from homeport.terminal import ProgressLine

Say = Callable[[str], None]

_REFERENCE = re.compile(r"(?:-r|--requirement|-c|--constraint)[ =]\s*([^#]*[^#\s])(?:\s+#.*)?")
_PACKAGE_SET = re.compile(r"/[a-z]+-py3\.\d+-[0-9a-f]{16}/")


def in_package_set(path: str) -> bool:
    """Return whether a path, or a text with one, leads into a folder of packages, which are nobody's own code."""
    return _PACKAGE_SET.search(path) is not None


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


def list_package_set(
    cache: Path, name: str, lines: Sequence[str], *, shown: str, python: str, version: str, say: Say
) -> Path:
    """Return the folder with the packages of a list, and install them once.

    ``lines`` are those of a pip file (``requests==2.32.3``, ``-r /absolute/requirements.txt``), and ``shown`` names
    them to the user. Files that they refer to are part of the set's identity. Raises SetupError as ``package_set``.
    """
    digest = hashlib.sha256(version.encode())
    for line in _with_files(lines, set()):
        digest.update(b"\n" + line)
    folder = cache / f"{name}-py{version}-{digest.hexdigest()[:16]}"

    def install(draft: Path) -> None:
        say(f"installing the packages of {shown} (once)")
        for line in lines:
            file = _referred_file(line, Path())
            options = ["--requirement", str(file)] if file is not None else [line]
            # A path in the file (./wheels/a.whl) is relative to the folder in which pip runs.
            _run_pip(draft, options, python, shown, file.parent if file is not None else None)

    return make_once(folder, install)


def _with_files(lines: Iterable[str], seen: set[Path]) -> Iterator[bytes]:
    """Yield lines of a pip file, in place of a file that one refers to the lines of that file."""
    for line in lines:
        yield line.encode() if not line.startswith("-r ") else b""
        file = _referred_file(line, Path())
        if file is not None and file not in seen:
            seen.add(file)
            try:
                text = file.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise SetupError(f"{file.name} can't be read: {error}") from error
            inner = [each.strip() for each in text.splitlines()]
            relative = (_referred_file(each, file.parent) for each in inner)
            yield from _with_files(
                [f"-r {found}" if found else each for each, found in zip(inner, relative, strict=True)], seen
            )


def _referred_file(line: str, folder: Path) -> Path | None:
    """Return the file that a line of a pip file in ``folder`` refers to.

    https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    found = _REFERENCE.fullmatch(line)
    return folder / found[1] if found else None


def make_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Return ``folder``. Where it does not exist, ``fill`` a draft of it, which then takes its name."""
    if folder.is_dir():
        return folder
    with draft_folder(folder.parent, folder.name) as draft:
        # mkdtemp admits only this user, but an image is built by one user and run by another.
        draft.chmod(0o755)
        try:
            fill(draft)
            draft.replace(folder)
        except OSError:
            # Another process was faster.
            if not folder.is_dir():
                raise
    return folder


def package_set_folder(cache: Path, name: str, requirements: Sequence[Path], version: str) -> Path:
    """Return the folder of a package set, which may not exist yet."""
    digest = hashlib.sha256(version.encode())
    for file in requirements:
        digest.update(file.read_bytes())
    return cache / f"{name}-py{version}-{digest.hexdigest()[:16]}"


def _install(folder: Path, requirements: Sequence[Path], python: str) -> None:
    # One run a file: a file without hashes beside one with them would otherwise be refused as a whole.
    for file in requirements:
        if not _install_with_uv(folder, file, python):
            _run_pip(folder, ["--requirement", str(file)], python, file.name)


def _install_with_uv(folder: Path, file: Path, python: str) -> bool:
    """Install the packages of a locked file with uv, and return whether it could.

    pip may have an index in its settings that uv does not know. A hash makes sure that both have the same.
    """
    uv = find_uv()
    if uv is None or not is_locked(file):
        return False
    command = [uv, "pip", "install", "--no-progress", "--compile-bytecode", "--python", python]
    try:
        _show_progress([*command, "--target", str(folder), "--requirement", str(file)], file.name)
    except SetupError:
        return False
    return True


def _run_pip(folder: Path, options: Sequence[str], python: str, shown: str, where: Path | None = None) -> None:
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--progress-bar", "off", "--no-input"]
    command += ["--disable-pip-version-check", "--upgrade", "--target", str(folder), *options]
    try:
        _show_progress(command, shown, where)
    except SetupError as error:
        raise SetupError(f"pip could not install {shown}:\n{error}", "check the network and the file") from error


def _show_progress(command: Sequence[str], shown: str, where: Path | None = None) -> None:
    progress = ProgressLine(sys.stderr)
    try:
        run_installer(command, progress, shown, where=where)
    finally:
        progress.end()
