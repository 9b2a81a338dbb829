"""What ``homeport doctor`` is told and what it finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A ``problem`` keeps ``homeport dev`` from working; a ``note`` is good to know. ``cure`` says what to do."""

    state: State
    text: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The project and the options that ``homeport dev`` would have. ``cache`` keeps the package sets.

    ``free`` tells how many bytes can still be written below a folder that exists.
    """

    root: Path
    stage: str
    host: str
    port: int
    dynamodb_port: int
    cache: Path
    free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
