"""The OpenAPI document of a template's API, as openapi.yaml of the kit's own shape has it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from homeport.errors import ProjectError
from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.model import Operation
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION, X_HOMEPORT
from homeport.project.project import Project
from homeport.scaffold.adopted.adoption import Adoption, Json
from homeport.scaffold.adopted.own_functions import OwnFunctions
from homeport.scaffold.adopted.preflight import take_preflight
from homeport.scaffold.adopted.stack_references import StackReferences
from homeport.scaffold.adopted.stage_settings import throttle_settings
from homeport.scaffold.adopted.template_integrations import TemplateIntegrations

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")
_MADE = ("x-amazon-apigateway-importexport-version",)
_FIRST = ("openapi", "info", "servers")
_LAST = ("components", "tags")
_ANSWER = {"default": {"description": "What the function answers."}}


class TemplateDocument:
    """The document of one API. ``resource`` is the API in its stack, None for one that the template leaves implicit.

    ``unmapped`` has, once it is made, what of its preflight requests could not be taken over.
    """

    def __init__(
        self,
        project: Project,
        resource: StackResource | None,
        names: StackReferences,
        functions: OwnFunctions,
        integrations: TemplateIntegrations,
    ) -> None:
        self._project = project
        self._resource = resource
        self._names = names
        self._functions = functions
        self._integrations = integrations
        self._served = {operation.function for operation in project.api.operations}
        self.unmapped: list[str] = []

    def make(self) -> Json:
        """Return the document. Raises ProjectError for preflight requests that the kit can't answer alike."""
        document: Json = copy.deepcopy(dict(self._project.api.document))
        for key in _MADE:
            document.pop(key, None)
        self._take_preflight(document)
        self._describe(document)
        self._adopt_operations(document)
        for name, scheme in ((document.get("components") or {}).get("securitySchemes") or {}).items():
            self._adopt_scheme(name, scheme)
        first = {key: document.pop(key) for key in _FIRST if key in document}
        last = {key: document.pop(key) for key in _LAST if key in document}
        paths = document.pop("paths")
        return {**first, **document, "paths": paths, **last}

    def _take_preflight(self, document: Json) -> None:
        preflight = Adoption(document, self._project.documents.spec, flavor=self._project.stage.flavor)
        take_preflight(preflight)
        if preflight.rejected:
            raise ProjectError(preflight.rejected)
        self.unmapped = preflight.unmapped

    def _describe(self, document: Json) -> None:
        """Take the description of the API's resource, and leave out the tags that API Gateway makes of AWS's tags."""
        description = self._resource.properties.value.get("Description") if self._resource is not None else None
        if isinstance(description, str) and isinstance(document.get("info"), dict):
            document["info"].setdefault("description", description)
        tags = [tag for tag in document.get("tags") or () if "x-amazon-apigateway-tag-value" not in tag]
        document.pop("tags", None)
        if tags:
            document["tags"] = tags

    def _adopt_operations(self, document: Json) -> None:
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
