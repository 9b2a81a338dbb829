"""The one place where the kit reads its own environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """``cache_dir`` keeps what is made once per machine: the engine's and the functions' package sets."""

    cache_dir: Path
    colour: bool


def read_environment(variables: Mapping[str, str] = os.environ) -> Environment:
    """Read HOMEPORT_CACHE_DIR, XDG_CACHE_HOME and NO_COLOR (https://no-color.org)."""
    home = variables.get("HOMEPORT_CACHE_DIR")
    base = Path(home) if home else Path(variables.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homeport"
    return Environment(cache_dir=base, colour=not variables.get("NO_COLOR"))
