"""The routes of an HTTP API that are resources of their own, as operations of an OpenAPI document.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.cloudformation.apis.typed_values import read_flag, read_number
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import ANY_METHOD
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION, METHODS
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

_IAM = "sigv4"
_IAM_SCHEME = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
_RESPONSES = {"default": {"description": "Any response of the integration"}}
_INTEGRATION_KEYS = {
    "IntegrationType": "type",
    "IntegrationUri": "uri",
    "IntegrationMethod": "httpMethod",
    "IntegrationSubtype": "integrationSubtype",
    "ConnectionType": "connectionType",
    "ConnectionId": "connectionId",
    "CredentialsArn": "credentials",
    "RequestParameters": "requestParameters",
    "TlsConfig": "tlsConfig",
}


def path_and_method(route_key: str) -> tuple[str, str]:
    """Return the keys of a route in ``paths``: ``("/items", "get")`` for ``GET /items``, ANY and ``$default`` too."""
    if route_key == "$default":
        return "/$default", ANY_METHOD
    method, _, path = route_key.strip().partition(" ")
    return path.strip(), method.lower() if method.lower() in METHODS else ANY_METHOD


class HttpRoutes:
    """The routes, integrations and authorizers of ``api`` that are not in its Body."""

    def __init__(self, stack: CloudFormationStack, api: StackResource) -> None:
        self._stack = stack
        self._api = api
        self._integrations = {it.physical_id: it for it in self._of_api("AWS::ApiGatewayV2::Integration")}
        self._authorizers = {it.physical_id: it for it in self._of_api("AWS::ApiGatewayV2::Authorizer")}
        self._needs_iam = False

    def operations(self) -> Iterator[tuple[str, str, Placed]]:
        """Yield the path, the method's key and the operation of each route."""
        if self._api.properties.has("Target"):
            yield self._quick_create()
        for route in self._of_api("AWS::ApiGatewayV2::Route"):
            properties = route.properties
            path, method = path_and_method(properties.text("RouteKey"))
            content = {
                **self._description(properties),
                INTEGRATION: self._integration(properties.at("Target")),
                "responses": _RESPONSES,
            }
            if content[INTEGRATION] is None:
                del content[INTEGRATION]
            yield path, method, Placed(content, properties.at("RouteKey"))

    def schemes(self) -> dict[str, Placed]:
        """Return the security schemes by name; call it after ``operations`` has ended."""
        names = self._scheme_names()
        schemes = {names[id]: _scheme(authorizer.properties) for id, authorizer in self._authorizers.items()}
        if self._needs_iam:
            schemes[_IAM] = Placed(_IAM_SCHEME, self._api.properties)
        return schemes

    def _of_api(self, type: str) -> Iterator[StackResource]:
        for resource in self._stack.of_type(type):
            if resource.properties.at("ApiId").value == self._api.physical_id:
                yield resource

    def _quick_create(self) -> tuple[str, str, Placed]:
        """Return the route of quick create, with what ApiGatewayManagedOverrides say of it.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html
        """
        properties = self._api.properties
        target = properties.at("Target")
        overrides = next(self._of_api("AWS::ApiGatewayV2::ApiGatewayManagedOverrides"), None)
        route = overrides.properties.map("Route") if overrides is not None else None
        integration = overrides.properties.map("Integration") if overrides is not None else None
        is_url = isinstance(target.value, str) and target.value.startswith(("http://", "https://"))
        made: dict[str, Any] = {"type": "http_proxy" if is_url else "aws_proxy", "uri": target}
        made |= {"payloadFormatVersion": "2.0"} | (_numbers(integration) if integration is not None else {})
        path, method = path_and_method(properties.text("RouteKey") or "$default")
        described = self._description(route) if route is not None else {"security": []}
        return path, method, Placed({**described, INTEGRATION: Placed(made, target), "responses": _RESPONSES}, target)

    def _description(self, route: Cursor) -> dict[str, Any]:
        """Return the operation's name and what protects it."""
        named = {"operationId": route.at("OperationName")} if route.has("OperationName") else {}
        return {**named, "security": self._security(route)}

    def _security(self, route: Cursor) -> list[Any]:
        kind = route.text("AuthorizationType", "NONE").upper()
        at = route.at("AuthorizationType")
        if kind == "NONE":
            return []
        if kind == "AWS_IAM":
            self._needs_iam = True
            return [Placed({_IAM: []}, at)]
        id = route.at("AuthorizerId")
        # A name without a scheme is refused: what it protects answers 403.
        name = self._scheme_names().get(str(id.value), str(id.value or "(no AuthorizerId)"))
        scopes = route.at("AuthorizationScopes") if route.has("AuthorizationScopes") else []
        return [Placed({name: scopes}, at)]

    def _scheme_names(self) -> dict[str, str]:
        """Return the names of the authorizers by id: their own, as API Gateway exports them, else the logical ids."""
        names: dict[str, str] = {}
        for id, authorizer in self._authorizers.items():
            name = authorizer.properties.text("Name") or authorizer.logical_id
            names[id] = authorizer.logical_id if name in names.values() else name
        return names

    def _integration(self, target: Cursor) -> Placed | None:
        id = str(target.value or "").rpartition("/")[2]
        integration = self._integrations.get(id)
        if integration is None:
            return None
        properties = integration.properties
        content: dict[str, Any] = {
            name: properties.at(key) for key, name in _INTEGRATION_KEYS.items() if properties.has(key)
        }
        if properties.has("ResponseParameters"):
            content["responseParameters"] = _response_parameters(properties.map("ResponseParameters"))
        return Placed({**content, **_numbers(properties)}, properties)


