"""The seed of the services: the files below ``deploy/seed/STAGE/``.

- ``objects/UploadsBucket/images/a.png`` is the object ``images/a.png`` of the bucket with that logical id;
- ``parameters.json`` is ``{"/app/mode": "fast"}``, by the names or the logical ids of parameters;
- ``secrets.json`` is ``{"ApiSecret": "…"}``, by the names or the logical ids of secrets; an object becomes JSON.

An empty bucket gets the objects, and a parameter or a secret the value when it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.aws.setup.clients import text_of
from homeport.errors import Problem, ProjectError
from homeport.project.project import SEED_FOLDER, Project
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document, read_json, text_problem
from homeport.project.source.source_map import TextError

_BUCKET = "AWS::S3::Bucket"


@dataclass(frozen=True, slots=True)
class Seed:
    """The seed of a stage: ``objects`` are files by bucket (its logical id) and key. ``shown`` is its folder's name."""

    shown: str = ""
    objects: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, logical_id: str, name: str, default: str) -> str:
        """Return the value of a parameter."""
        return self.parameters.get(logical_id, self.parameters.get(name, default))

    def secret(self, logical_id: str, name: str) -> str | None:
        """Return the value of a secret, None: the seed has none."""
        return self.secrets.get(logical_id, self.secrets.get(name))


def read_service_seed(project: Project) -> Seed:
    """Return the seed of the project's stage, an empty one where there is no folder.

    Raises ProjectError with every problem: a folder of a bucket that the project does not have, malformed JSON.
    """
    shown = f"{SEED_FOLDER}/{project.stage.key}"
    folder = project.root / shown
    if not folder.is_dir():
        return Seed()
    diagnostics = Diagnostics()
    seed = Seed(
        shown,
        dict(_objects(folder / "objects", project, diagnostics)),
        dict(_values(folder / "parameters.json", project, diagnostics)),
        dict(_values(folder / "secrets.json", project, diagnostics)),
    )
    if problems := diagnostics.all():
        raise ProjectError(problems)
    return seed


def _objects(folder: Path, project: Project, diagnostics: Diagnostics) -> Iterator[tuple[str, Mapping[str, Path]]]:
    buckets = [each.logical_id for each in project.resources.others.values() if each.type == _BUCKET]
    for bucket in sorted(folder.iterdir()) if folder.is_dir() else ():
        if bucket.name not in buckets:
            known = ", ".join(sorted(buckets)) or "none"
            shown = str(bucket.relative_to(project.root))
            hint = f"the project has these buckets: {known}"
            diagnostics.add(Problem(f"there is no bucket {bucket.name}", shown, hint=hint))
        else:
            files = sorted(file for file in bucket.rglob("*") if file.is_file())
            yield bucket.name, {file.relative_to(bucket).as_posix(): file for file in files}


def _values(file: Path, project: Project, diagnostics: Diagnostics) -> Iterator[tuple[str, str]]:
    if not file.is_file():
        return
    shown = str(file.relative_to(project.root))
    try:
        value, lines, errors = read_json(file.read_text(encoding="utf-8-sig"))
    except TextError as error:
        diagnostics.add(text_problem(shown, error))
        return
    except UnicodeDecodeError as error:
        diagnostics.add(Problem(f"it is not UTF-8: {error.reason}", shown))
        return
    diagnostics.add(*(text_problem(shown, error) for error in errors))
    root = Cursor.root(Document(shown, value, lines), diagnostics)
    if root.is_a(dict, 'an object {"NAME": "value", …}'):
        for name, entry in root.items():
            yield name, text_of(_plain(entry.value))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
