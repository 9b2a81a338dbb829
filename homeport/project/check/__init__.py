"""What AWS would refuse and what this kit does not emulate, by name, before anything starts.

Every rule is one function that looks at a Project and yields Problems; ``RULES`` lists them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from homeport.errors import Problem, ProjectError
from homeport.project.check import limits, operations, paths, security
from homeport.project.check import not_emulated as elsewhere
from homeport.project.check import not_emulated as flavor
from homeport.project.check import operations as integrations
from homeport.project.check import operations as models
from homeport.project.check import security as cors
from homeport.project.check.problems import Rule
from homeport.project.check.structure import DOCUMENT
from homeport.project.load import load_project, read_project
from homeport.project.project import Project
from homeport.project.source.cursor import Cursor, Diagnostics


def structure(project: Project) -> Iterator[Problem]:
    """The document has OpenAPI 3.0's own structure: no unknown fields, no missing ones, no wrong types."""
    diagnostics = Diagnostics()
    spec = project.documents.spec
    DOCUMENT(Cursor(spec, (), spec.value, diagnostics))
    yield from diagnostics.all()


RULES: tuple[Rule, ...] = (
    structure,
    paths.well_formed,
    paths.no_conflicts,
    paths.variables_declared,
    paths.default_route,
    paths.methods,
    paths.reserved,
    paths.count,
    operations.responses_documented,
    operations.bodies,
    operations.validated_content,
    operations.header_parameters,
    operations.function_time,
    security.kinds,
    security.api_keys,
    security.key_values,
    security.scheme_types,
    security.alternatives,
    security.scopes,
    security.tokens,
    security.settings,
    security.quotas,
    cors.credentials,
    cors.origins,
    cors.methods,
    cors.preflight,
    integrations.integrations,
    integrations.failing,
    integrations.ignored,
    flavor.rest_only,
    models.names,
    models.words,
    limits.resources,
    limits.names,
    limits.environment,
    limits.stage_variables,
    limits.snap_start,
    limits.access_log,
    elsewhere.resources,
    elsewhere.policies,
    elsewhere.servers,
    elsewhere.references,
    elsewhere.secrets,
)
"""The rules that need nothing but the project's own value: quick enough for every start."""


def check_project(project: Project, *, thorough: bool = True) -> list[Problem]:
    """What is wrong with a project that could be read, errors first; ``thorough`` also reads the handlers' code."""
    rules = RULES
    if thorough:
        from homeport.project.check import files

        rules = (*rules, files.handlers, files.seed)
    return _sorted(problem for rule in rules for problem in rule(project))


def usable_project(
    root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ
) -> tuple[Project, list[Problem]]:
    """The project in ``root`` and its warnings. Raises ProjectError with every problem if one is an error."""
    project = load_project(root, stage, environ)
    problems = check_project(project, thorough=False)
    if any(problem.severity == "error" for problem in problems):
        raise ProjectError(problems)
    return project, problems


def examine_project(root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ) -> list[Problem]:
    """Everything that reading and checking find in ``root``, errors first. Raises nothing."""
    project, problems = read_project(root, stage, environ)
    checked = check_project(project) if project is not None else ()
    return _sorted((*problems, *checked))


def _sorted(problems: Iterator[Problem] | tuple[Problem, ...]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda p: (p.severity != "error", p.file, p.line))
