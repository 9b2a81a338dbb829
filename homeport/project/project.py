"""The values of a project: what it is read from, and the ``Project`` itself, one frozen value for a stage."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, Self

from homeport.environment import state_dir
from homeport.project.integrations import ExternalIntegration
from homeport.project.languages import CODE_SUFFIXES
from homeport.project.model import Api, Operation, Resources, Stage, TableSeed
from homeport.project.source.document import Document, Position
from homeport.project.source_places import OWN_PLACES, SourcePlaces, template_places, with_places
from homeport.project.triggers.trigger import NO_TRIGGERS, Triggers

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


@dataclass(frozen=True, slots=True)
class ProjectInputs:
    """The options with which a project is read, beside its files.

    ``template`` is the CloudFormation template to read, relative to the project, and ``openapi`` the document that is
    its contract; ``""``: what the folder has. ``parameters`` are values of the template's parameters, and ``imports``
    values that another stack exports or that a dynamic reference stands for, both as pairs of name and value.
    """

    template: str = ""
    openapi: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()

    def to_text(self) -> str:
        """Return the inputs as one text, which another process can be given."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what ``to_text`` wrote; ``""``: there are none."""
        given = json.loads(text or "{}")
        parameters, imports = (
            tuple((key, value) for key, value in given.pop(name, ())) for name in ("parameters", "imports")
        )
        return cls(**given, parameters=parameters, imports=imports)

    def to_options(self) -> tuple[str, ...]:
        """Return the options of a command line that give these inputs."""
        files = (("--template", self.template), ("--openapi", self.openapi))
        pairs = (("--parameter", self.parameters), ("--import", self.imports))
        return (
            *(f"{option}={file}" for option, file in files if file),
            *(f"{option}={name}={value}" for option, given in pairs for name, value in given),
        )


NO_INPUTS = ProjectInputs()


@dataclass(frozen=True)
class Project:
    """A project for one stage. ``root`` is absolute.

    A template may have several APIs. Each is a ``Project``, alike but for ``api``, ``stage`` and ``documents``; the
    first one has the others in ``other_apis``. ``template`` is the main file of a template, or of a format that is read
    as one, ``""`` for openapi.yaml; ``template_files`` are all files of which it and the templates of its nested stacks
    consist, and ``template_folders`` those in which a new file becomes part of it.
    ``contract`` is the owner's document of a template's API, None where the API's own document is its contract.
    ``triggers`` are what invokes functions beside its APIs, the same in each of them. ``table_seeds`` fill
    empty tables, beside the project's own seed.
    """

    root: Path
    api: Api
    stage: Stage
    resources: Resources
    documents: Documents
    other_apis: tuple[Project, ...] = ()
    template: str = ""
    contract: Document | None = None
    template_files: frozenset[str] = frozenset()
    template_folders: frozenset[str] = frozenset()
    triggers: Triggers = NO_TRIGGERS
    table_seeds: tuple[TableSeed, ...] = ()

    @property
    def source_places(self) -> SourcePlaces:
        """The files and folders whose changes change what is served."""
        functions = self.api.functions.values()
        codes = [function.code for function in functions if function.code is not None]
        folders = [folder for code in codes for folder in code.folders]
        requirements = [str(file) for code in codes for file in code.requirement_files]
        if not self.template:
            others = sorted(self.documents.spec.files() - {self.documents.spec.file})
            more = template_places(self.root, (*others, *requirements), folders)
            return with_places(OWN_PLACES, more) if codes or others else OWN_PLACES
        sources = [file for each in self.every_api for file in each.documents.spec.files()]
        tables = [table.source.file for table in self.resources.tables.values()]
        contracts = [each.contract.file for each in self.every_api if each.contract is not None]
        files = [
            self.template,
            *sorted(self.template_files),
            *sources,
            *contracts,
            *(function.source.file for function in functions),
            *tables,
            *requirements,
        ]
        return template_places(self.root, files, [*folders, *map(self.root.joinpath, sorted(self.template_folders))])

    def is_only_code(self, file: Path) -> bool:
        """Return whether a file, named as in ``source_places``, is code of functions, which is read when they run.

        The modules of which an app of another tool consists say what the project is.
        """
        return file.suffix in CODE_SUFFIXES and str(file) not in self.template_files

    @property
    def every_api(self) -> tuple[Project, ...]:
        """The project for each API of its template, this one first."""
        return (self, *self.other_apis)

    @property
    def is_external(self) -> bool:
        """True if the API runs elsewhere: no gateway of the kit answers, and no function of the project."""
        return any(isinstance(one.integration, ExternalIntegration) for one in self.api.operations)

    def operation_at(self, operation: Operation, *keys: str) -> Position:
        """Return the position of an operation in openapi.yaml, or of a value below it."""
        return self.documents.spec.at(*operation.document_path, *keys)

    @property
    def service_dir(self) -> Path:
        """The ``service`` package, which is deployed."""
        return self.root / "service"

    @property
    def requirements(self) -> Path | None:
        """``service/requirements.txt``, None if there is none, and for a template, whose functions have their own."""
        file = self.service_dir / "requirements.txt"
        return file if file.is_file() and not self.template else None

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
