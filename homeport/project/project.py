"""A project directory as one frozen value: the model for a stage, and the files and folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from homeport.environment import state_dir
from homeport.project.model import Api, Operation, Resources, Stage
from homeport.project.source.document import Document, Position

SPEC_FILES = ("openapi.yaml", "openapi.yml", "openapi.json")
STAGES_FILE = "deploy/stages.yaml"
RESOURCES_FILE = "deploy/resources.yaml"
SEED_FOLDER = "deploy/seed"


class Documents(NamedTuple):
    """The files as read, every value with its line. The document of a missing file has the value None.

    ``stage`` holds the stage's settings, merged with the defaults.
    """

    spec: Document
    stages: Document
    stage: Document
    resources: Document


@dataclass(frozen=True)
class Project:
    """A project for one stage. ``root`` is absolute."""

    root: Path
    api: Api
    stage: Stage
    resources: Resources
    documents: Documents

    def operation_at(self, operation: Operation, *keys: str) -> Position:
        """Return the position of an operation in openapi.yaml, or of a value below it."""
        return self.documents.spec.at(*operation.document_path, *keys)

    @property
    def service_dir(self) -> Path:
        """The ``service`` package, which is deployed."""
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
