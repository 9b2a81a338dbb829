"""A REST API: a definition, a deployment of it, a stage, usage plans and API keys.

The definition is OpenAPI with API Gateway's extensions, without the parts that API Gateway rejects. It is made from the
model of the project: without operationId, since a method that has one adds an operationName to its events; without
responses, since a proxy's are the function's; without examples, links, cookies and descriptions. Schemas become models
in the keywords that API Gateway imports.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from homeport.cloud.template.functions import literal, permissions, ref, resource, sub
from homeport.cloud.template.http_api import authorizer_error, cloud_value, no_issuer, stage_auth, throttling
from homeport.cloud.template.integrations import integration_problems, invocation_uri, rest_method
from homeport.cloud.template.monitoring import (
    access_log,
    access_log_settings,
    account_settings_description,
    execution_log,
    own_account_settings,
)
from homeport.cloud.template.names import Names
from homeport.errors import ProjectError
from homeport.gateway.rest_api.cors import preflight_operations, with_cors
from homeport.project.logical_ids import digest
from homeport.project.model import (
    Api,
    Authorizer,
    Canary,
    GatewayResponse,
    Operation,
    RequestValidator,
    Throttle,
    UsagePlan,
)
from homeport.project.openapi.extensions import AUTHORIZER
from homeport.project.openapi.gateway import (
    API_KEY_SOURCE,
    BINARY_MEDIA_TYPES,
    GATEWAY_RESPONSES,
    MINIMUM_COMPRESSION_SIZE,
    VALIDATOR,
    VALIDATORS,
)
from homeport.project.openapi.resource_policy import POLICY
from homeport.project.project import Project
from homeport.project.schema.references import resolve_reference

_V1 = "AWS::ApiGateway::"


def rest_api(project: Project, names: Names, secrets_fingerprint: str) -> dict[str, Any]:
    """Return the API, its permissions, deployment, stage, logs, usage plans and keys.

    ``secrets_fingerprint`` is of the secrets in ``auth`` and ``cors``, which the definition refers to.
    """
    body = rest_body(project, names)
    allowed = permissions(project, names, _lambda_authorizers(project))
    # A deployment is a copy of the API as it was: only a new one, by a new logical id, makes changes live.
    deployment = f"ApiDeployment{digest(json.dumps(body, sort_keys=True) + secrets_fingerprint)}"
    return {
        "Api": resource(
            f"{_V1}RestApi",
            Name=ref("AWS::StackName"),
            Body=body,
            EndpointConfiguration={"Types": ["REGIONAL"]},
        ),
        **allowed,
        **access_log(project),
        **execution_log(project),
        deployment: resource(f"{_V1}Deployment", {"DependsOn": sorted(allowed)}, RestApiId=ref("Api")),
        "ApiStage": _stage(project, deployment),
        **_usage_plans(project, names),
        **_api_keys(project, names),
    }


def _stage(project: Project, deployment: str) -> dict[str, Any]:
    stage, own = project.stage, own_account_settings(project)
    return resource(
        f"{_V1}Stage",
        {"DependsOn": sorted(["ExecutionLogGroup", *([own] if own is not None else [])])},
        RestApiId=ref("Api"),
        DeploymentId=ref(deployment),
        StageName=stage.stage_name,
        AccessLogSetting=access_log_settings(project),
        MethodSettings=_method_settings(project),
        TracingEnabled=stage.tracing,
        Variables=dict(stage.variables) or None,
        CanarySetting=_canary(stage.canary),
        Description=account_settings_description() if own is None else None,
    )


def _canary(canary: Canary | None) -> dict[str, Any] | None:
    if canary is None:
        return None
    percent = int(canary.percent) if canary.percent.is_integer() else canary.percent
    overrides = {"StageVariableOverrides": dict(canary.variables)} if canary.variables else {}
    return {"PercentTraffic": percent, **overrides}


def _method_settings(project: Project) -> list[dict[str, Any]]:
    whole = _method_setting("/*", "*", project.stage.throttle)
    methods = [
        _method_setting(_resource_path(operation.path), operation.method, operation.throttle)
        for operation in project.api.operations
        if operation.throttle is not None
    ]
    return [whole, *methods]


def _method_setting(path: str, method: str, throttle: Throttle | None) -> dict[str, Any]:
    return {
        "ResourcePath": path,
        "HttpMethod": method,
        "LoggingLevel": "ERROR",
        "DataTraceEnabled": False,
        "MetricsEnabled": False,
        **(throttling(throttle) if throttle is not None else {}),
    }


def _resource_path(path: str) -> str:
    """Return a path as method settings have it: ``/items/{id}`` is ``/~1items~1{id}``, ``/`` stays.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
    """
    return "/" if path == "/" else "/" + path.replace("/", "~1")


def _usage_plans(project: Project, names: Names) -> dict[str, Any]:
    return {
        f"{names.usage_plans[name]}UsagePlan": _usage_plan(plan) for name, plan in project.stage.usage_plans.items()
    }


def _usage_plan(plan: UsagePlan) -> dict[str, Any]:
    throttle, quota = plan.throttle, plan.quota
    limits = throttling(throttle) if throttle is not None else {}
    return resource(
        f"{_V1}UsagePlan",
        UsagePlanName=sub(f"${{AWS::StackName}}-{literal(plan.name)}"),
        ApiStages=[{"ApiId": ref("Api"), "Stage": ref("ApiStage")}],
        Throttle={name.removeprefix("Throttling"): limit for name, limit in limits.items()} or None,
        Quota=None if quota is None else {"Limit": quota.limit, "Period": quota.period},
    )


def _api_keys(project: Project, names: Names) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for name, key in project.stage.api_keys.items():
        id, own_name = names.api_keys[name], sub(f"${{AWS::StackName}}-{literal(key.name)}")
        resources[f"{id}ApiKey"] = resource(f"{_V1}ApiKey", Name=own_name, Value=key.value, Enabled=key.enabled)
        if key.usage_plan is not None:
            plan = ref(f"{names.usage_plans[key.usage_plan]}UsagePlan")
            resources[f"{id}PlanKey"] = resource(
                f"{_V1}UsagePlanKey", KeyId=ref(f"{id}ApiKey"), KeyType="API_KEY", UsagePlanId=plan
            )
    return resources


def _lambda_authorizers(project: Project) -> Mapping[str, str]:
    """Return the ARN suffix of the authorizers that invoke each function. Only API Gateway knows their ids."""
    return {
        authorizer.function: "authorizers/*"
        for authorizer in project.api.authorizers.values()
        if authorizer.function is not None
    }


_PREFIX = "#/components/schemas/"
_IGNORED_KEYWORDS = frozenset(
    ("default", "deprecated", "description", "discriminator", "example", "externalDocs", "title", "xml")
)
"""Keywords that do not affect validation. API Gateway rejects some of them."""

_NAMES = frozenset(("properties",))
_VALUES = frozenset(("enum",))
_OTHER_TYPES = ("array", "boolean", "number", "object", "string")
_NULL = {"not": {"anyOf": [{"type": name} for name in _OTHER_TYPES]}}
"""A schema that accepts null only. CloudFormation takes no null in a template, so ``enum: [null]`` is impossible."""


class Models:
    """Schemas of request bodies as models. ``used`` collects the models that the schemas refer to, by name."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        found = (document.get("components") or {}).get("schemas")
        self._schemas: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
        self._by_identity = {id(schema): name for name, schema in self._schemas.items()}
        self.used: dict[str, Any] = {}

    def of(self, schema: Any) -> Any:
        """Return a schema of the document for API Gateway, a reference if the schema is a model."""
        name = self._by_identity.get(id(schema))
        return self._model(name) if name is not None else self._clean(schema, ())

    def _model(self, name: str) -> dict[str, Any]:
        if name not in self.used:
            self.used[name] = {}
            self.used[name] = self._clean(self._schemas[name], ())
        return {"$ref": f"{_PREFIX}{name}"}

    def _clean(self, schema: Any, unfolding: tuple[str, ...]) -> Any:
        if isinstance(schema, list):
            return [self._clean(entry, unfolding) for entry in schema]
        if not isinstance(schema, Mapping):
            return schema
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"], unfolding)
        words = {key: self._keyword(key, value, unfolding) for key, value in schema.items() if not _is_ignored(key)}
        return _with_null(words) if None in (words.get("enum") or ()) else words

    def _keyword(self, key: str, value: Any, unfolding: tuple[str, ...]) -> Any:
        if key in _VALUES:
            return value
        if key in _NAMES and isinstance(value, Mapping):
            return {name: self._clean(inner, unfolding) for name, inner in value.items()}
        return self._clean(value, unfolding)

    def _reference(self, reference: str, unfolding: tuple[str, ...]) -> Any:
        """Return a reference to a model. API Gateway takes no other, so the target of another one replaces it."""
        name = reference.removeprefix(_PREFIX)
        if name in self._schemas:
            return self._model(name)
        if reference in unfolding:
            return {}
        return self._clean(resolve_reference(reference, self._document), (*unfolding, reference))


