"""HTTP APIs of templates: quick create, routes of their own, bodies; their authorizers, stages and CORS."""

from __future__ import annotations

from pathlib import Path

from homeport.project.integrations import FailingIntegration, LambdaProxy
from homeport.project.integrations.http_api import HttpApiProxy, HttpApiService
from homeport.project.model import Security, Throttle
from tests.support.templates import read_template_text

FUNCTION = """
  ItemsFunction:
    Type: AWS::Lambda::Function
    Properties:
      Code: ./src
      Handler: app.handler
      Runtime: python3.13
      Role: arn:aws:iam::111122223333:role/items
"""
API = """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: items, ProtocolType: HTTP}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt ItemsFunction.Arn
      PayloadFormatVersion: "1.0"
      TimeoutInMillis: "5000"
"""


URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
OWN_URI = URI.format("${ItemsFunction.Arn}")
OTHER_URI = URI.format("arn:aws:lambda:us-east-1:111122223333:function:door")


def template(*parts: str) -> str:
    """Return a template of these resources."""
    return "Resources:" + "".join(parts)


def route(name: str, route_key: str, *properties: str) -> str:
    """Return a route to the integration, with more properties."""
    written = [f"RouteKey: {route_key}", "ApiId: !Ref Api", "Target: !Sub integrations/${Integration}", *properties]
    lines = "\n      ".join(written)
    return f"""
  {name}:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      {lines}
"""


def test_quick_create_has_one_route_that_takes_everything(tmp_path: Path) -> None:
    api = """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: items-http-api
      ProtocolType: HTTP
      Target: !GetAtt ItemsFunction.Arn
      CorsConfiguration: {AllowOrigins: ["*"], AllowMethods: [GET, POST], AllowHeaders: [content-type], MaxAge: "60"}
"""
    found = read_template_text(tmp_path, template(FUNCTION, api))
    assert not found.errors
    (operation,) = found.project.api.operations
    assert operation.route_key == "$default"
    assert operation.integration == LambdaProxy("ItemsFunction", payload_format="2.0")
    assert operation.handler == "app.handler"
    assert found.project.api.title == "items-http-api"
    cors = found.project.api.cors
    assert cors is not None
    assert (cors.allow_origins, cors.allow_headers, cors.max_age) == (("*",), ("content-type",), 60)
    assert found.project.stage.stage_name == "$default"


def test_quick_create_has_the_authorizer_that_overrides_give_it(tmp_path: Path) -> None:
    api = """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: items, ProtocolType: HTTP, Target: !GetAtt ItemsFunction.Arn, RouteKey: "GET /items"}
  Staff:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: "https://issuer.example.com", Audience: [items]}
      Name: staff
  Overrides:
    Type: AWS::ApiGatewayV2::ApiGatewayManagedOverrides
    Properties:
      ApiId: !Ref Api
      Route: {AuthorizationType: JWT, AuthorizerId: !Ref Staff, AuthorizationScopes: [items/read]}
      Stage: {DefaultRouteSettings: {ThrottlingRateLimit: 5, ThrottlingBurstLimit: 7}}
"""
    found = read_template_text(tmp_path, template(FUNCTION, api))
    assert not found.errors
    assert found.operation("GET /items").security == (Security("staff", ("items/read",)),)
    assert found.project.stage.throttle == Throttle(5.0, 7)


def test_routes_have_their_integration_and_payload_format(tmp_path: Path) -> None:
    routes = """
  List:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: GET /items, Target: !Sub "integrations/${Integration}", OperationName: list}
  Any:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: "ANY /items/{id}", Target: !Join [/, [integrations, !Ref Integration]]}
  Default:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
      StageVariables: {colour: blue}
      RouteSettings: {"GET /items": {ThrottlingRateLimit: 2.5, ThrottlingBurstLimit: 3}}
      AccessLogSettings: {DestinationArn: "arn:aws:logs:us-east-1:111122223333:log-group:x", Format: $context.requestId}
"""
    found = read_template_text(tmp_path, template(FUNCTION, API, routes))
    assert not found.errors
    listing, any_method = found.operation("GET /items"), found.operation("ANY /items/{id}")
    assert listing.integration == LambdaProxy("ItemsFunction", timeout=5.0, payload_format="1.0")
    assert (listing.id, any_method.id) == ("list", "anyItemsId")
    assert listing.throttle == Throttle(2.5, 3)
    assert isinstance(found.operation("$default").integration, FailingIntegration)
    assert any("$default" in warning or "/$default" in warning for warning in found.warnings)
    stage = found.project.stage
    assert (stage.variables, stage.access_log) == ({"colour": "blue"}, {"format": "$context.requestId"})
    assert found.project.api.functions["ItemsFunction"].operations == ("list", "anyItemsId")


