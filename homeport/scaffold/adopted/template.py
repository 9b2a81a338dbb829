"""A SAM or CloudFormation template as a project of the kit's own shape: documents, and the folders of code.

The template is read as ``homeport dev`` reads it in place. Its API's document becomes openapi.yaml, with the functions
in ``x-homeport``; its stage becomes deploy/stages.yaml; its tables, and what is referred to, deploy/resources.yaml.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError, Problem, ProjectError
from homeport.project.cloudformation.format import CLOUDFORMATION
from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.cloudformation.template_project import read_stack_and_template, read_template_project
from homeport.project.formats.registry import ProjectSource
from homeport.project.formats.source_format import FormatRequest
from homeport.project.model import Operation, Source
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION, X_HOMEPORT
from homeport.project.project import Project, ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.scaffold.adopted.adoption import Adoption, Json
from homeport.scaffold.adopted.own_functions import OwnFunctions
from homeport.scaffold.adopted.preflight import take_preflight
from homeport.scaffold.adopted.stack_references import StackReferences
from homeport.scaffold.adopted.stage_settings import api_key_variables, stage_settings, throttle_settings
from homeport.scaffold.adopted.template_integrations import TemplateIntegrations

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")
_MADE = ("x-amazon-apigateway-importexport-version",)
_FIRST = ("openapi", "info", "servers")
_LAST = ("components", "tags")
_OF_API = frozenset(
    (
        *("ApiKeySourceType", "BinaryMediaTypes", "Body", "BodyS3Location", "CorsConfiguration", "Description"),
        *("EndpointConfiguration", "FailOnWarnings", "Name", "Parameters", "Policy", "ProtocolType", "Version"),
    )
)
_OF_STAGE = frozenset(
    (
        *("AccessLogSetting", "AccessLogSettings", "ApiId", "AutoDeploy", "CacheClusterEnabled", "CacheClusterSize"),
        *("CanarySetting", "DefaultRouteSettings", "DeploymentId"),
        *("MethodSettings", "RestApiId", "RouteSettings", "StageName", "StageVariables", "TracingEnabled", "Variables"),
    )
)
"""Properties of which a project of the kit's own shape has a counterpart."""

_STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
_ANSWER = {"default": {"description": "What the function answers."}}


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
    return _Adopter(chosen, StackReferences(*read), read[0].resources, diagnostics).adopt()


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


