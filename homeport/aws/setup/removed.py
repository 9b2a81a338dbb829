"""Resources that the project had at an earlier start and has no longer: they stay with what they hold, and are named.

Nothing that may hold data is removed because a line of a file is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from homeport.aws.setup.makers import MAKERS
from homeport.project.model import Resources

FILE = "resources.json"


def name_removed(file: Path, resources: Resources) -> Iterator[str]:
    """Yield a line for each resource that ``file`` has and the project has not; keep those of the project in it."""
    now = {each.physical_id: each.type for each in resources.others.values() if each.type in MAKERS}
    gone = {name: kind for name, kind in _read(file).items() if name not in now}
    for name, kind in sorted(gone.items()):
        yield (
            f"{kind.rpartition('::')[2].lower()} {name.rpartition('/')[2]} is no longer in the project: "
            "it stays with what it holds; make clean-data empties all services"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({**gone, **now}, indent=1), encoding="utf-8")
    draft.replace(file)


def _read(file: Path) -> Mapping[str, str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(kind) for name, kind in found.items()} if isinstance(found, dict) else {}
