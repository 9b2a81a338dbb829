"""A SAM or CloudFormation template as a project of the kit's own shape: documents, and the folders of code.

The template is read as ``homeport dev`` reads it in place. Its API's document becomes openapi.yaml, with the functions
in ``x-homeport``; its stage becomes deploy/stages.yaml; its tables, and what is referred to, deploy/resources.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.errors import HomeportError, Problem, ProjectError
from homeport.project.cloudformation.format import CLOUDFORMATION
from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.cloudformation.template_project import read_stack_and_template, read_template_project
from homeport.project.formats.registry import ProjectSource
from homeport.project.formats.source_format import FormatRequest
from homeport.project.model import Api, Source
from homeport.project.project import Project, ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.scaffold.adopted.adoption import Json
from homeport.scaffold.adopted.lost_settings import protection_errors, unmapped_settings
from homeport.scaffold.adopted.own_functions import OwnFunctions
from homeport.scaffold.adopted.stack_references import StackReferences
from homeport.scaffold.adopted.stage_settings import api_key_variables, stage_settings
from homeport.scaffold.adopted.template_document import TemplateDocument
from homeport.scaffold.adopted.template_integrations import TemplateIntegrations


@dataclass(frozen=True)
class AdoptedTemplate:
    """A template as files of a project. ``source`` is its API's document, whose paths are those of ``spec``.

    ``folders`` maps folders of code, absolute, to their places in the project. ``variables`` are those of ``.env``.
    """

    spec: Json
    source: Document
    settings: Json
    resources: Json
    folders: Mapping[Path, str]
    variables: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def base_url(self) -> str:
        """The URL at which ``make dev`` serves the API."""
        name = self.settings.get("stageName", "$default")
        return "http://127.0.0.1:8080" + ("" if name == "$default" else f"/{name}")

    def in_template(self, problem: Problem, path: tuple[str, ...]) -> Problem:
        """Return a problem of openapi.yaml with the owner's file and line of its path."""
        source = self.source.source(path)
        return replace(problem, file=source.file, line=source.line)


def adopt_template(file: Path, inputs: ProjectInputs, api: str = "") -> AdoptedTemplate:
    """Read a template as a project of the kit's own shape.

    ``api`` is the logical id of the API where there are several. Raises HomeportError for a template that can't be
    read, and for one of which a part would be lost that protects the API or answers.
    """
    root, diagnostics = file.parent, Diagnostics()
    source = ProjectSource(CLOUDFORMATION, file.name)
    project = read_template_project(root, source, "local", {}, inputs, diagnostics)
    errors = [problem for problem in diagnostics.all() if problem.severity == "error"]
    if errors or project is None:
        raise ProjectError(diagnostics.all())
    template = CLOUDFORMATION.read(FormatRequest(root, file.name, "local", {}, inputs), Diagnostics())
    assert template is not None
    read = read_stack_and_template(root, template, "local", {}, Diagnostics())
    assert read is not None
    chosen = _choose(project, api)
    _check_nested(chosen)
    return _adopt(chosen, StackReferences(*read), read[0].resources, diagnostics.all())


def _choose(project: Project, api: str) -> Project:
    """Return the project of one API. Raises HomeportError."""
    names = [each.api.name for each in project.every_api]
    if not project.api.operations and len(names) == 1:
        raise HomeportError(
            f"{project.template}: the template has no API with a route", "homeport dev runs its functions in place"
        )
    if api in names:
        return project.every_api[names.index(api)]
    if api or len(names) > 1:
        what = f"there is no API {api!r}" if api else f"the template has {len(names)} APIs"
        raise HomeportError(
            f"{project.template}: {what}, and a project of this shape has one",
            f"adopt one of them: --api {' or '.join(names)}; homeport dev runs them all in place",
        )
    return project


def _check_nested(project: Project) -> None:
    used = {operation.function or "" for operation in project.api.operations}
    nested = [name for name in (*sorted(used), *project.resources.tables) if "." in name]
    if nested:
        raise HomeportError(
            f"{project.template}: {nested[0]} is in a nested stack, which an adoption does not take apart",
            "homeport dev runs the template in place",
        )


def _adopt(
    project: Project, names: StackReferences, resources: Mapping[str, StackResource], problems: Sequence[Problem]
) -> AdoptedTemplate:
    """Return an adopted template. ``problems`` are the warnings of reading it. Raises ProjectError for what is lost."""
    api, stage = project.api, project.stage
    used = [operation.function for operation in api.operations]
    used += [authorizer.function for authorizer in api.authorizers.values()]
    invoked = {name: api.functions[name] for name in dict.fromkeys(used) if name is not None}
    functions = OwnFunctions(project.root, names.stack, names, invoked)
    integrations = TemplateIntegrations(stage, names, resources)
    errors = [*functions.errors, *protection_errors(api, resources), *_route_errors(api, integrations)]
    if errors:
        raise ProjectError(errors)
    document = TemplateDocument(project, resources.get(api.name), names, functions, integrations)
    spec = document.make()
    settings = stage_settings(stage, functions)
    kept = names.resources()
    notes = (
        *(f"{problem.file}:{problem.line}: {problem.message}" for problem in problems),
        *document.unmapped,
        *_with_places(unmapped_settings(api, resources)),
        *_with_places((*functions.lost, *names.notes, *names.left_out(kept["Resources"]))),
        *_with_places(
            (function.source, f"the function {function.name}: no route calls it")
            for name, function in api.functions.items()
            if name not in invoked
        ),
    )
    variables = api_key_variables(stage)
    return AdoptedTemplate(spec, project.documents.spec, settings, kept, functions.folders, variables, notes)


def _route_errors(api: Api, integrations: TemplateIntegrations) -> Iterator[Problem]:
    """Yield an error for each route whose integration would not be the same."""
    paths = api.document.get("paths") or {}
    for operation in api.operations:
        _, path, method = operation.document_path
        written = (paths.get(path) or {}).get(method)
        if subject := integrations.fault(operation.integration, written if isinstance(written, dict) else {}):
            message = f"{operation.route_key} can't be adopted: {subject}"
            hint = "let a function answer it; homeport dev runs the template in place"
            yield Problem(message, operation.source.file, operation.source.line, hint)


def _with_places(notes: Iterable[tuple[Source, str]]) -> Iterator[str]:
    return (f"{source.file}:{source.line}: {text}" for source, text in notes)
