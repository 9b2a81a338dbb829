"""The reader of a project directory: ``load_project`` turns its files into a ``Project``, one frozen value for a stage.

A reading finds every problem before it gives up. Imports are few and light, because ``ready`` waits for them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from homeport.errors import HomeportError, Problem, ProjectError
from homeport.project.cloudformation.functions.environment import has_environments, with_environments
from homeport.project.cloudformation.integration_values import has_integration_values, with_integration_values
from homeport.project.cloudformation.other_resources import has_others, read_others, resources_stack
from homeport.project.cloudformation.tables.resources_file import check_existing_tables, read_resources
from homeport.project.cloudformation.user_pools import with_pools
from homeport.project.contract import with_contract
from homeport.project.formats.registry import ProjectSource, every_source, find_source
from homeport.project.model import Api, Flavor
from homeport.project.names import did_you_mean
from homeport.project.openapi.api import read_api
from homeport.project.openapi.dialects import openapi_document
from homeport.project.openapi.dialects.outer_references import inline_outer_references
from homeport.project.openapi.flavor import flavor_of_document
from homeport.project.openapi.function_lookup import ServiceFunctions
from homeport.project.openapi.handlers import Handlers
from homeport.project.project import (
    NO_INPUTS,
    RESOURCES_FILE,
    SPEC_FILES,
    STAGES_FILE,
    Documents,
    Project,
    ProjectInputs,
)
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document, read_document
from homeport.project.source.yaml_text import long_form
from homeport.project.source_places import OWN_PLACES, SourcePlaces, template_places
from homeport.project.stages.settings import read_dotenv_file
from homeport.project.stages.stages import StageFile, read_stages, with_throttles
from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.trigger import NO_TRIGGERS


def load_project(
    root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ, inputs: ProjectInputs = NO_INPUTS
) -> Project:
    """Read the project in ``root`` for a stage of deploy/stages.yaml.

    ``environ`` fills in ``${NAME}`` in the stage's settings, before ``.env`` does. Raises ProjectError with every
    problem of openapi.yaml, deploy/stages.yaml, deploy/resources.yaml and the handlers.
    """
    project, problems = read_project(root, stage, environ, inputs)
    if project is None or any(problem.severity == "error" for problem in problems):
        raise ProjectError(problems)
    return project


def read_project(
    root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ, inputs: ProjectInputs = NO_INPUTS
) -> tuple[Project | None, tuple[Problem, ...]]:
    """Read as ``load_project`` does, but return what could be read beside the problems; None if there is no API."""
    root = root.resolve()
    diagnostics = Diagnostics()
    source = template_source(root, inputs)
    if source is not None:
        from homeport.project.cloudformation.template_project import read_template_project

        if not inputs.template:
            diagnostics.add(*_other_formats(root, source))
        made = read_template_project(root, source, stage, environ, inputs, diagnostics)
        if made is not None and inputs.openapi:
            made = _with_contract(made, inputs.openapi, diagnostics)
        return made, diagnostics.all()
    if inputs.parameters or inputs.imports:
        diagnostics.add(Problem("--parameter and --import are for a template", SPEC_FILES[0], hint="leave them out"))
    spec, flavor = read_spec(root, inputs.openapi, diagnostics)
    stages, _ = _read_optional(root, STAGES_FILE, diagnostics)
    resources, resources_readable = _read_optional(root, RESOURCES_FILE, diagnostics)
    variables = {**read_dotenv_file(root, diagnostics), **environ}
    file = read_stages(Cursor.root(stages, diagnostics), stage, _title(spec), variables, flavor)
    found = read_resources(Cursor.root(resources, diagnostics), file.stage)
    check_existing_tables(file.cursor.at("tables"), found)
    if spec is None:
        return None, diagnostics.all()
    api = read_api(
        Cursor.root(spec, diagnostics),
        file.stage.flavor,
        file.stage.cors,
        ServiceFunctions(
            Handlers(root, file.stage.runtime), found if resources_readable else None, file.stage.variables
        ),
    )
    if api is None:
        return None, diagnostics.all()
    _check_auth(file, api)
    documents = Documents(spec, stages, file.cursor.document, resources)
    stack, triggers = None, NO_TRIGGERS
    if has_environments(api) or has_integration_values(api) or has_others(found):
        stack = resources_stack(resources, file.stage, found, api.functions, diagnostics)
        found = replace(found, others=read_others(stack) if stack is not None else {})
    if stack is not None and has_others(found):
        # Imported late: it brings the syntax of patterns and schedules, and most projects have none.
        from homeport.project.triggers.read_triggers import read_triggers

        triggers = read_triggers(stack, FunctionReferences.of(api.functions.values(), file.stage), diagnostics)
    api = with_pools(with_environments(with_throttles(api, file), file.stage, found, stack), found)
    api = with_integration_values(api, file.stage, found, stack)
    return Project(root, api, file.stage, found, documents, triggers=triggers), diagnostics.all()


def _with_contract(project: Project, file: str, diagnostics: Diagnostics) -> Project:
    document, problems = read_document(project.root, file)
    diagnostics.add(*problems)
    return with_contract(project, openapi_document(document, diagnostics)) if document is not None else project


def first_places(root: Path, inputs: ProjectInputs = NO_INPUTS) -> SourcePlaces:
    """Return where the source files are of a project that was not read yet."""
    source = template_source(root, inputs)
    return template_places(root, [source.file], ()) if source is not None else OWN_PLACES


def is_template_project(root: Path, inputs: ProjectInputs = NO_INPUTS) -> bool:
    """Return whether what is read in ``root`` is a template or another tool's format, not the kit's own shape."""
    return template_source(root, inputs) is not None


def template_source(root: Path, inputs: ProjectInputs = NO_INPUTS) -> ProjectSource | None:
    """Return the template or other format that is read in ``root``, None for an openapi.yaml of the kit's own shape.

    Many templates include an openapi.yaml (``DefinitionUri``). Beside a template, it is the project only where it
    names handlers, or where the folders are there that belong to it.
    """
    if not inputs.template and any(_has_own_shape(root, name) for name in SPEC_FILES):
        return None
    return find_source(root, inputs)


def _has_own_shape(root: Path, name: str) -> bool:
    if any((root / place).exists() for place in ("service/handlers", STAGES_FILE, RESOURCES_FILE)):
        return (root / name).is_file()
    try:
        return "x-homeport" in (root / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False


class SpecFile(NamedTuple):
    """An OpenAPI document as OpenAPI 3.0, and the flavor that it is written for; None: there is none to read."""

    document: Document | None
    flavor: Flavor = "http"


def read_spec(root: Path, chosen: str, diagnostics: Diagnostics) -> SpecFile:
    """Read the document of a project of the kit's own shape: ``chosen``, or the openapi.yaml that is there."""
    if not root.is_dir():
        diagnostics.add(Problem("there is no such directory", str(root), hint="check --project"))
        return SpecFile(None)
    there = [chosen] if chosen else [name for name in SPEC_FILES if (root / name).exists()]
    if not there:
        diagnostics.add(_no_project(root))
        return SpecFile(None)
    for other in there[1:]:
        diagnostics.add(Problem(f"there is also {there[0]}", other, hint="keep one of them"))
    document, problems = read_document(root, there[0])
    diagnostics.add(*problems)
    if document is None:
        return SpecFile(None)
    inline_outer_references(root, Cursor.root(document, diagnostics), deployed_as_written=False)
    return SpecFile(openapi_document(document, diagnostics), flavor_of_document(document))


