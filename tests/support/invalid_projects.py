"""Projects that AWS or the kit would refuse, each with its error and the line of it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from tests.support.made_project import ECHO, authorizer_uri
from tests.support.project import write_files

PATHS = """\
paths:
  /items/{itemId}:
    get:
      operationId: getItem
      parameters: [{name: itemId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: The item.}}
"""


class Invalid(NamedTuple):
    """A project's openapi.yaml without its first two lines, in a flavor; ``message`` is part of the error.

    ``at`` is text of the line that the error is about, in ``file``.
    """

    name: str
    spec: str
    at: str
    message: str
    flavor: str = "http"
    file: str = "openapi.yaml"
    stages: str = ""
    resources: str = ""


def operation(text: str, path: str = "/a") -> str:
    body = dedent(text).strip().replace("\n", "\n      ")
    return f"paths:\n  {path}:\n    get:\n      operationId: getItem\n      {body}\n"


def paths(*each: str) -> str:
    """Paths with a GET of their own."""
    ids = ("getItem", "other")
    responses = '{"200": {description: x}}'
    return "paths:\n" + "".join(
        f"  {path}:\n    get: {{operationId: {name}, responses: {responses}}}\n"
        for path, name in zip(each, ids, strict=False)
    )


def integration(*lines: str, kind: str = "aws_proxy") -> str:
    inside = "".join(f"\n  {line}" for line in (f"type: {kind}", *lines))
    return operation(f"{OK}\nx-amazon-apigateway-integration:{inside}")


OK = 'responses: {"200": {description: x}}'
SCHEME = """
security: [{who: []}]
components:
  securitySchemes:
    who:
"""
HEADER = "type: apiKey\nname: Authorization\nin: header\n"
AUTHORIZER = "x-amazon-apigateway-authorizer:\n  "


def secured_paths(scheme: str) -> str:
    return PATHS + SCHEME + "".join(f"      {line}\n" for line in scheme.strip().splitlines())


def schema(text: str) -> str:
    return PATHS + f"components:\n  schemas:\n    Item:\n      {text}\n"


TWO_SCHEMES = """\
security: [{a: []}, {b: []}]
components:
  securitySchemes:
    a: &a
      type: oauth2
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration: {audience: [a]}
    b: *a
"""
SAME_FILE = """\
paths:
  /a:
    get: {operationId: getItem, responses: {"200": {description: x}}}
    put: {operationId: get_item, responses: {"200": {description: x}}}
"""
NAMED_TABLE = """\
Resources:
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: x
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
      KeySchema: [{AttributeName: a, KeyType: HASH}]