def test_routes_have_their_authorizers_and_scopes(tmp_path: Path) -> None:
    routes = """
  Door:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: door
      AuthorizerType: REQUEST
      AuthorizerUri: !Sub OWN_URI
      AuthorizerPayloadFormatVersion: "2.0"
      EnableSimpleResponses: "true"
      AuthorizerResultTtlInSeconds: 0
      IdentitySource: [$request.header.X-Door, $request.querystring.door]
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: staff
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: https://issuer.example.com, Audience: [items]}
""".replace("OWN_URI", OWN_URI)
    routes += route("Custom", "GET /door", "AuthorizationType: CUSTOM", "AuthorizerId: !Ref Door")
    routes += route(
        "Scoped", "GET /staff", "AuthorizationType: JWT", "AuthorizerId: !Ref Jwt", "AuthorizationScopes: [a, b]"
    )
    routes += route("Signed", "GET /signed", "AuthorizationType: AWS_IAM")
    routes += route("Elsewhere", "GET /elsewhere", "AuthorizationType: JWT", "AuthorizerId: abc123")
    routes += route("Open", "GET /open", "AuthorizationType: NONE")
    found = read_template_text(tmp_path, template(FUNCTION, API, routes))
    assert not found.errors
    assert found.operation("GET /door").security == (Security("door"),)
    door = found.project.api.authorizers["door"]
    assert (door.kind, door.function, door.ttl, door.payload_format, door.simple) == (
        "request",
        "ItemsFunction",
        0,
        "2.0",
        True,
    )
    assert door.identity_sources == ("$request.header.X-Door", "$request.querystring.door")
    assert found.operation("GET /staff").security == (Security("staff", ("a", "b")),)
    staff = found.project.api.authorizers["staff"]
    assert (staff.issuer, staff.audience) == ("https://issuer.example.com", ("items",))
    assert found.operation("GET /signed").iam
    assert found.operation("GET /elsewhere").denied
    assert not found.operation("GET /open").denied
    assert not found.operation("GET /open").security


def test_an_authorizer_whose_function_is_elsewhere_refuses_its_routes(tmp_path: Path) -> None:
    routes = """
  Door:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: door
      AuthorizerType: REQUEST
      AuthorizerUri: OTHER_URI
      AuthorizerPayloadFormatVersion: "2.0"
      IdentitySource: [$request.header.X-Door]
""".replace("OTHER_URI", OTHER_URI)
    routes += route("Custom", "GET /door", "AuthorizationType: CUSTOM", "AuthorizerId: !Ref Door")
    found = read_template_text(tmp_path, template(FUNCTION, API, routes))
    assert not found.errors
    assert found.operation("GET /door").denied
    assert any("function:door" in warning and "GET /door" in warning for warning in found.warnings)


def test_a_feature_that_is_not_emulated_is_named(tmp_path: Path) -> None:
    others = """
  Socket:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: chat, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Backend:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: GET
      IntegrationUri: https://backend.example.com/
      PayloadFormatVersion: "1.0"
  Proxy:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: GET /proxy, Target: !Sub "integrations/${Backend}"}
  Link:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: GET
      IntegrationUri: arn:aws:elasticloadbalancing:us-east-1:111122223333:listener/app/a/b/c
      ConnectionType: VPC_LINK
      ConnectionId: abc
      PayloadFormatVersion: "1.0"
  Private:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: GET /private, Target: !Sub "integrations/${Link}"}
  First:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: live}
  Second:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: beta}
"""
    found = read_template_text(tmp_path, template(FUNCTION, API, others))
    assert not found.errors
    text = "\n".join(found.warnings)
    assert "WebSocket APIs are not emulated" in text
    assert "VPC links are not emulated: each call of GET /private answers 500" in text
    assert found.operation("GET /proxy").integration == HttpApiProxy(
        "https://backend.example.com/", "GET", written_uri="https://backend.example.com/"
    )
    assert "the stage beta is not served" in text
    assert found.project.stage.base_path == "/live"
    assert [project.api.name for project in found.project.every_api] == ["Api"]


