"""Every value of a translated template has the line of what the owner wrote for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.sam_templates import PlainTemplate, read_plain

REST = """Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 5
    Runtime: python3.12
    Environment:
      Variables:
        SHARED: a
  Api:
    Cors: "'*'"
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: makefile
    Properties:
      CodeUri: src
      Handler: app.handler
      MemorySize: 256
      Environment:
        Variables:
          TABLE: !Ref Table
      Policies:
        - DynamoDBReadPolicy:
            TableName: !Ref Table
        - Statement:
            - Effect: Allow
              Action: s3:GetObject
              Resource: '*'
      Events:
        Get:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Path: /items/{id}
            Method: get
            Auth:
              Authorizer: Tokens
        Implicit:
          Type: Api
          Properties:
            Path: /free
            Method: ANY
        Feed:
          Type: SQS
          Properties:
            Queue: arn:aws:sqs:eu-west-1:1:q
            BatchSize: 3
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      TracingEnabled: true
      MethodSettings:
        - ResourcePath: /*
          HttpMethod: '*'
          ThrottlingRateLimit: 5
      Auth:
        DefaultAuthorizer: Pool
        Authorizers:
          Pool:
            UserPoolArn: arn:aws:cognito-idp:eu-west-1:1:userpool/x
          Tokens:
            FunctionArn: !GetAtt Fn.Arn
      GatewayResponses:
        DEFAULT_4XX:
          ResponseTemplates: {application/json: x}
      Models:
        Item:
          type: object
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: pk, Type: String}
  Plain:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: t
Outputs:
  Url:
    Value: !Ref Api
"""


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> PlainTemplate:
    """The template above."""
    return read_plain(tmp_path_factory.mktemp("rest"), REST)


def line_of(text: str, occurrence: int = 1, template: str = REST) -> int:
    """Return the line of a text in the template."""
    lines = [number for number, line in enumerate(template.splitlines(), 1) if text in line]
    return lines[occurrence - 1]


@pytest.mark.parametrize(
    ("path", "text", "occurrence"),
    [
        ("Resources Fn", "  Fn:", 1),
        ("Resources Fn Type", "Type: AWS::Serverless::Function", 1),
        ("Resources Fn Metadata BuildMethod", "BuildMethod", 1),
        ("Resources Fn Properties Code", "CodeUri", 1),
        ("Resources Fn Properties Code LocalPath", "CodeUri", 1),
        ("Resources Fn Properties Handler", "Handler", 1),
        ("Resources Fn Properties MemorySize", "MemorySize", 1),
        ("Resources Fn Properties Timeout", "Timeout", 1),
        ("Resources Fn Properties Runtime", "Runtime", 1),
        ("Resources Fn Properties Environment Variables TABLE", "TABLE", 1),
        ("Resources Fn Properties Environment Variables SHARED", "SHARED", 1),
        ("Resources FnRole", "  Fn:", 1),
        ("Resources FnRole Properties Policies", "Policies", 1),
        ("Resources FnRole Properties Policies 1 PolicyDocument Statement 0 Action", "Action", 1),
        ("Resources FnGetPermissionv1", "        Get:", 1),
        ("Resources FnFeed", "Feed:", 1),
        ("Resources FnFeed Properties BatchSize", "BatchSize", 1),
        ("Resources Api", "  Api:", 2),
        ("Resources Api Properties Body paths /items/{id}", "        Get:", 1),
        ("Resources Api Properties Body paths /items/{id} get", "        Get:", 1),
        ("Resources Api Properties Body paths /items/{id} get x-amazon-apigateway-integration", "        Get:", 1),
        ("Resources Api Properties Body paths /items/{id} get security", "            Auth:", 1),
        ("Resources Api Properties Body paths /items/{id} options", "Cors", 1),
        ("Resources Api Properties Body securityDefinitions Pool", "Pool:", 1),
        ("Resources Api Properties Body securityDefinitions Tokens", "Tokens:", 1),
        ("Resources Api Properties Body securityDefinitions Tokens x-amazon-apigateway-authorizer", "Tokens:", 1),
        ("Resources Api Properties Body x-amazon-apigateway-gateway-responses", "GatewayResponses", 1),
        ("Resources Api Properties Body definitions item", "Item:", 1),
        ("Resources Apiv1Stage", "  Api:", 2),
        ("Resources Apiv1Stage Properties StageName", "StageName", 1),
        ("Resources Apiv1Stage Properties MethodSettings 0 ThrottlingRateLimit", "ThrottlingRateLimit", 1),
        ("Resources Apiv1Stage Properties TracingEnabled", "TracingEnabled", 1),
        ("Resources ServerlessRestApi", "  Api:", 1),
        ("Resources ServerlessRestApi Properties Body paths /free x-amazon-apigateway-any-method", "Implicit", 1),
        ("Resources Table Properties KeySchema", "PrimaryKey", 1),
        ("Resources Plain", "  Plain:", 1),
        ("Resources Plain Properties TopicName", "TopicName", 1),
        ("Outputs Url", "  Url:", 1),
    ],
)
def test_value_has_the_line_of_what_it_was_made_of(rest: PlainTemplate, path: str, text: str, occurrence: int) -> None:
    assert rest.document.find(path.split()) is not None
    assert rest.place(*path.split()) == f"template.yaml:{line_of(text, occurrence)}"


HTTP = """Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.12
      Events:
        Get:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Path: /items
            Method: GET
        Rest:
          Type: HttpApi
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: ['*']
      DefaultRouteSettings:
        ThrottlingBurstLimit: 5
      StageVariables:
        A: b
      Auth:
        DefaultAuthorizer: Jwt
        Authorizers:
          Jwt:
            AuthorizationScopes: [a]
            IdentitySource: $request.header.Authorization
            JwtConfiguration:
              issuer: https://issuer.example.com
              audience: [me]
"""


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> PlainTemplate:
    """The template above."""
    return read_plain(tmp_path_factory.mktemp("http"), HTTP)


STAGE = "Resources ApiApiGatewayDefaultStage Properties"
BODY = "Resources Api Properties Body"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{BODY} paths /items get", "        Get:"),
        (f"{BODY} components securitySchemes Jwt", "Jwt:"),
        (f"{BODY} components securitySchemes Jwt x-amazon-apigateway-authorizer jwtConfiguration", "Jwt:"),
        (f"{BODY} x-amazon-apigateway-cors", "CorsConfiguration"),
        (f"{STAGE} DefaultRouteSettings ThrottlingBurstLimit", "ThrottlingBurstLimit"),
        (f"{STAGE} StageVariables A", "A: b"),
        ("Resources ServerlessHttpApi Properties Body paths $default x-amazon-apigateway-any-method", "Rest:"),
    ],
)
def test_value_of_an_http_api_has_the_line_of_what_it_was_made_of(http: PlainTemplate, path: str, text: str) -> None:
    assert http.document.find(path.split()) is not None
    assert http.place(*path.split()) == f"template.yaml:{line_of(text, template=HTTP)}"


def containers(value: Any) -> list[Any]:
    """Return the maps and lists in a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [each for child in inner for each in containers(child)]


@pytest.mark.parametrize("name", ["rest", "http"])
def test_every_container_has_lines_and_no_mark_is_left(name: str, request: pytest.FixtureRequest) -> None:
    plain: PlainTemplate = request.getfixturevalue(name)
    for container in containers(plain.document.value):
        lines = plain.document.source_map[id(container)]
        keys = set(container) if isinstance(container, dict) else set(range(len(container)))
        children = lines.children
        assert keys <= (set(children) if isinstance(children, dict) else set(range(len(children))))
        assert lines.line > 0
        assert not (isinstance(container, dict) and any("\0" in key for key in container))


def test_value_of_an_included_file_has_its_line(tmp_path: Path) -> None:
    files = {
        "template.yaml": """Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Cors: "'*'"
      DefinitionBody:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: api/open.yaml}}
""",
        "api/open.yaml": "swagger: '2.0'\npaths:\n  /x:\n    get:\n      summary: read\n",
    }
    plain = read_plain(tmp_path, files)
    body = ("Resources", "Api", "Properties", "Body")
    assert plain.place(*body) == "template.yaml:8"
    assert plain.place(*body, "paths") == "api/open.yaml:2"
    assert plain.place(*body, "paths", "/x", "get") == "api/open.yaml:4"
    assert plain.place(*body, "paths", "/x", "get", "summary") == "api/open.yaml:5"
    assert plain.place(*body, "paths", "/x", "options") == "template.yaml:7"