"""
STAGES, RESOURCES = "deploy/stages.yaml", "deploy/resources.yaml"


def setting(name: str, text: str, message: str) -> Invalid:
    return Invalid(name, PATHS, text.partition(":")[0], message, file=STAGES, stages=f"stages:\n  local:\n    {text}\n")


CASES = [
    Invalid("web sockets", PATHS + "servers:\n- url: wss://a.example\n", "wss:", "WebSocket"),
    Invalid("VPC links", integration("connectionType: VPC_LINK"), "connectionType", "VPC links"),
    Invalid("HTTP proxy", integration(kind="http_proxy"), "integration:", "needs the URL of its backend"),
    Invalid("HTTP", integration(kind="HTTP"), "integration:", "Invalid HTTP endpoint", "rest"),
    Invalid("mock on HTTP", integration(kind="mock"), "type: mock", "no mock integrations"),
    Invalid("AWS", integration(kind="aws"), "integration:", "Invalid ARN specified", "rest"),
    Invalid("subtype", integration("integrationSubtype: SQS-Send"), "Subtype", "no integration 'SQS-Send'"),
    Invalid("streaming", integration("responseTransferMode: STREAM"), "responseTransferMode", "streams no"),
    Invalid("cache key", integration("cacheKeyParameters: [a]"), "[a]", "Invalid cache key parameter", "rest"),
    Invalid("no such integration", integration(kind="lambda"), "integration:", "can't be of type 'lambda'"),
    Invalid(
        "mapping on HTTP",
        integration("requestParameters: {'a': b}"),
        "requestParameters",
        "Actioned Parameter destination",
    ),
    Invalid("kind of auth", operation(f"{OK}\nx-amazon-apigateway-auth: {{type: IAM}}"), "auth:", "write AWS_IAM"),
    Invalid(
        "resource policy",
        PATHS + "x-amazon-apigateway-policy: {Statement: [{Effect: Deny, Action: '*', Resource: '*'}]}\n",
        "policy",
        "needs either Principal or NotPrincipal",
        "rest",
    ),
    Invalid("compression", PATHS + "x-amazon-apigateway-minimum-compression-size: -1\n", "size", "from 0 to", "rest"),
    Invalid(
        "private endpoint",
        PATHS + "x-amazon-apigateway-endpoint-configuration: {disableExecuteApiEndpoint: true}\n",
        "endpoint-configuration",
        "endpoints",
    ),
    Invalid(
        "unknown extension", PATHS + "x-amazon-apigateway-corss: {}\n", "corss", "did you mean x-amazon-apigateway-cors"
    ),
    setting("mutual TLS", "mutualTls: {}", "mutual TLS"),
    setting("WAF", "webAcl: x", "WAF"),
    setting("canary", "canary: {percent: 5}", "an HTTP API has no canary"),
    setting("unknown setting", "memmory: 1", "did you mean memory?"),
    setting("usage plans on HTTP", "usagePlans: {a: {}}", "an HTTP API has no usagePlans"),
    Invalid(
        "API keys on HTTP", secured_paths("type: apiKey\nname: x-api-key\nin: header"), "get:", "asks for an API key"
    ),
    Invalid(
        "Cognito on HTTP",
        secured_paths(f"{HEADER}{AUTHORIZER}type: cognito_user_pools\n  providerARNs: [a]"),
        "type: cognito",
        "no Cognito authorizer",
    ),
    Invalid(
        "token authorizer on HTTP",
        secured_paths(f"{HEADER}{AUTHORIZER}type: token\n  authorizerUri: {authorizer_uri('get-item')}"),
        "type: token",
        "no TOKEN authorizer",
    ),
    Invalid(
        "JWT on REST",
        secured_paths(
            f"type: oauth2\n{AUTHORIZER}type: jwt\n  jwtConfiguration: {{audience: [a], issuer: 'https://a.b'}}"
        ),
        "type: jwt",
        "no JWT authorizer",
        "rest",
    ),
    Invalid(
        "scheme that nobody checks", secured_paths("type: http\nscheme: basic"), "security:", "nothing would check"
    ),
    Invalid("no such scheme", PATHS + "security: [{whoo: []}]\n", "security:", "no security scheme"),
    Invalid("two authorizers", PATHS + TWO_SCHEMES, "security:", "one authorizer a route"),
    Invalid("conflicting siblings", paths("/a/{x}", "/a/{y}/b"), "/a/{y}/b", "stands beside {x}", "rest"),
    Invalid("greedy sibling on REST", paths("/a/{x}", "/a/{proxy+}"), "/a/{proxy+}", "stands beside {x}", "rest"),
    Invalid("variable inside a segment", paths("/a-{x}"), "/a-{x}", "not a whole segment"),
    Invalid("greedy in the middle", paths("/{x+}/b"), "/{x+}/b", "not last"),
    Invalid(
        "$default on REST",
        paths("/$default").replace("get:", "x-amazon-apigateway-any-method:"),
        "/$default",
        "no $default route",
        "rest",
    ),
    Invalid("no responses", operation("summary: x"), "get:", "has no responses"),
    Invalid("no handler", PATHS.replace("getItem", "getItm"), "getItm", "did you mean service/handlers/get_item.py?"),
    Invalid("operation ids that clash", SAME_FILE, "put:", "both name get_item.py"),
    Invalid("TRACE", paths("/a").replace("get:", "trace:"), "trace:", "no TRACE"),
    Invalid("model name", PATHS + "components: {schemas: {My-Item: {type: object}}}", "My-Item", "can't have", "rest"),
    Invalid("schema word of 3.1", schema("const: 1"), "const", "OpenAPI 3.0 has no 'const'", "rest"),
    Invalid("type list", schema("type: [string, 'null']"), "type:", "one word"),
    Invalid("discriminator", schema("discriminator: {propertyName: a}"), "discriminator", "discriminator", "rest"),
    Invalid("reference to nowhere", schema("$ref: '#/components/schemas/Itm2'"), "$ref", "leads to nothing"),
    Invalid("reference out", schema("$ref: '../other.yaml#/Item'"), "$ref", "leads out of this file"),
    Invalid("reference to no file", schema("$ref: 'other.yaml#/Item'"), "$ref", "leads to nothing"),
    Invalid(
        "credentials for everyone",
        PATHS + "x-amazon-apigateway-cors:\n  allowOrigins: ['*']\n  allowCredentials: true\n",
        "allowCredentials",
        "allowCredentials",
    ),
    Invalid("table name", PATHS, "TableName", "is no table name", file=RESOURCES, resources=NAMED_TABLE),
    Invalid(
        "another API",
        PATHS,
        "AWS::ApiGateway",
        "the kit makes the API",
        file=RESOURCES,
        resources="Resources:\n  A:\n    Type: AWS::ApiGateway::RestApi\n",
    ),
]


def project(root: Path, case: Invalid) -> Path:
    stages = case.stages or "stages:\n  local: {}\n"
    files = {
        "openapi.yaml": f'openapi: 3.0.3\ninfo: {{title: T, version: "1"}}\n{case.spec}',
        "deploy/stages.yaml": f"defaults: {{flavor: {case.flavor}}}\n{stages}",
        "service/handlers/get_item.py": ECHO,
        "service/handlers/other.py": ECHO,
    }
    if case.resources:
        files["deploy/resources.yaml"] = case.resources
    return write_files(root, files)
