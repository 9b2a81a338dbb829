"""Writes what is generated from the spec into ``service/``: validators, and a dispatcher for each group of operations.

They are git-ignored, and made at start, at reload and at bundling.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from homeport.spec.functions import dispatchers
from homeport.spec.model import Api
from homeport.spec.validators import write_validators

# Where the files go when service/ isn't this project's to write: a container mounts it read-only, or it is a link to
# that of another project, whose operations are others.
OVERLAY = Path(".homeport", "generated")


def is_generated(place: Path) -> bool:
    """Whether a path relative to the project is one that is written here."""
    return place.parts[:2] in {("service", "_validators.py"), ("service", "_functions")} or place.name.startswith("._")


def write_generated(root: Path, api: Api) -> Path:
    """Bring the generated files up to date and give the folder whose ``service/`` holds them.

    Raises ProjectError where the spec can't be turned into validators.
    """
    shutil.rmtree(root / OVERLAY, ignore_errors=True)
    service = root / "service"
    base = root if os.access(service, os.W_OK) and not service.is_symlink() else root / OVERLAY
    (base / "service").mkdir(parents=True, exist_ok=True)
    write_validators(base, api)
    _write_dispatchers(base, api)
    return base


def _write_dispatchers(base: Path, api: Api) -> None:
    wanted = {base / name: text for name, text in dispatchers(api).items()}
    folder = base / "service" / "_functions"
    for stale in set(folder.glob("*.py")) - wanted.keys():
        stale.unlink()
    for file, text in wanted.items():
        file.parent.mkdir(exist_ok=True)
        if not file.is_file() or file.read_text() != text:
            draft = file.with_name(f"._{file.name}")
            draft.write_text(text)
            draft.replace(file)
