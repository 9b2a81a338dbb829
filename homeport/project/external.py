"""A project of an OpenAPI document alone, whose API runs elsewhere: ``homeport test --url`` calls it there.

Nothing of it starts here, so handlers, authorizers and settings of API Gateway that the kit can't do are no errors:
the document is read as the contract, and each operation has an ``ExternalIntegration``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.errors import ProjectError
from homeport.project.integrations import ExternalIntegration, FailingIntegration
from homeport.project.load import is_template_project, load_project, read_spec
from homeport.project.model import Api, Flavor, Function, Resources
from homeport.project.openapi.api import read_api
from homeport.project.openapi.extensions import X_HOMEPORT
from homeport.project.openapi.function_lookup import FunctionLookup
from homeport.project.openapi.x_homeport import XHomeport
from homeport.project.project import NO_INPUTS, RESOURCES_FILE, STAGES_FILE, Documents, Project, ProjectInputs
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.stages.stages import read_stages

_OF_A_PROJECT = ("service", STAGES_FILE, RESOURCES_FILE)
_OF_A_HANDLER = frozenset(("access", "code", "function", "handler"))
_REASON = "the API runs elsewhere"


def load_called_project(
    root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ, inputs: ProjectInputs = NO_INPUTS
) -> Project:
    """Read a project whose API is called at a URL: as ``load_project`` does, or the document where there is no more.

    Raises ProjectError.
    """
    if is_template_project(root, inputs) or any((root / place).exists() for place in _OF_A_PROJECT):
        return load_project(root, stage, environ, inputs)
    diagnostics = Diagnostics()
    spec, flavor = read_spec(root, inputs.openapi, diagnostics)
    if spec is not None and _names_handlers(spec.value):
        return load_project(root, stage, environ, inputs)
    project = _read_external(root, spec, flavor, stage, environ, diagnostics) if spec is not None else None
    problems = diagnostics.all()
    if project is None or any(problem.severity == "error" for problem in problems):
        raise ProjectError(problems)
    return project


def _read_external(
    root: Path, spec: Document, flavor: Flavor, stage: str, environ: Mapping[str, str], diagnostics: Diagnostics
) -> Project | None:
    nothing = Document(STAGES_FILE, None, {})
    file = read_stages(Cursor.root(nothing, diagnostics), stage, "", environ, flavor)
    functions: FunctionLookup = _NoFunctions()
    api = read_api(Cursor.root(spec, diagnostics), file.stage.flavor, file.stage.cors, functions, in_template=True)
    if api is None:
        return None
    documents = Documents(spec, nothing, file.cursor.document, Document(RESOURCES_FILE, None, {}))
    return Project(root, _called_elsewhere(api), file.stage, Resources(), documents)


def _called_elsewhere(api: Api) -> Api:
    called = (replace(one, integration=ExternalIntegration(), denied="", iam=False) for one in api.operations)
    return replace(api, operations=tuple(called), resource_policy=None)


def _names_handlers(document: Any) -> bool:
    """Return whether an operation's ``x-homeport`` is about its function, and not only about its resource."""
    paths = document.get("paths") if isinstance(document, dict) else None
    items = [item for item in paths.values() if isinstance(item, dict)] if isinstance(paths, dict) else []
    operations = [one for item in items for one in item.values() if isinstance(one, dict)]
    said = [one[X_HOMEPORT] for one in operations if isinstance(one.get(X_HOMEPORT), dict)]
    return any(_OF_A_HANDLER & one.keys() for one in said)


class _NoFunctions:
    """The functions of a document whose API runs elsewhere: it has none that could be called."""

    def of_operation(self, id: str | None, operation: Cursor, x_homeport: XHomeport) -> FailingIntegration:
        """Return why there is no function."""
        return FailingIntegration(_REASON)

    def of_authorizer(self, name: str, scheme: Cursor) -> str:
        """Return why there is no function."""
        return _REASON

    def of_document(self, x_homeport: Cursor) -> None:
        """Take nothing: no function runs here."""

    def all(self) -> dict[str, Function]:
        """Return none."""
        return {}
