"""REST APIs of templates: with a body, built of resources, or both; their stages, usage plans and API keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.project.check import check_project
from homeport.project.integrations import FailingIntegration, LambdaProxy
from homeport.project.integrations.rest_api import HttpProxy, MappedMock
from homeport.project.model import Api, RequestValidator, Security, Source
from tests.support.rest_templates import (
    API,
    AUTHORIZER,
    DEPLOYED,
    HEAD,
    INTEGRATION,
    PROXY,
    PROXY_BODY,
    URI,
    one_route,
    with_body,
)
from tests.support.spec import line_of
from tests.support.templates import ReadTemplate, read_template_text

BUILT = (
    HEAD
    + f"""\
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: shop
      BinaryMediaTypes: [image/png]
      ApiKeySourceType: HEADER
  Orders:
    Type: AWS::ApiGateway::Resource
    Properties: {{RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders}}
  OneOrder:
    Type: AWS::ApiGateway::Resource
    Properties: {{RestApiId: !Ref Api, ParentId: !Ref Orders, PathPart: "{{orderId}}"}}
  Guard:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: guard
      Type: TOKEN
      IdentitySource: method.request.header.X-Token
      IdentityValidationExpression: "^t-"
      AuthorizerResultTtlInSeconds: "60"
      AuthorizerUri: !Sub "{URI}"
  Pool:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: pool
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: ["arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc"]
  Order:
    Type: AWS::ApiGateway::Model
    Properties:
      RestApiId: !Ref Api
      Name: Order
      ContentType: application/json
      Schema: {{type: object, required: [name], properties: {{name: {{type: string}}}}}}
  Checks:
    Type: AWS::ApiGateway::RequestValidator
    Properties: {{RestApiId: !Ref Api, Name: body, ValidateRequestBody: true, ValidateRequestParameters: "true"}}
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: DEFAULT_4XX
      ResponseParameters: {{gatewayresponse.header.Access-Control-Allow-Origin: "'*'"}}
  ListOrders:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Pool
      AuthorizationScopes: [orders/read]
      RequestParameters: {{method.request.querystring.limit: true, method.request.header.X-Trace: "false"}}
      RequestValidatorId: !Ref Checks
      Integration: {PROXY}
      MethodResponses: [{{StatusCode: 200, ResponseModels: {{application/json: Empty}}}}]
  CreateOrder:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: POST
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Guard
      ApiKeyRequired: "true"
      OperationName: createOrder
      RequestModels: {{application/json: !Ref Order}}
      RequestValidatorId: !Ref Checks
      Integration: {{Type: AWS_PROXY, IntegrationHttpMethod: POST, TimeoutInMillis: "5000", Uri: !Sub "{URI}"}}
  Preflight:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Orders
      HttpMethod: OPTIONS
      AuthorizationType: NONE
      Integration:
        Type: MOCK
        RequestTemplates: {{application/json: '{{"statusCode": 204}}'}}
        IntegrationResponses:
          - StatusCode: "204"
            ResponseParameters: {{method.response.header.Access-Control-Allow-Origin: "'*'"}}
      MethodResponses:
        - StatusCode: "204"
          ResponseParameters: {{method.response.header.Access-Control-Allow-Origin: true}}
  AnyOrder:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref OneOrder
      HttpMethod: ANY
      AuthorizationType: AWS_IAM
      Integration: {PROXY}
