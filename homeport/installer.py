"""Run uv or pip to install packages, and show how far it is. It needs the standard library alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from homeport.errors import SetupError
from homeport.file_lock import is_held
from homeport.terminal import ProgressLine

_HASH = "--hash="
_LAST_LINES = 5
# Seconds that a folder without a lock is left alone: earlier versions locked none.
_ABANDONED_AFTER = 3600.0
# Seconds between two counts.
_TICK = 0.2


@contextlib.contextmanager
def draft_folder(parent: Path, name: str) -> Iterator[Path]:
    """Give a new folder in ``parent`` to fill, hidden by a dot before ``name``, and remove what is left of it.

    Those of processes that were killed are removed first: a folder that is being filled is locked.
    """
    import fcntl

    parent.mkdir(parents=True, exist_ok=True)
    for old in parent.glob(".*"):
        # Another process may be removing it, too.
        with contextlib.suppress(OSError):
            is_old = old.is_dir() and time.time() - old.stat().st_mtime > _ABANDONED_AFTER
            if is_old and not is_held(old, shared=True):
                shutil.rmtree(old, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=parent))
    lock = os.open(draft, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield draft
    finally:
        os.close(lock)
        shutil.rmtree(draft, ignore_errors=True)


def find_uv() -> str | None:
    """Return the program ``uv`` on the PATH, None if there is none. https://docs.astral.sh/uv/pip/"""
    return shutil.which("uv")


def is_locked(file: Path) -> bool:
    """Return whether a pip file names each package by its hashes: then it does not matter which index has them."""
    return _HASH in file.read_text(encoding="utf-8-sig", errors="replace")


def run_installer(
    command: Sequence[str],
    progress: ProgressLine,
    label: str,
    *,
    where: Path | None = None,
    count: Callable[[], str] | None = None,
) -> str:
    """Run an installer until it ends, and return what it printed. Raises SetupError with its last lines.

    What it does is shown behind ``label``: the packages that it has found, or what ``count`` returns.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace", cwd=where
        ) as process,
    ):
        try:
            printed = _follow(process, progress, label, count)
        except BaseException:
            process.terminate()
            raise
        if process.wait() != 0:
            errors.seek(0)
            last = [line for line in errors.read().splitlines() if line.strip()][-_LAST_LINES:]
            raise SetupError("\n".join(last) or f"{command[0]} ended with status {process.returncode}")
    return printed


def _follow(process: subprocess.Popen[str], progress: ProgressLine, label: str, count: Callable[[], str] | None) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    packages = 0
    progress.show(label)
    for line in process.stdout if count is None else _with_ticks(process, lines):
        lines.append(line)
        packages += is_package(line)
        if shown := count() if count is not None else describe(line, packages):
            progress.show(f"{label}: {shown}")
    return "".join(lines)


def _with_ticks(process: subprocess.Popen[str], lines: list[str]) -> Iterable[str]:
    """Yield nothing now and then until the process ends; its lines, which are few, go to ``lines``."""
    while True:
        try:
            printed, _ = process.communicate(timeout=_TICK)
        except subprocess.TimeoutExpired:
            yield ""
        else:
            lines.append(printed)
            return


def is_package(line: str) -> bool:
    """Return whether pip has begun with another package in this line of its output."""
    return line.startswith(("Collecting ", "Processing "))


def describe(line: str, packages: int) -> str:
    """Return what pip does, by a line of its output, ``""``: the line says nothing of it."""
    words = line.split()
    if is_package(line):
        return f"{packages} packages, {Path(words[1]).name.partition('-')[0] if '/' in words[1] else words[1]}"
    if words and words[0] == "Downloading":
        return f"{packages} packages, {Path(words[1]).name.partition('-')[0]} {' '.join(words[2:])}".rstrip()
    if line.startswith("Installing collected packages"):
        return f"{packages} packages, writing them"
    return ""