class _Adopter:
    """Makes the documents of one API. ``resources`` are those of its stack."""

    def __init__(
        self,
        project: Project,
        names: StackReferences,
        resources: Mapping[str, StackResource],
        diagnostics: Diagnostics,
    ) -> None:
        api = project.api
        self._project = project
        self._names = names
        self._diagnostics = diagnostics
        used = [operation.function for operation in api.operations]
        used += [authorizer.function for authorizer in api.authorizers.values()]
        functions = {name: api.functions[name] for name in dict.fromkeys(used) if name is not None}
        self._functions = OwnFunctions(project.root, names.stack, names, functions)
        self._integrations = TemplateIntegrations(project.stage, names, resources)
        self._served = {operation.function for operation in api.operations}
        self._resources = resources

    def adopt(self) -> AdoptedTemplate:
        """Return the adopted template. Raises ProjectError for functions that can't run here."""
        errors = [*self._functions.errors, *self._lost_protection(), *self._lost_routes()]
        if errors:
            raise ProjectError(errors)
        spec = self._spec()
        settings = stage_settings(self._project.stage, self._functions)
        resources = self._names.resources()
        return AdoptedTemplate(
            spec,
            self._project.documents.spec,
            settings,
            resources,
            self._functions.folders,
            api_key_variables(self._project.stage),
            tuple(self._notes(resources)),
        )

    def _lost_protection(self) -> Iterator[Problem]:
        """Yield an error for what keeps callers from the API and has no counterpart: deployed from here, it is open."""
        api = self._resources.get(self._project.api.name)
        if api is None:
            return
        policy = self._project.api.resource_policy
        if policy is not None and not all(map(_is_short, _resources(policy))):
            # The ARN of an API is another one when it is deployed from here.
            yield _too_open(api.properties.source, f"a resource of the resource policy of {api.logical_id}")
        kinds = api.properties.map("EndpointConfiguration").value.get("Types") or []
        if "PRIVATE" in kinds:
            yield _too_open(
                api.properties.at("EndpointConfiguration").source, f"the private endpoint of {api.logical_id}"
            )
        for resource in self._resources.values():
            if subject := _protection(resource, api.physical_id):
                yield _too_open(resource.properties.source, f"{subject} {resource.logical_id}")

    def _lost_routes(self) -> Iterator[Problem]:
        """Yield an error for each route whose integration would not be the same."""
        paths = self._project.api.document.get("paths") or {}
        for operation in self._project.api.operations:
            _, path, method = operation.document_path
            written = (paths.get(path) or {}).get(method)
            if subject := self._integrations.fault(operation.integration, written if isinstance(written, dict) else {}):
                message = f"{operation.route_key} can't be adopted: {subject}"
                hint = "let a function answer it; homeport dev runs the template in place"
                yield Problem(message, operation.source.file, operation.source.line, hint)

    def _unmapped_settings(self) -> Iterator[tuple[Source, str]]:
        """Yield the properties of the API and of its stage without a counterpart."""
        api = self._resources.get(self._project.api.name)
        if api is None:
            return
        stages = (
            each
            for each in self._resources.values()
            if each.type in _STAGES and api.physical_id in map(each.properties.value.get, ("RestApiId", "ApiId"))
        )
        for resource, known in [(api, _OF_API), *((stage, _OF_STAGE) for stage in stages)]:
            for key, at in resource.properties.items():
                if key not in known and not _is_made_by_sam(at.value):
                    yield at.source, f"{key} of {resource.logical_id}"

    def _spec(self) -> Json:
        document: Json = copy.deepcopy(dict(self._project.api.document))
        for key in _MADE:
            document.pop(key, None)
        self._preflight = Adoption(document, self._project.documents.spec, flavor=self._project.stage.flavor)
        take_preflight(self._preflight)
        if self._preflight.rejected:
            raise ProjectError(self._preflight.rejected)
        api = self._resources.get(self._project.api.name)
        description = api.properties.value.get("Description") if api is not None else None
        if isinstance(description, str) and isinstance(document.get("info"), dict):
            document["info"].setdefault("description", description)
        tags = [tag for tag in document.get("tags") or () if "x-amazon-apigateway-tag-value" not in tag]
        document.pop("tags", None)
        if tags:
            document["tags"] = tags
        seen: set[str] = set()
        for operation in self._project.api.operations:
            _, path, method = operation.document_path
            item = document["paths"].get(path) or {}
            if method not in item:
                # The kit answers preflight by itself.
                continue
            is_first = operation.function not in seen
            seen.add(operation.function or "")
            item[method] = self._operation(operation, item[method], [*(item.get("parameters") or ())], is_first)
        for name, scheme in ((document.get("components") or {}).get("securitySchemes") or {}).items():
            self._adopt_scheme(name, scheme)
        first = {key: document.pop(key) for key in _FIRST if key in document}
        last = {key: document.pop(key) for key in _LAST if key in document}
        paths = document.pop("paths")
        return {**first, **document, "paths": paths, **last}

    def _operation(self, operation: Operation, written: Json, shared: list[Json], is_first: bool) -> Json:
        rest = dict(written)
        rest.pop("operationId", None)
        parameters = [
            *rest.pop("parameters", ()),
            *self._variables(operation, [*shared, *written.get("parameters", ())]),
        ]
        made: Json = {"operationId": operation.id} if _ID.fullmatch(operation.id) else {}
        made |= {key: rest.pop(key) for key in ("summary", "description", "tags") if key in rest}
        if parameters:
            made["parameters"] = parameters
        made |= {key: rest.pop(key) for key in ("requestBody",) if key in rest}
        made["responses"] = rest.pop("responses", None) or copy.deepcopy(_ANSWER)
        made |= rest
        if isinstance(made.get("security"), list):
            made["security"] = self._requirements(made["security"])
        own: Json = {}
        if operation.function is not None:
            own = self._functions.settings(self._project.api.functions[operation.function], first=is_first)
        integration = self._integrations.own_form(made.pop(INTEGRATION, None), operation.integration)
        if integration:
            made[INTEGRATION] = integration
        if operation.throttle is not None:
            own["throttle"] = throttle_settings(operation.throttle)
        if own:
            made[X_HOMEPORT] = own
        return made

    @staticmethod
    def _variables(operation: Operation, declared: list[Any]) -> Iterator[Json]:
        """Yield the declarations that the path's variables lack."""
        known = {each.get("name") for each in declared if isinstance(each, dict) and each.get("in") == "path"}
        known |= {parameter.name for parameter in operation.parameters if parameter.place == "path"}
        for name in _VARIABLE.findall(operation.path):
            if name not in known:
                yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

    def _requirements(self, written: list[Json]) -> list[Json]:
        """Return requirements with the API key in the authorizer's: API Gateway asks for both."""
        authorizers = self._project.api.authorizers
        keys = {name: scopes for entry in written for name, scopes in entry.items() if name not in authorizers}
        others = [{name: scopes for name, scopes in entry.items() if name in authorizers} for entry in written]
        asked = [{**entry, **keys} for entry in others if entry]
        return asked or ([keys] if keys else [])

    def _adopt_scheme(self, name: str, scheme: Any) -> None:
        found = self._project.api.authorizers.get(name)
        said = scheme.get(AUTHORIZER) if isinstance(scheme, dict) else None
        if found is None or not isinstance(said, dict):
            return
        for key in ("authorizerUri", "authorizerCredentials"):
            said.pop(key, None)
        if "providerARNs" in said:
            said["providerARNs"] = [self._names.value(arn) for arn in said["providerARNs"]]
        configuration = said.get("jwtConfiguration")
        if isinstance(configuration, dict):
            issuer, audience = configuration.get("issuer"), configuration.get("audience")
            if isinstance(issuer, str):
                configuration["issuer"] = self._names.value(issuer)
            if isinstance(audience, list):
                configuration["audience"] = [self._names.value(each) for each in audience]
        if found.function is not None:
            # A function of this shape serves operations or is an authorizer.
            suffix = "-authorizer" if found.function in self._served else ""
            function = self._project.api.functions[found.function]
            scheme[X_HOMEPORT] = self._functions.settings(function, first=True, suffix=suffix)

    def _notes(self, taken: Json) -> Iterator[str]:
        for problem in self._diagnostics.all():
            yield f"{problem.file}:{problem.line}: {problem.message}"
        yield from self._preflight.unmapped
        used = {*self._served, *(each.function for each in self._project.api.authorizers.values())}
        functions = self._project.api.functions
        others = [function for name, function in functions.items() if name not in used]
        for source, text in (
            *self._unmapped_settings(),
            *self._functions.lost,
            *self._names.notes,
            *self._names.left_out(taken["Resources"]),
            *((function.source, f"the function {function.name}: no route calls it") for function in others),
        ):
            yield f"{source.file}:{source.line}: {text}"


