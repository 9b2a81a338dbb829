"""The definition that a REST API is made from: OpenAPI with API Gateway's extensions, and nothing that it would refuse.

It is written anew from what was read: without operationId, since a method that has one adds an operationName to its
events; without responses, since a proxy's are the function's; without examples, links, cookies and descriptions.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.cloud.template_functions import ref
from homeport.cloud.template_http_api import invocation_uri, scopes_of, timeout_of
from homeport.cloud.template_models import Models
from homeport.cloud.template_names import Names
from homeport.cloud.template_tokens import user_pools
from homeport.errors import Problem, ProjectError
from homeport.gateway.rest_api.cors import preflight_method, preflight_operations, with_cors
from homeport.spec.extensions import ANY_METHOD
from homeport.spec.model import Api, Authorizer, Cors, GatewayResponse, Operation, RequestValidator
from homeport.spec.project import Project
from homeport.spec.read_authorizers import AUTHORIZER
from homeport.spec.read_gateway import API_KEY_SOURCE, BINARY_MEDIA_TYPES, GATEWAY_RESPONSES, VALIDATOR, VALIDATORS
from homeport.spec.read_integration import INTEGRATION

_AUTH_TYPE = "x-amazon-apigateway-authtype"
_PARAMETER_PLACES = ("path", "query", "header")
_HEADER = "method.request.header."


def rest_body(project: Project, names: Names) -> dict[str, Any]:
    """The definition. Raises ProjectError for what API Gateway would import and then always fail on."""
    api = project.api
    _refuse_faults(project)
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
    if api.binary_media_types:
        body[BINARY_MEDIA_TYPES] = list(api.binary_media_types)
    responses = with_cors(api.gateway_responses, api.cors)
    if responses:
        body[GATEWAY_RESPONSES] = {kind: _gateway_response(response) for kind, response in responses.items()}
    return body


def _refuse_faults(project: Project) -> None:
    faults = [
        Problem(operation.integration_fault, operation.source.file, operation.source.line, "mend the integration")
        for operation in project.api.operations
        if operation.integration_fault
    ]
    if faults:
        raise ProjectError(faults)


def _paths(project: Project, names: Names, models: Models) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in project.api.operations:
        method = ANY_METHOD if operation.method == "ANY" else operation.method.lower()
        paths.setdefault(operation.path, {})[method] = _method(operation, project, names, models)
    if project.api.cors is not None:
        for operation in preflight_operations(project.api.operations):
            paths[operation.path]["options"] = _preflight(project.api)
    return paths


def _preflight(api: Api) -> dict[str, Any]:
    """A mock reads its own request template as bytes where every type is binary, and fails, unless told it is text.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
    """
    method = preflight_method(api.cors or Cors())
    if api.binary_media_types:
        method[INTEGRATION] = {**method[INTEGRATION], "contentHandling": "CONVERT_TO_TEXT"}
    return method


def _method(operation: Operation, project: Project, names: Names, models: Models) -> dict[str, Any]:
    integration: dict[str, Any] = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "passthroughBehavior": "when_no_match",
        "uri": invocation_uri(project, names, operation.function),
    }
    milliseconds = timeout_of(operation)
    if milliseconds is not None:
        integration["timeoutInMillis"] = milliseconds
    method: dict[str, Any] = {"responses": {}, INTEGRATION: integration}
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
    """Models are for methods that check bodies: nothing else looks at them."""
    if operation.body is None or operation.validator is None or not operation.validator.body:
        return {}
    return {media: {"schema": models.of(schema)} for media, schema in operation.body.content.items() if schema}


def _validator_name(validator: RequestValidator | None) -> str:
    parts = ("body", "parameters") if validator else ()
    return "-and-".join(part for part in parts if getattr(validator, part)) or "nothing"


def _security(operation: Operation, api: Api) -> list[dict[str, list[str]]]:
    asked: list[dict[str, list[str]]] = [{_key_scheme(api): []}] if operation.api_key_required else []
    if operation.security:
        asked.append({operation.security[0].scheme: scopes_of(operation)})
    return asked


def _key_scheme(api: Api) -> str:
    return "apiKey" if "apiKey" not in api.authorizers else "apiKeyInHeader"


def _components(project: Project, names: Names, models: Models) -> dict[str, Any]:
    api = project.api
    asked = {security.scheme for operation in api.operations for security in operation.security}
    schemes: dict[str, Any] = {name: _scheme(api.authorizers[name], project, names) for name in sorted(asked)}
    if any(operation.api_key_required for operation in api.operations):
        schemes[_key_scheme(api)] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    components: dict[str, Any] = {"schemas": models.used} if models.used else {}
    return {**components, "securitySchemes": schemes} if schemes else components


def _scheme(authorizer: Authorizer, project: Project, names: Names) -> dict[str, Any]:
    """Read by API Gateway as an apiKey in a header, whatever it is."""
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


def lambda_authorizers(project: Project) -> Mapping[str, str]:
    """For the functions of Lambda authorizers, what calls them; their ids are known to API Gateway only."""
    return {
        authorizer.function: "authorizers/*"
        for authorizer in project.api.authorizers.values()
        if authorizer.function is not None
    }
