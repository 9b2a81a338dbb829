"""The document of a REST API that is built of resources: Resource, Method, Model, Authorizer and others.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGateway.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from homeport.project.cloudformation.apis.rest_values import is_true, of_api, plain, whole
from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.model import ANY_METHOD
from homeport.project.openapi.extensions import AUTHORIZER, INTEGRATION
from homeport.project.openapi.gateway import GATEWAY_RESPONSES, VALIDATOR, VALIDATORS
from homeport.project.source.builder import Placed
from homeport.project.source.cursor import Cursor

AUTH_TYPE = "x-amazon-apigateway-authtype"
API_KEY = "api_key"
SIGNATURE = "sigv4"

_MODEL_URL = re.compile(r"https?://[^/]+/restapis/[^/]+/models/([^/#]+)")
_REQUEST_PARAMETER = re.compile(r"method\.request\.(?:multivalue)?(path|querystring|header)\.(.+)")
_PLACES = {"path": "path", "querystring": "query", "header": "header"}
_HEADER_SOURCE = re.compile(r"method\.request\.header\.([^,\s]+)")
_INTEGRATION = {
    "Type": "type",
    "Uri": "uri",
    "IntegrationHttpMethod": "httpMethod",
    "Credentials": "credentials",
    "TimeoutInMillis": "timeoutInMillis",
    "PassthroughBehavior": "passthroughBehavior",
    "ContentHandling": "contentHandling",
    "CacheKeyParameters": "cacheKeyParameters",
    "CacheNamespace": "cacheNamespace",
    "ConnectionId": "connectionId",
    "ConnectionType": "connectionType",
    "RequestParameters": "requestParameters",
    "RequestTemplates": "requestTemplates",
    "ResponseTransferMode": "responseTransferMode",
}
"""Properties of a method's integration, and their keys in x-amazon-apigateway-integration."""
_LOWER = frozenset(("Type", "PassthroughBehavior"))
_RESPONSE = {
    "ResponseParameters": "responseParameters",
    "ResponseTemplates": "responseTemplates",
    "ContentHandling": "contentHandling",
}

Content = dict[str, Any]
"""Content for a ``DocumentBuilder``."""