def _resources(policy: Mapping[str, Any]) -> Iterator[Any]:
    written = policy["Statement"]
    for statement in written if isinstance(written, list) else [written]:
        found = statement.get("Resource", statement.get("NotResource"))
        yield from found if isinstance(found, list) else [found]


def _is_short(resource: Any) -> bool:
    return isinstance(resource, str) and (resource == "*" or resource.startswith("execute-api:"))


def _is_made_by_sam(value: Any) -> bool:
    """Return whether these are the tags with which SAM marks what it makes."""
    names = [tag.get("Key") for tag in value] if isinstance(value, list) else value
    return isinstance(names, list | dict) and all(str(name).endswith(":createdBy") for name in names)


def _too_open(source: Source, subject: str) -> Problem:
    message = f"{subject} has no counterpart: without it the adopted API would be more open"
    return Problem(message, source.file, source.line, "adopt a copy without it; homeport dev runs it in place")


def _protection(resource: StackResource, api: str) -> str:
    """Return in words what a resource does to keep callers from an API, "" for any other resource.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
    """
    values = resource.properties.value
    if resource.type == "AWS::WAFv2::WebACLAssociation" and f"/{api}/" in f"{values.get('ResourceArn')}/":
        return "the firewall"
    if resource.type.startswith("AWS::ApiGateway") and values.get("MutualTlsAuthentication"):
        return "mutual TLS of"
    return ""