def _other_formats(root: Path, source: ProjectSource) -> Iterator[Problem]:
    """Yield a warning for each other format in which a folder has a project."""
    for other in every_source(root):
        if other.format is not source.format:
            message = f"there is also {other.file} ({other.format.name}): {source.file} ({source.format.name}) is read"
            yield Problem(message, other.file, 1, f"--template {other.file} reads that one", "warning")


def _no_project(root: Path) -> Problem:
    """Return the problem of a folder in which nothing is read: what it has instead, or where to look."""
    from homeport.project.formats.named_formats import format_names, named_format, sources_below

    named = named_format(root)
    if named is not None:
        format, file = named
        return Problem(f"this is a project of {format.name}, which is not read", file, 1, format.recipe)
    message = f"the project has no openapi.yaml, and nothing of {format_names()}"
    below = next(sources_below(root), None)
    hint = f"--project {below} has one" if below is not None else "check --project, or give --template FILE"
    return Problem(message, SPEC_FILES[0], hint=hint)


def _read_optional(root: Path, file: str, diagnostics: Diagnostics) -> tuple[Document, bool]:
    """Return the document, empty if there is no file, and whether it could be read."""
    if not (root / file).exists():
        return Document(file, None, {}), True
    document, problems = read_document(root, file, tags=long_form)
    diagnostics.add(*problems)
    return document or Document(file, None, {}), document is not None


def _title(spec: Document | None) -> str:
    found: Any = spec.find(("info", "title")) if spec is not None else None
    return found[0] if found is not None and isinstance(found[0], str) else ""


def _check_auth(file: StageFile, api: Api) -> None:
    """Report ``auth`` settings of security schemes that have no authorizer."""
    for name in file.stage.auth:
        if name not in api.authorizers:
            file.cursor.at("auth").at(name).error(
                f"openapi.yaml has no authorizer {name!r}", did_you_mean(name, api.authorizers)
            )


class ProjectFollower:
    """The project in ``root`` for a stage, loaded again when one of its files has changed. Safe for any thread.

    ``known`` is the project as its files are now, None if it was not read yet.
    """

    def __init__(self, root: Path, stage: str, inputs: ProjectInputs = NO_INPUTS, known: Project | None = None) -> None:
        self.root = root
        self.stage = stage
        self.inputs = inputs
        self._lock = threading.Lock()
        self._names: tuple[str, ...] = ()
        self._state: dict[str, int] | None = None
        self._found: Project | HomeportError | None = known
        if known is not None:
            self._names = self._all_names(known)
            self._state = self._modification_times(self._names)

    def current(self) -> Project:
        """Return the project as its files are now. Raises HomeportError where they are wrong."""
        with self._lock:
            state = self._modification_times(self._names or self._first_names())
            if state != self._state:
                self._names, self._state = self._first_names(), state
                try:
                    self._found = project = load_project(self.root, self.stage, inputs=self.inputs)
                except HomeportError as error:
                    self._found = error
                else:
                    self._names = self._all_names(project)
                self._state = {**self._modification_times(self._names), **state}
                self._state = {name: self._state[name] for name in self._names}
            if not isinstance(self._found, Project):
                raise self._found or ProjectError(())
            return self._found

    def _all_names(self, project: Project) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._first_names(), *project.source_places.files)))

    def _first_names(self) -> tuple[str, ...]:
        return (*first_places(self.root, self.inputs).files, STAGES_FILE, RESOURCES_FILE)

    def _modification_times(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self._modification_time(name) for name in names}

    def _modification_time(self, name: str) -> int:
        try:
            return (self.root / name).stat().st_mtime_ns
        except OSError:
            return 0