def test_a_body_has_cors_and_throttles_of_other_resources(tmp_path: Path) -> None:
    api = """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      CorsConfiguration: {AllowOrigins: [https://www.example.com], AllowCredentials: true}
      Body:
        openapi: 3.0.1
        info: {title: items, version: "1"}
        paths:
          /items:
            get:
              operationId: list-items
              x-amazon-apigateway-integration:
                type: aws_proxy
                httpMethod: POST
                payloadFormatVersion: "2.0"
                uri: !Sub OWN_URI
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      RouteSettings: {GET /items: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}}
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties: {DomainName: api.example.com}
  Mapping:
    Type: AWS::ApiGatewayV2::ApiMapping
    Properties: {ApiId: !Ref Api, DomainName: !Ref Domain, Stage: !Ref Stage, ApiMappingKey: shop/v1}
""".replace("OWN_URI", OWN_URI)
    found = read_template_text(tmp_path, template(FUNCTION, api))
    assert not found.errors
    operation = found.operation("GET /items")
    assert (operation.id, operation.throttle) == ("list-items", Throttle(1.0, 1))
    assert operation.source.line == 19
    cors = found.project.api.cors
    assert cors is not None
    assert cors.allow_credentials
    stage = found.project.stage
    assert (stage.domain or {})["name"] == "api.example.com"
    assert stage.domain_base_path == "/shop/v1"


def test_a_queue_is_the_backend_of_a_route(tmp_path: Path) -> None:
    others = """
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: orders}
  Send:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: SQS-SendMessage
      PayloadFormatVersion: "1.0"
      CredentialsArn: arn:aws:iam::111122223333:role/send
      RequestParameters: {QueueUrl: !Ref Queue, MessageBody: $request.body}
      ResponseParameters:
        "200": {ResponseParameters: [{Destination: "overwrite:statuscode", Source: "202"}]}
  Orders:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: POST /orders, Target: !Sub "integrations/${Send}"}
"""
    found = read_template_text(tmp_path, template(FUNCTION, API, others))
    integration = found.operation("POST /orders").integration
    assert isinstance(integration, HttpApiService)
    assert {name: value.text for name, value in integration.parameters.items()} == {
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/orders",
        "MessageBody": "$request.body",
    }
    [mapping] = integration.mappings.responses["200"]
    assert (mapping.key, mapping.value.text) == ("overwrite:statuscode", "202")


def test_an_integration_that_api_gateway_refuses_ends_the_calls_of_its_route(tmp_path: Path) -> None:
    others = """
  Start:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationSubtype: StepFunctions-StartExecution
      PayloadFormatVersion: "1.0"
      CredentialsArn: arn:aws:iam::111122223333:role/start
      RequestParameters: {stateMachineArn: arn, StateMachineArn: arn}
  Starts:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: POST /start, Target: !Sub "integrations/${Start}"}
"""
    found = read_template_text(tmp_path, template(FUNCTION, API, others))
    reason = "Parameter: stateMachineArn does not fit schema for Operation: StepFunctions-StartExecution."
    assert found.operation("POST /start").integration == FailingIntegration(reason)
    assert any(reason in warning and "POST /start answers 500" in warning for warning in found.warnings)


def test_an_integration_without_a_payload_format_is_named(tmp_path: Path) -> None:
    parts = template(FUNCTION, API.replace('      PayloadFormatVersion: "1.0"\n', ""), route("List", "GET /items"))
    found = read_template_text(tmp_path, parts)
    assert not found.errors
    assert any("payloadFormatVersion, which is 2.0 here" in warning for warning in found.warnings)
    assert not any(
        "payloadFormatVersion" in warning for warning in read_template_text(tmp_path, template(FUNCTION, API)).warnings
    )