class RestParts:
    """The resources of one REST API, as parts of an OpenAPI document."""

    def __init__(self, api: StackResource, stack: CloudFormationStack) -> None:
        self._api = api
        self._stack = stack
        self._models = {each.logical_id: each for each in of_api(stack, "AWS::ApiGateway::Model", api)}
        self._authorizers = self._by_name(of_api(stack, "AWS::ApiGateway::Authorizer", api))
        self._validators = self._by_name(of_api(stack, "AWS::ApiGateway::RequestValidator", api))
        self._methods = list(of_api(stack, "AWS::ApiGateway::Method", api))

    def document(self) -> Content:
        """Return the parts of the document that the resources make; the keys of those that there are."""
        made: Content = {}
        if self._methods:
            made["paths"] = self._paths()
        schemes = self._schemes()
        schemas = {self._model_name(model): self._schema(model) for model in self._models.values()}
        components = {"schemas": schemas, "securitySchemes": schemes}
        if schemas or schemes:
            made["components"] = {key: value for key, value in components.items() if value}
        if self._validators:
            made[VALIDATORS] = {name: _validator(each) for name, each in self._validators.items()}
        responses = {
            plain(each.properties.at("ResponseType")): _gateway_response(each)
            for each in of_api(self._stack, "AWS::ApiGateway::GatewayResponse", self._api)
        }
        if responses:
            made[GATEWAY_RESPONSES] = responses
        return made

    @staticmethod
    def _by_name(resources: Iterable[StackResource]) -> dict[str, StackResource]:
        """Return resources by their names, or by their logical ids where two share one."""
        found: dict[str, StackResource] = {}
        for each in resources:
            name = plain(each.properties.at("Name")) or each.logical_id
            found[each.logical_id if name in found else name] = each
        return found

    @staticmethod
    def _model_name(model: StackResource) -> str:
        return plain(model.properties.at("Name")) or model.logical_id

    def _paths(self) -> Content:
        paths: dict[str, Content] = {}
        for method in self._methods:
            path = self._path_of(method)
            if path is not None:
                word = plain(method.properties.at("HttpMethod")).upper()
                key = ANY_METHOD if word == "ANY" else word.lower()
                paths.setdefault(path, {})[key] = self._operation(method, path)
        return {path: Placed(item, next(iter(item.values())).at) for path, item in paths.items()}

    def _path_of(self, method: StackResource) -> str | None:
        """Return the path of a method's resource; None after a warning that it is not in the template."""
        at = method.properties.at("ResourceId")
        id, parts = plain(at), list[str]()
        resources = {each.physical_id: each for each in of_api(self._stack, "AWS::ApiGateway::Resource", self._api)}
        while id != self._api.attributes.get("RootResourceId"):
            resource = resources.pop(id, None)
            if resource is None:
                at.warning(
                    f"the method {method.logical_id} is lost: its path is not in the template",
                    "add the AWS::ApiGateway::Resource that its ResourceId, or a ParentId above it, stands for",
                )
                return None
            parts.append(plain(resource.properties.at("PathPart")))
            id = plain(resource.properties.at("ParentId"))
        return f"/{'/'.join(reversed(parts))}"

    def _operation(self, method: StackResource, path: str) -> Placed:
        properties = method.properties
        made: Content = {}
        if properties.has("OperationName"):
            made["operationId"] = properties.at("OperationName")
        parameters = _parameters(properties.map("RequestParameters"), path, properties)
        if parameters:
            made["parameters"] = parameters
        models = properties.map("RequestModels")
        if models.value:
            content = {media_type: {"schema": self._reference(name)} for media_type, name in models.items()}
            made["requestBody"] = Placed({"content": content}, models)
        made["responses"] = self._responses(properties)
        made["security"] = self._security(properties)
        if properties.has("RequestValidatorId"):
            at = properties.at("RequestValidatorId")
            made[VALIDATOR] = Placed(_name_of(self._validators, plain(at)), at)
        if properties.has("Integration"):
            made[INTEGRATION] = _integration(properties.map("Integration"))
        return Placed(made, properties)

    def _responses(self, properties: Cursor) -> Content:
        made: Content = {}
        for response in properties.list("MethodResponses"):
            status = plain(response.at("StatusCode"))
            content: Content = {"description": f"{status} response"}
            headers = {
                key.removeprefix("method.response.header."): Placed({"schema": {"type": "string"}}, entry)
                for key, entry in response.map("ResponseParameters").items()
            }
            if headers:
                content["headers"] = headers
            models = response.map("ResponseModels")
            if models.value:
                content["content"] = {name: {"schema": self._reference(model)} for name, model in models.items()}
            made[status] = Placed(content, response)
        return made

    def _reference(self, model: Cursor) -> Placed:
        """Return a reference to a model, which a method names or refers to."""
        text = plain(model)
        own = next((each for each in self._models.values() if text in (each.physical_id, each.logical_id)), None)
        name = self._model_name(own) if own is not None else text
        return Placed({"$ref": f"#/components/schemas/{name}"}, model)

    def _security(self, properties: Cursor) -> Placed:
        at = properties.at("AuthorizationType")
        kind = plain(at).upper()
        required: list[Content] = []
        if kind in ("CUSTOM", "COGNITO_USER_POOLS"):
            # One that is not in the template has no scheme: the reader lets nobody through.
            name = _name_of(self._authorizers, plain(properties.at("AuthorizerId")))
            scopes = properties.at("AuthorizationScopes")
            required.append({name: scopes if scopes.value is not None else []})
        elif kind not in ("", "NONE"):
            required.append({SIGNATURE if kind == "AWS_IAM" else kind: []})
        if is_true(properties.at("ApiKeyRequired")):
            required.append({API_KEY: []})
        return Placed(required, at if at.value is not None else properties)

    def _schemes(self) -> Content:
        schemes: Content = {name: _scheme(each.properties) for name, each in self._authorizers.items()}
        for method in self._methods:
            if is_true(method.properties.at("ApiKeyRequired")):
                content = {"type": "apiKey", "name": "x-api-key", "in": "header"}
                schemes.setdefault(API_KEY, Placed(content, method.properties.at("ApiKeyRequired")))
            if plain(method.properties.at("AuthorizationType")).upper() == "AWS_IAM":
                content = {"type": "apiKey", "name": "Authorization", "in": "header", AUTH_TYPE: "awsSigv4"}
                schemes.setdefault(SIGNATURE, Placed(content, method.properties.at("AuthorizationType")))
        return schemes

    def _schema(self, model: StackResource) -> Any:
        at = model.properties.at("Schema")
        if not isinstance(at.value, str):
            return self._rewritten(at, self._model_name(model))
        try:
            return Placed(json.loads(at.value), at)
        except ValueError:
            at.warning(f"the schema of the model {model.logical_id} is not JSON")
            return Placed({}, at)

    def _rewritten(self, schema: Cursor, name: str) -> Any:
        """Return a schema whose references lead to where its targets are in the document."""
        match schema.value:
            case list():
                return Placed([self._rewritten(entry, name) for entry in schema.entries()], schema)
            case dict():
                return Placed({key: self._rewritten(child, name) for key, child in schema.items()}, schema)
            case str() as text if schema.name == "$ref":
                other = _MODEL_URL.fullmatch(text)
                if other is not None:
                    return Placed(self._reference_text(other[1]), schema)
                return Placed(f"#/components/schemas/{name}{text[1:]}", schema) if text.startswith("#") else schema
        return schema

    def _reference_text(self, text: str) -> str:
        own = next((each for each in self._models.values() if text in (each.physical_id, each.logical_id)), None)
        return f"#/components/schemas/{self._model_name(own) if own is not None else text}"


