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

from homeport.cloud.template.functions import permissions, ref, resource, sub
from homeport.cloud.template.http_api import authorizer_error, cloud_value, no_issuer, stage_auth
from homeport.cloud.template.integrations import integration_problems, invocation_uri, rest_method
from homeport.cloud.template.monitoring import (
    access_log,
    execution_log,
)
from homeport.cloud.template.names import Names
from homeport.cloud.template.rest_models import Models
from homeport.cloud.template.rest_stage import V1, api_keys, rest_stage, usage_plans
from homeport.errors import ProjectError
from homeport.gateway.rest_api.cors import preflight_operations, with_cors
from homeport.project.logical_ids import digest
from homeport.project.model import (
    Api,
    Authorizer,
    GatewayResponse,
    Operation,
    RequestValidator,
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
            f"{V1}RestApi",
            Name=ref("AWS::StackName"),
            Body=body,
            EndpointConfiguration={"Types": ["REGIONAL"]},
        ),
        **allowed,
        **access_log(project),
        **execution_log(project),
        deployment: resource(f"{V1}Deployment", {"DependsOn": sorted(allowed)}, RestApiId=ref("Api")),
        "ApiStage": rest_stage(project, deployment),
        **usage_plans(project, names),
        **api_keys(project, names),
    }


def _lambda_authorizers(project: Project) -> Mapping[str, str]:
    """Return the ARN suffix of the authorizers that invoke each function. Only API Gateway knows their ids."""
    return {
        authorizer.function: "authorizers/*"
        for authorizer in project.api.authorizers.values()
        if authorizer.function is not None
    }


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
