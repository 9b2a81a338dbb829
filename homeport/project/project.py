"""A project directory as one frozen value: what its files say for a stage, and where its things are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from homeport.environment import state_dir
from homeport.project.model import Api, Resources, Stage
from homeport.project.source.document import Document

SPEC_FILES = ("openapi.yaml", "openapi.yml", "openapi.json")
STAGES_FILE = "deploy/stages.yaml"
RESOURCES_FILE = "deploy/resources.yaml"
SEED_FOLDER = "deploy/seed"


class Documents(NamedTuple):
    """The files as read, every value with its line; one that is not there holds None.

    ``stage`` is the stage's settings, merged with the defaults.
    """

    spec: Document
    stages: Document
    stage: Document
    resources: Document


@dataclass(frozen=True)
class Project:
    """``root`` is absolute."""

    root: Path
    api: Api
    stage: Stage
    resources: Resources
    documents: Documents

    @property
    def service_dir(self) -> Path:
        """What is deployed: the ``service`` package."""
        return self.root / "service"

    @property
    def requirements(self) -> Path | None:
        """``service/requirements.txt``, None if there is none."""
        file = self.service_dir / "requirements.txt"
        return file if file.is_file() else None

    @property
    def data_dir(self) -> Path:
        """The folder that keeps logs, recordings and counters between runs, ``.homeport`` unless moved."""
        return state_dir(self.root)

    @property
    def seed_file(self) -> Path | None:
        """``deploy/seed/local.json`` (of the stage ``local``), None if there is none."""
        file = self.root / SEED_FOLDER / f"{self.stage.key}.json"
        return file if file.is_file() else None

    @property
    def spec_file(self) -> Path:
        """``openapi.yaml`` (or ``.yml``, ``.json``)."""
        return self.root / self.documents.spec.file

    @property
    def watched(self) -> tuple[Path, ...]:
        """What a change of is a change of the project: files and directories that are there."""
        places = (self.spec_file, self.service_dir, self.root / "deploy", self.root / ".env")
        return tuple(place for place in places if place.exists())
