"""Looks at what is installed against requirements.lock, and at the room on disk."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from homeport.dev.findings import Finding, Patient, State

LOCK = "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_SCARCE, _NEEDED = 1_000_000_000, 100_000_000


def lock(patient: Patient) -> Iterator[Finding]:
    """Whether the packages beside the kit are those of the project's lock, where it has one.

    A package may be locked in several versions, for several kinds of machine.
    """
    try:
        text = (patient.root / LOCK).read_text()
    except (OSError, ValueError):
        return
    pins = defaultdict(set)
    for name, version in _PIN.findall(text):
        pins[name].add(version)
    other = [
        f"{name} {found}" for name, versions in pins.items() if (found := _installed(name)) not in (None, *versions)
    ]
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        yield Finding("note", f"{LOCK} asks for other versions than {', '.join(other[:3])}{more}", "make setup")
    else:
        yield Finding("ok", f"what is installed is what {LOCK} asks for")


def disk(patient: Patient) -> Iterator[Finding]:
    """Whether there is room for data, packages and temporary files."""
    for folder in (patient.root, patient.cache, Path(tempfile.gettempdir())):
        there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path("/"))
        free = patient.free(there)
        if free < _SCARCE:
            state: State = "problem" if free < _NEEDED else "note"
            yield Finding(
                state, f"only {free / 1e6:.0f} MB are free in {folder}", "make room: remove what is not needed"
            )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