def _name_of(resources: Mapping[str, StackResource], id: str) -> str:
    return next((name for name, each in resources.items() if id == each.physical_id), id or "(none)")


def _parameters(written: Cursor, path: str, properties: Cursor) -> list[Placed]:
    """Return the parameters: those that the method names, and the variables of its path."""
    found: dict[tuple[str, str], Placed] = {}
    for key, entry in written.items():
        name = _REQUEST_PARAMETER.fullmatch(key)
        if name is None:
            entry.warning(f"{key!r} is no parameter of a method", "write it as method.request.querystring.NAME")
            continue
        place = _PLACES[name[1]]
        required = is_true(entry) or place == "path"
        content = {"name": name[2], "in": place, "required": required, "schema": {"type": "string"}}
        found[place, name[2]] = Placed(content, entry)
    for variable in re.findall(r"\{([^}+]+)\+?\}", path):
        content = {"name": variable, "in": "path", "required": True, "schema": {"type": "string"}}
        found.setdefault(("path", variable), Placed(content, properties))
    return list(found.values())


def _integration(written: Cursor) -> Placed:
    made: Content = {}
    for key, name in _INTEGRATION.items():
        at = written.at(key)
        if at.value is None:
            continue
        if key in _LOWER:
            made[name] = Placed(plain(at).lower(), at)
        elif key == "TimeoutInMillis":
            milliseconds = whole(at)
            made[name] = at if milliseconds is None else Placed(milliseconds, at)
        else:
            made[name] = at
    responses = {}
    for response in written.list("IntegrationResponses"):
        content: Content = {"statusCode": Placed(plain(response.at("StatusCode")), response.at("StatusCode"))}
        content |= {name: response.at(key) for key, name in _RESPONSE.items() if response.has(key)}
        responses[plain(response.at("SelectionPattern")) or "default"] = Placed(content, response)
    if responses:
        made["responses"] = Placed(responses, written.at("IntegrationResponses"))
    return Placed(made, written)


def _scheme(properties: Cursor) -> Placed:
    """Return the security scheme of an authorizer."""
    kind = plain(properties.at("Type")).lower()
    extension: Content = {"type": Placed(kind, properties.at("Type"))}
    source = properties.at("IdentitySource")
    header = _HEADER_SOURCE.fullmatch(plain(source).strip())
    name = header[1] if header is not None and kind != "request" else "Unused" if kind == "request" else "Authorization"
    for key, target in (
        ("AuthorizerUri", "authorizerUri"),
        ("AuthorizerCredentials", "authorizerCredentials"),
        ("IdentitySource", "identitySource"),
        ("IdentityValidationExpression", "identityValidationExpression"),
        ("AuthorizerResultTtlInSeconds", "authorizerResultTtlInSeconds"),
        ("ProviderARNs", "providerARNs"),
    ):
        if properties.has(key):
            extension[target] = properties.at(key)
    auth_type = "cognito_user_pools" if kind == "cognito_user_pools" else "custom"
    content = {"type": "apiKey", "name": name, "in": "header", AUTH_TYPE: auth_type, AUTHORIZER: extension}
    return Placed(content, properties)


def _validator(validator: StackResource) -> Placed:
    properties = validator.properties
    body, parameters = properties.at("ValidateRequestBody"), properties.at("ValidateRequestParameters")
    content = {"validateRequestBody": is_true(body), "validateRequestParameters": is_true(parameters)}
    return Placed(content, properties)


def _gateway_response(response: StackResource) -> Placed:
    properties = response.properties
    made: Content = {}
    if properties.has("StatusCode"):
        made["statusCode"] = Placed(plain(properties.at("StatusCode")), properties.at("StatusCode"))
    for key, name in (("ResponseParameters", "responseParameters"), ("ResponseTemplates", "responseTemplates")):
        if properties.has(key):
            made[name] = properties.at(key)
    return Placed(made, properties)
