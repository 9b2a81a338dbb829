"""The checks of a project before it starts, for faults that AWS would refuse and features that are not emulated.

Each rule is one function that looks at a Project and yields Problems with the file and line; its docstring states the
rule. ``RULES`` lists those that need no further file. Read ``cors.py`` first: it is a short module of rules.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from homeport.errors import Problem, ProjectError
from homeport.project.check import (
    caching,
    cors,
    limits,
    mapping_templates,
    not_emulated,
    operations,
    paths,
    security,
    structure,
    tables,
    triggers,
)
from homeport.project.contract import contract_problems
from homeport.project.load import read_project
from homeport.project.project import NO_INPUTS, Project, ProjectInputs

Rule = Callable[[Project], Iterator[Problem]]
"""Looks at a project and yields the problems that break one rule."""

RULES: tuple[Rule, ...] = (
    structure.structure,
    paths.well_formed,
    paths.no_conflicts,
    paths.variables_declared,
    paths.default_route,
    paths.no_trace,
    paths.health_checks,
    paths.quota,
    operations.responses_documented,
    operations.bodies,
    operations.validated_content,
    operations.header_parameters,
    operations.function_timeout,
    operations.integrations,
    operations.failing_integrations,
    operations.ignored_credentials,
    operations.unknown_variables,
    operations.unknown_integration_values,
    mapping_templates.readable,
    structure.model_names,
    structure.model_keywords,
    structure.nullable_models,
    security.authorizer_kinds,
    security.api_keys,
    security.api_key_values,
    security.iam_callers,
    security.scheme_types,
    security.alternatives,
    security.scopes,
    security.tokens,
    security.authorizer_settings,
    security.quotas,
    cors.credentials,
    cors.origins,
    cors.gateway_responses,
    cors.methods,
    cors.preflight,
    caching.cache_cost,
    caching.cache_keys,
    limits.stack_resources,
    limits.table_names,
    limits.fixed_table_names,
    limits.environment,
    limits.stage_variables,
    limits.region,
    limits.domain,
    limits.snap_start,
    limits.access_log,
    triggers.polling_permissions,
    triggers.invoke_permissions,
    not_emulated.rest_extensions,
    not_emulated.resources,
    not_emulated.properties,
    not_emulated.gateway_responses,
    not_emulated.settings,
    not_emulated.domain,
    not_emulated.services,
    not_emulated.policies,
    not_emulated.unknown_permissions,
    not_emulated.wrapper_scripts,
    not_emulated.web_sockets,
    not_emulated.references,
    not_emulated.secrets,
)
"""The rules that need the project's value alone: quick enough for every start."""

THOROUGH_RULES: tuple[Rule, ...] = (
    operations.handlers,
    operations.seed,
    tables.point_in_time_recovery,
    tables.expiry,
    tables.variables,
)
"""The rules of ``homeport check`` that read further files, or that are no reason to delay a start."""


TEMPLATE_RULES: tuple[Rule, ...] = (
    paths.well_formed,
    paths.no_conflicts,
    paths.no_trace,
    paths.health_checks,
    operations.function_timeout,
    operations.failing_integrations,
    mapping_templates.readable,
    structure.model_keywords,
    security.authorizer_kinds,
    security.api_keys,
    security.iam_callers,
    security.scopes,
    security.tokens,
    security.quotas,
    cors.credentials,
    cors.origins,
    cors.gateway_responses,
    cors.methods,
    caching.cache_keys,
    limits.access_log,
    not_emulated.gateway_responses,
    not_emulated.domain,
    not_emulated.services,
    not_emulated.unknown_permissions,
    not_emulated.wrapper_scripts,
)
"""The rules for an API of a template. What they find is a warning, for AWS takes the template, unless it is about
security. The others are about the structure of an openapi.yaml, and about settings of deploy/stages.yaml."""

_ERRORS_IN_TEMPLATES = frozenset((security.authorizer_kinds, security.api_keys, security.tokens))


def check_project(project: Project, *, thorough: bool = True) -> list[Problem]:
    """Return the problems of a project that could be read, errors first; ``thorough`` also reads the handlers' code."""
    if project.template:
        return _errors_first(_template_problems(project))
    rules = (*RULES, *THOROUGH_RULES) if thorough else RULES
    return _errors_first(problem for rule in rules for problem in rule(project))


def _template_problems(project: Project) -> Iterator[Problem]:
    for api in project.every_api:
        for rule in TEMPLATE_RULES:
            for problem in rule(api):
                yield problem if rule in _ERRORS_IN_TEMPLATES else replace(problem, severity="warning")
    yield from contract_problems(project)


def usable_project(
    root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ, inputs: ProjectInputs = NO_INPUTS
) -> tuple[Project, list[Problem]]:
    """Return the project in ``root`` and its warnings. Raises ProjectError with every problem if one is an error."""
    project, found = read_project(root, stage, environ, inputs)
    if project is None or any(problem.severity == "error" for problem in found):
        # What is checked may name the cause of what could not be read: a misspelt key.
        raise ProjectError(_errors_first((*found, *(check_project(project) if project is not None else ()))))
    problems = _errors_first((*found, *check_project(project, thorough=False)))
    if any(problem.severity == "error" for problem in problems):
        raise ProjectError(problems)
    return project, problems


def examine_project(
    root: Path, stage: str = "local", environ: Mapping[str, str] = os.environ, inputs: ProjectInputs = NO_INPUTS
) -> list[Problem]:
    """Return every problem that reading and checking find in ``root``, errors first. Raises nothing."""
    project, problems = read_project(root, stage, environ, inputs)
    checked = check_project(project) if project is not None else ()
    return _errors_first((*problems, *checked))


def _errors_first(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda p: (p.severity != "error", p.file, p.line))