def _response_parameters(by_status: Cursor) -> Placed:
    """Return the mappings of responses as the extension has them: a map from keys to expressions for each status.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigatewayv2-integration-responseparametermap.html
    """
    content: dict[str, Any] = {}
    for status, entry in by_status.items():
        mappings = {each.text("Destination"): each.at("Source") for each in entry.list("ResponseParameters")}
        content[status] = Placed(mappings, entry)
    return Placed(content, by_status)


def _numbers(integration: Cursor) -> dict[str, Any]:
    """Return those settings of an integration that CloudFormation takes as texts or numbers."""
    content: dict[str, Any] = {}
    version, timeout = integration.at("PayloadFormatVersion"), integration.at("TimeoutInMillis")
    if version.value is not None:
        content["payloadFormatVersion"] = Placed(str(version.value), version)
    if timeout.value is not None:
        content["timeoutInMillis"] = Placed(read_number(timeout), timeout)
    return content


def _scheme(authorizer: Cursor) -> Placed:
    """Return an authorizer as a security scheme.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
    """
    said: dict[str, Any] = {"type": Placed(authorizer.text("AuthorizerType").lower(), authorizer.at("AuthorizerType"))}
    if authorizer.has("IdentitySource"):
        said["identitySource"] = authorizer.at("IdentitySource")
    if authorizer.text("AuthorizerType").upper() == "JWT":
        configuration = authorizer.at("JwtConfiguration")
        keys = {"Issuer": "issuer", "Audience": "audience"}
        given = {name: configuration.at(key) for key, name in keys.items() if configuration.has(key)}
        said["jwtConfiguration"] = Placed(given, configuration)
        return Placed({"type": "oauth2", AUTHORIZER: Placed(said, authorizer)}, authorizer)
    version, ttl = authorizer.at("AuthorizerPayloadFormatVersion"), authorizer.at("AuthorizerResultTtlInSeconds")
    if authorizer.has("AuthorizerUri"):
        said["authorizerUri"] = authorizer.at("AuthorizerUri")
    if version.value is not None:
        said["authorizerPayloadFormatVersion"] = Placed(str(version.value), version)
    if ttl.value is not None:
        said["authorizerResultTtlInSeconds"] = Placed(read_number(ttl), ttl)
    if authorizer.has("EnableSimpleResponses"):
        at = authorizer.at("EnableSimpleResponses")
        said["enableSimpleResponses"] = Placed(read_flag(at), at)
    scheme = {"type": "apiKey", "name": "Unused", "in": "header", AUTHORIZER: Placed(said, authorizer)}
    return Placed(scheme, authorizer)