def _with_null(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose ``enum`` has null without the word null."""
    others = [value for value in words["enum"] if value is not None]
    choice = {"anyOf": [{"enum": others}, _NULL]} if others else _NULL
    kept = {key: value for key, value in words.items() if key != "enum"}
    return {**kept, "allOf": [*kept.get("allOf", ()), choice]}


def _is_ignored(key: str) -> bool:
    return key in _IGNORED_KEYWORDS or key.startswith("x-")


_AUTH_TYPE = "x-amazon-apigateway-authtype"
_PARAMETER_PLACES = ("path", "query", "header")
_HEADER = "method.request.header."


def rest_body(project: Project, names: Names) -> dict[str, Any]:
    """Return the definition. Raises ProjectError for an integration that API Gateway imports and always fails on."""
    api = project.api
    if problems := list(integration_problems(api.operations)):
        raise ProjectError(problems)
    models = Models(api.document)
    paths = _paths(project, names, models)
    body: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": {"title": ref("AWS::StackName"), "description": api.title, "version": api.version or "1"},
        "paths": paths,
        "components": _components(project, names, models),
        API_KEY_SOURCE: api.api_key_source,
    }
    validators = {_validator_name(o.validator): o.validator for o in api.operations if o.validator is not None}
    if validators:
        body[VALIDATORS] = {
            name: {"validateRequestBody": validator.body, "validateRequestParameters": validator.parameters}
            for name, validator in validators.items()
        }
    if api.resource_policy is not None:
        body[POLICY] = dict(api.resource_policy)
    if api.binary_media_types:
        body[BINARY_MEDIA_TYPES] = list(api.binary_media_types)
    if api.minimum_compression_size is not None:
        body[MINIMUM_COMPRESSION_SIZE] = api.minimum_compression_size
    responses = with_cors(api.gateway_responses, api.cors)
    if responses:
        body[GATEWAY_RESPONSES] = {kind: _gateway_response(response) for kind, response in responses.items()}
    return body


def _paths(project: Project, names: Names, models: Models) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*project.api.operations, *preflight_operations(project.api)):
        *_, method = operation.document_path
        paths.setdefault(operation.path, {})[method] = _method(operation, project, names, models)
    return paths


def _method(operation: Operation, project: Project, names: Names, models: Models) -> dict[str, Any]:
    method = rest_method(operation, project, names)
    parameters = [
        {"name": p.name, "in": p.place, "required": p.required, "schema": {"type": "string"}}
        for p in operation.parameters
        if p.place in _PARAMETER_PLACES
    ]
    if parameters:
        method["parameters"] = parameters
    content = _content(operation, models)
    if operation.body is not None and content:
        method["requestBody"] = {"required": operation.body.required, "content": content}
    if operation.validator is not None:
        method[VALIDATOR] = _validator_name(operation.validator)
    security = _security(operation, project.api)
    if security:
        method["security"] = security
    return method


def _content(operation: Operation, models: Models) -> dict[str, Any]:
    """Return the models of the body for a method that validates bodies: API Gateway uses them for nothing else."""
    if operation.body is None or operation.validator is None or not operation.validator.body:
        return {}
    return {media: {"schema": models.of(schema)} for media, schema in operation.body.content.items() if schema}


def _validator_name(validator: RequestValidator | None) -> str:
    parts = ("body", "parameters") if validator else ()
    return "-and-".join(part for part in parts if getattr(validator, part)) or "nothing"


def _security(operation: Operation, api: Api) -> list[dict[str, list[str]]]:
    asked: list[dict[str, list[str]]] = [{_key_scheme(api): []}] if operation.api_key_required else []
    if operation.authorizer is not None:
        asked.append({operation.authorizer: list(operation.scopes)})
    if operation.iam:
        asked.append({_signature_scheme(api): []})
    return asked


def _key_scheme(api: Api) -> str:
    return "apiKey" if "apiKey" not in api.authorizers else "apiKeyInHeader"


def _signature_scheme(api: Api) -> str:
    return "sigv4" if "sigv4" not in api.authorizers else "awsSigv4"


def _components(project: Project, names: Names, models: Models) -> dict[str, Any]:
    api = project.api
    asked = api.used_authorizers
    schemes: dict[str, Any] = {name: _scheme(asked[name], project, names) for name in sorted(asked)}
    if any(operation.api_key_required for operation in api.operations):
        schemes[_key_scheme(api)] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    if any(operation.iam for operation in api.operations):
        signed = {"type": "apiKey", "name": "Authorization", "in": "header", _AUTH_TYPE: "awsSigv4"}
        schemes[_signature_scheme(api)] = signed
    components: dict[str, Any] = {"schemas": models.used} if models.used else {}
    return {**components, "securitySchemes": schemes} if schemes else components


def _scheme(authorizer: Authorizer, project: Project, names: Names) -> dict[str, Any]:
    """Return the security scheme of an authorizer. API Gateway imports each as an apiKey in a header."""
    sources = authorizer.identity_sources
    said: dict[str, Any] = {"authorizerResultTtlInSeconds": authorizer.ttl}
    if authorizer.kind == "cognito":
        said |= {"type": "cognito_user_pools", "providerARNs": user_pools(authorizer, project)}
    else:
        said |= {"type": authorizer.kind, "authorizerUri": invocation_uri(project, names, authorizer.function or "")}
    if authorizer.kind == "request" and sources:
        said["identitySource"] = ", ".join(sources)
    if authorizer.validation_expression is not None:
        said["identityValidationExpression"] = authorizer.validation_expression
    header = sources[0].removeprefix(_HEADER) if sources and authorizer.kind != "request" else "Unused"
    return {
        "type": "apiKey",
        "name": header,
        "in": "header",
        _AUTH_TYPE: "cognito_user_pools" if authorizer.kind == "cognito" else "custom",
        AUTHORIZER: said,
    }


_ISSUER = re.compile(r"https://cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<pool>[\w-]+)")


def user_pools(authorizer: Authorizer, project: Project) -> list[Any]:
    """Return the ARNs of a Cognito authorizer's user pools. Raises ProjectError without any."""
    named = stage_auth(authorizer, project).issuer
    if not named and not authorizer.provider_arns:
        raise no_issuer(authorizer, project)
    if not named:
        return [cloud_value(arn) for arn in authorizer.provider_arns]
    found = _ISSUER.fullmatch(named)
    if found is None:
        raise authorizer_error(
            authorizer,
            f"the issuer of {authorizer.name!r} in stage {project.stage.key!r} is no Cognito user pool",
            "write https://cognito-idp.REGION.amazonaws.com/POOL",
        )
    return [sub(f"arn:${{AWS::Partition}}:cognito-idp:{found['region']}:${{AWS::AccountId}}:userpool/{found['pool']}")]


def _gateway_response(response: GatewayResponse) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if response.status is not None:
        said["statusCode"] = str(response.status)
    if response.headers:
        said["responseParameters"] = {
            f"gatewayresponse.header.{name}": value for name, value in response.headers.items()
        }
    if response.templates:
        said["responseTemplates"] = dict(response.templates)
    return said
