"""A template as a project: one ``Project`` for each of its APIs, all with all of its functions and tables.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from homeport.project.cloudformation.apis.api_source import ApiSource, stack_stage
from homeport.project.cloudformation.apis.default_route import default_route_warnings
from homeport.project.cloudformation.apis.http_api import http_apis
from homeport.project.cloudformation.apis.lost_routes import report_lost_routes
from homeport.project.cloudformation.apis.rest_api import rest_apis
from homeport.project.cloudformation.functions.functions import read_functions
from homeport.project.cloudformation.functions.stack_functions import StackFunctions
from homeport.project.cloudformation.other_resources import read_others
from homeport.project.cloudformation.permissions.roles import with_permissions
from homeport.project.cloudformation.stack.parameters import read_parameters
from homeport.project.cloudformation.stack.stack import CloudFormationStack, read_stack
from homeport.project.cloudformation.tables.tables import read_tables
from homeport.project.cloudformation.template.nested_templates import NestedTemplates
from homeport.project.cloudformation.template.transforms import apply_transforms
from homeport.project.cloudformation.unsupported import unsupported_resources
from homeport.project.cloudformation.user_pools import with_pools
from homeport.project.formats.registry import ProjectSource
from homeport.project.formats.source_format import FormatRequest, FormatTemplate
from homeport.project.model import Api, Function, IamCaller, Resources
from homeport.project.openapi.api import read_api
from homeport.project.project import Documents, Project, ProjectInputs
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.triggers.function_references import of_stack
from homeport.project.triggers.read_triggers import read_triggers

_CALLER = "local"


def read_template_project(
    root: Path,
    source: ProjectSource,
    stage_key: str,
    environ: Mapping[str, str],
    inputs: ProjectInputs,
    diagnostics: Diagnostics,
) -> Project | None:
    """Read the template that ``source`` is, or stands for; None if it can't be read.

    Its first API is the project's own, the others are in ``other_apis``.
    """
    template = source.format.read(FormatRequest(root, source.file, stage_key, environ, inputs), diagnostics)
    read = read_stack_and_template(root, template, stage_key, environ, diagnostics) if template is not None else None
    if template is None or read is None:
        return None
    stack, _ = read
    file = source.file
    functions = with_permissions(read_functions(stack, root, diagnostics), stack)
    resources = replace(read_tables(stack), others=read_others(stack))
    diagnostics.add(*unsupported_resources(stack, functions))
    report_lost_routes(stack, diagnostics)
    triggers = read_triggers(stack, of_stack(stack, functions), diagnostics)
    sources = api_sources(stack, diagnostics)
    if not sources:
        without = _project_without_api(root, stage_key, file, stack, functions, resources)
        return _of_format(replace(without, triggers=triggers), stack, template)
    read_projects = [_project(root, stage_key, file, api, stack, functions, resources, diagnostics) for api in sources]
    projects = [replace(project, triggers=triggers) for project in read_projects if project is not None]
    if not projects:
        return None
    return _of_format(replace(projects[0], other_apis=tuple(projects[1:])), stack, template)


def _of_format(project: Project, stack: CloudFormationStack, template: FormatTemplate) -> Project:
    return replace(
        project,
        template_files=stack.files | template.files,
        template_folders=template.folders,
        table_seeds=template.table_seeds,
    )


def read_stack_and_template(
    root: Path,
    template: FormatTemplate,
    stage_key: str,
    environ: Mapping[str, str],
    diagnostics: Diagnostics,
) -> tuple[CloudFormationStack, Document] | None:
    """Work out a template; return its stack, and the template after its Transform. None if it can't be."""
    document = template.document
    values = read_parameters(root, document, template.inputs, stage_key, environ, diagnostics)
    values = replace(values, name=template.stack_name or values.name, region=template.region or values.region)
    plain = apply_transforms(root, document, values.names, values.region, diagnostics)
    if plain is None:
        return None
    return read_stack(plain, values, diagnostics, NestedTemplates(root, diagnostics)), plain


def api_sources(stack: CloudFormationStack, diagnostics: Diagnostics) -> list[ApiSource]:
    """Return the APIs of a stack in the template's order."""
    order = {logical_id: place for place, logical_id in enumerate(stack.resources)}
    sources = [*rest_apis(stack, diagnostics), *http_apis(stack, diagnostics)]
    return sorted(sources, key=lambda source: order.get(source.name, len(order)))


def _project(
    root: Path,
    stage_key: str,
    file: str,
    source: ApiSource,
    stack: CloudFormationStack,
    functions: Mapping[str, Function],
    resources: Resources,
    diagnostics: Diagnostics,
) -> Project | None:
    stage = replace(source.stage, key=stage_key)
    lookup = StackFunctions(stack, functions, stage.variables)
    api = read_api(Cursor.root(source.document, diagnostics), stage.flavor, {}, lookup, in_template=True)
    if api is None:
        return None
    diagnostics.add(*default_route_warnings(api))
    if any(operation.iam for operation in api.operations):
        stage = replace(stage, iam={_CALLER: _local_caller(stack)})
    api = with_pools(api, resources)
    return Project(root, replace(api, name=source.name), stage, resources, _documents(source.document), template=file)


def _local_caller(stack: CloudFormationStack) -> IamCaller:
    """Return the caller of routes with AWS_IAM, whose access key is the same at every start: a template has none."""
    digest = hashlib.sha256(f"{stack.name}/{_CALLER}".encode()).hexdigest()
    return IamCaller(_CALLER, f"AKIA{digest[:16].upper()}", digest[16:56], allow=("*",))


def _project_without_api(
    root: Path,
    stage_key: str,
    file: str,
    stack: CloudFormationStack,
    functions: Mapping[str, Function],
    resources: Resources,
) -> Project:
    """Return the project of a template without an API: its functions can be invoked."""
    info = {"title": stack.name, "version": ""}
    document = Document(file, {"openapi": "3.0.1", "info": info, "paths": {}}, {})
    api = Api(stack.name, "", (), functions, document=document.value)
    return Project(root, api, stack_stage(stack, stage_key), resources, _documents(document), template=file)


def _documents(spec: Document) -> Documents:
    """Return the documents of an API of a template: it has no deploy/stages.yaml and no deploy/resources.yaml."""
    nothing = Document(spec.file, None, {})
    return Documents(spec, nothing, nothing, nothing)