"""
    + DEPLOYED
)

BODY: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "shop", "version": "1.0"},
    "basePath": "/ignored",
    "paths": {
        "/orders": {
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "required": True, "type": "string"},
                    {"name": "X-Trace", "in": "header", "required": False, "type": "string"},
                ],
                "produces": ["application/json"],
                "responses": {"200": {"description": "200 response", "schema": {"$ref": "#/definitions/Empty"}}},
                "security": [{"pool": ["orders/read"]}],
                "x-amazon-apigateway-request-validator": "body",
                INTEGRATION: PROXY_BODY,
            },
            "post": {
                "operationId": "createOrder",
                "consumes": ["application/json"],
                "parameters": [{"in": "body", "name": "Order", "schema": {"$ref": "#/definitions/Order"}}],
                "responses": {},
                "security": [{"guard": []}, {"api_key": []}],
                "x-amazon-apigateway-request-validator": "body",
                INTEGRATION: {**PROXY_BODY, "timeoutInMillis": 5000},
            },
            "options": {
                "responses": {
                    "204": {
                        "description": "204 response",
                        "headers": {"Access-Control-Allow-Origin": {"type": "string"}},
                    }
                },
                INTEGRATION: {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 204}'},
                    "responses": {
                        "default": {
                            "statusCode": "204",
                            "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
                        }
                    },
                },
            },
        },
        "/orders/{orderId}": {
            "x-amazon-apigateway-any-method": {
                "parameters": [{"name": "orderId", "in": "path", "required": True, "type": "string"}],
                "responses": {},
                "security": [{"sigv4": []}],
                INTEGRATION: PROXY_BODY,
            }
        },
    },
    "definitions": {"Order": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
    "securityDefinitions": {
        "guard": {
            "type": "apiKey",
            "name": "X-Token",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            AUTHORIZER: {
                "type": "token",
                "authorizerUri": {"Fn::Sub": URI},
                "authorizerResultTtlInSeconds": 60,
                "identityValidationExpression": "^t-",
            },
        },
        "pool": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            AUTHORIZER: {
                "type": "cognito_user_pools",
                "providerARNs": ["arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc"],
            },
        },
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
    },
    "x-amazon-apigateway-request-validators": {
        "body": {"validateRequestBody": True, "validateRequestParameters": True}
    },
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "x-amazon-apigateway-gateway-responses": {
        "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}}
    },
}


def sourceless(api: Api) -> Api:
    """Return the API without what tells how it was written: lines, and the document itself."""
    nowhere = Source("", 0)
    operations = tuple(replace(each, source=nowhere, responses={}) for each in api.operations)
    authorizers = {name: replace(each, source=nowhere) for name, each in api.authorizers.items()}
    return replace(api, operations=operations, authorizers=authorizers, document={}, version="", functions={})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> ReadTemplate:
    return read_template_text(tmp_path_factory.mktemp("built"), BUILT)


def test_a_vpc_link_is_named_and_its_url_is_called_from_here(tmp_path: Path) -> None:
    said = {"type": "http_proxy", "httpMethod": "GET", "uri": "http://nlb.example.com/x", "connectionType": "VPC_LINK"}
    found = read_template_text(tmp_path, with_body(one_route({**said, "connectionId": "abc"})))
    assert found.operation("GET /a").integration == HttpProxy("http://nlb.example.com/x", "GET")
    assert found.warnings == ["VPC links are not emulated: the URL is called from this machine"]


def test_an_api_built_of_resources_is_the_same_as_one_with_a_body(built: ReadTemplate, tmp_path: Path) -> None:
    found = read_template_text(tmp_path, with_body(BODY))
    assert not built.errors and not found.errors
    assert sourceless(built.project.api) == sourceless(found.project.api)


def test_methods_have_their_authorizers_scopes_and_keys(built: ReadTemplate) -> None:
    get, post = built.operation("GET /orders"), built.operation("POST /orders")
    assert get.security == (Security("pool", ("orders/read",)),)
    assert (post.security, post.api_key_required) == ((Security("guard"),), True)
    guard = built.project.api.authorizers["guard"]
    assert (guard.kind, guard.function, guard.ttl) == ("token", "Fn", 60)
    assert guard.identity_sources == ("method.request.header.X-Token",)


def test_methods_have_their_parameters_models_and_validators(built: ReadTemplate) -> None:
    get, post = built.operation("GET /orders"), built.operation("POST /orders")
    assert [(each.name, each.place, each.required) for each in get.parameters] == [
        ("limit", "query", True),
        ("X-Trace", "header", False),
    ]
    assert post.validator == RequestValidator(body=True, parameters=True)
    assert post.body is not None and post.body.content["application/json"]["required"] == ["name"]
    assert post.integration == LambdaProxy("Fn", 5.0)
    assert post.id == "createOrder"
    variables = built.operation("ANY /orders/{orderId}").parameters
    assert [(each.name, each.place, each.required) for each in variables] == [("orderId", "path", True)]


def test_a_method_cites_its_own_line(built: ReadTemplate) -> None:
    source = built.operation("POST /orders").source
    assert source == Source("template.yaml", line_of(BUILT, "  CreateOrder:"))


def test_an_iam_method_takes_signed_requests_alone(built: ReadTemplate) -> None:
    assert built.operation("ANY /orders/{orderId}").iam
    assert not built.operation("POST /orders").iam
    (caller,) = built.project.stage.iam.values()
    assert (caller.name, caller.allow) == ("local", ("*",))
    assert caller.access_key_id.startswith("AKIA") and len(caller.secret_access_key) == 40
    assert not [problem for problem in check_project(built.project) if "caller" in problem.message]


def test_nothing_that_check_finds_keeps_the_api_from_starting(built: ReadTemplate) -> None:
    assert [str(problem) for problem in check_project(built.project) if problem.severity == "error"] == []


def test_a_body_and_resources_make_one_api(tmp_path: Path) -> None:
    text = with_body(one_route(PROXY_BODY)) + (
        "  A: {Type: AWS::ApiGateway::Resource, "
        "Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: b}}\n"
        "  M:\n    Type: AWS::ApiGateway::Method\n    Properties: {RestApiId: !Ref Api, ResourceId: !Ref A, "
        f"HttpMethod: PUT, AuthorizationType: NONE, Integration: {PROXY}}}\n"
    )
    found = read_template_text(tmp_path, text)
    assert [operation.route_key for operation in found.project.api.operations] == ["GET /a", "PUT /b"]


def method(properties: str) -> str:
    """Return a template with one method, GET /."""
    root = "RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET"
    return f"{HEAD}{API}{DEPLOYED}  M:\n    Type: AWS::ApiGateway::Method\n    Properties: {{{root}, {properties}}}\n"


def test_a_method_whose_authorizer_is_elsewhere_lets_nobody_through(tmp_path: Path) -> None:
    found = read_template_text(
        tmp_path, method(f"AuthorizationType: CUSTOM, AuthorizerId: abc123, Integration: {PROXY}")
    )
    assert found.operation("GET /").denied == "there is no security scheme 'abc123'"


def test_a_method_of_an_api_elsewhere_is_named(tmp_path: Path) -> None:
    text = method(f"AuthorizationType: NONE, Integration: {PROXY}").replace("{RestApiId: !Ref Api,", "{RestApiId: x1,")
    found = read_template_text(tmp_path, text)
    assert "the method M belongs to an API that is not in the template, and has no URL here" in found.warnings


def test_a_method_whose_path_is_elsewhere_is_named(tmp_path: Path) -> None:
    text = method(f"AuthorizationType: NONE, Integration: {PROXY}").replace("!GetAtt Api.RootResourceId", "r1")
    found = read_template_text(tmp_path, text)
    assert "the method M is lost: its path is not in the template" in found.warnings
    assert found.project.api.operations == ()


@pytest.mark.parametrize(
    ("integration", "reason"),
    [
        ({"type": "aws", "uri": "arn:aws:apigateway:us-east-1:sqs:path/1/q"}, "Enumeration value for HttpMethod"),
        ({"type": "aws", "httpMethod": "POST", "uri": "arn:aws:iam::1:role/r"}, "AWS ARN for integration must"),
        ({"type": "http_proxy", "httpMethod": "GET", "uri": "example.com"}, "Invalid HTTP endpoint specified for URI"),
        ({"type": "mock"}, "a mock without a request template has no status"),
    ],
)
def test_an_integration_that_api_gateway_refuses_ends_its_own_route_alone(
    tmp_path: Path, integration: Any, reason: str
) -> None:
    body = one_route(integration)
    body["paths"]["/b"] = {"get": {"responses": {}, INTEGRATION: PROXY_BODY}}
    found = read_template_text(tmp_path, with_body(body))
    failing = found.operation("GET /a").integration
    assert isinstance(failing, FailingIntegration) and failing.reason.startswith(reason)
    assert found.operation("GET /b").integration == LambdaProxy("Fn")
    assert not found.errors
    assert f"{failing.reason}: each call of GET /a answers 500" in found.warnings


MOCK: dict[str, Any] = {
    "type": "mock",
    "requestTemplates": {"application/json": "{statusCode: 200}"},
    "responses": {
        "2\\d\\d": {
            "statusCode": 201,
            "responseParameters": {
                "method.response.header.X-Fixed": "'yes, it is'",
                "method.response.header.X-None": "integration.response.header.X",
            },
            "responseTemplates": {"text/plain": "hello"},
        },
        "default": {"statusCode": 500},
    },
}


def test_a_mock_is_read_with_its_integration_responses(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, with_body(one_route(MOCK)))
    mock = found.operation("GET /a").integration
    assert isinstance(mock, MappedMock)
    assert [(one.pattern, one.status) for one in mock.mapping.responses] == [("2\\d\\d", 201), ("", 500)]
    assert mock.mapping.responses[0].templates == (("text/plain", "hello"),)
    assert [(name, value.text) for name, value in mock.mapping.responses[0].headers] == [
        ("X-Fixed", "'yes, it is'"),
        ("X-None", "integration.response.header.X"),
    ]


def test_a_mock_of_an_api_that_takes_all_as_binary_fails_as_on_aws(tmp_path: Path) -> None:
    found = read_template_text(tmp_path, with_body(one_route(MOCK), 'BinaryMediaTypes: ["*/*"]'))
    assert isinstance(found.operation("GET /a").integration, FailingIntegration)
    text = with_body(one_route({**MOCK, "contentHandling": "CONVERT_TO_TEXT"}), 'BinaryMediaTypes: ["*/*"]')
    assert isinstance(read_template_text(tmp_path, text).operation("GET /a").integration, MappedMock)


@pytest.mark.parametrize(
    ("mode", "paths"), [("ignore", ["/a"]), ("prepend", ["/v1/shop/a"]), ("split", ["/shop/a"]), ("", ["/a"])]
)
def test_the_base_path_is_what_the_import_makes_of_it(tmp_path: Path, mode: str, paths: list[str]) -> None:
    swagger = {**one_route(PROXY_BODY), "swagger": "2.0", "basePath": "/v1/shop"}
    del swagger["openapi"]
    for body in (swagger, {**one_route(PROXY_BODY), "servers": [{"url": "https://example.com/v1/shop"}]}):
        found = read_template_text(tmp_path, with_body(body, f"Parameters: {{basepath: '{mode}'}}"))
        assert [operation.path for operation in found.project.api.operations] == paths


def test_servers_that_are_no_list_are_passed_over_as_by_the_import(tmp_path: Path) -> None:
    body = {**one_route(PROXY_BODY), "servers": {"variables": {"basePath": {"default": "/v1"}}}}
    found = read_template_text(tmp_path, with_body(body))
    assert [operation.path for operation in found.project.api.operations] == ["/a"]
    assert found.errors == []


def test_a_model_refers_to_another_and_to_parts_of_itself(tmp_path: Path) -> None:
    models = """\
  Line:
    Type: AWS::ApiGateway::Model
    Properties: {RestApiId: !Ref Api, Name: Line, ContentType: application/json, Schema: {type: string}}
  Order:
    Type: AWS::ApiGateway::Model
    Properties:
      RestApiId: !Ref Api
      Name: Order
      ContentType: application/json
      Schema:
        type: object
        properties:
          first: {$ref: !Sub "https://apigateway.amazonaws.com/restapis/${Api}/models/${Line}"}
          next: {$ref: "#/definitions/next"}
        definitions: {next: {type: integer}}
"""
    document = read_template_text(tmp_path, method(f"AuthorizationType: NONE, Integration: {PROXY}") + models)
    schemas = document.project.api.document["components"]["schemas"]
    assert schemas["Order"]["properties"] == {
        "first": {"$ref": "#/components/schemas/Line"},
        "next": {"$ref": "#/components/schemas/Order/definitions/next"},
    }
    assert not document.errors


def test_paths_that_differ_by_a_slash_at_the_end_are_one_resource(tmp_path: Path) -> None:
    body = one_route(PROXY_BODY)
    body["paths"]["/a/"] = {name: {"responses": {}, INTEGRATION: PROXY_BODY} for name in ("get", "post")}
    body["paths"]["/b/"] = {"get": {"responses": {}, INTEGRATION: PROXY_BODY}}
    found = read_template_text(tmp_path, with_body(body))
    assert sorted(each.route_key for each in found.project.api.operations) == ["GET /a", "GET /b/", "POST /a"]
    assert "GET of /a stands twice, with a slash at the end and without" in found.warnings
