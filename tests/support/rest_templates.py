"""Templates with a REST API in front of one function."""

from __future__ import annotations

import json
from typing import Any

URI = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations"
PROXY = f'{{Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: !Sub "{URI}"}}'

HEAD = """\
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties: {Code: ./src, Handler: app.handler, Runtime: python3.13, Role: !GetAtt Role.Arn}
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
"""
DEPLOYED = """\
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties: {RestApiId: !Ref Api, DeploymentId: !Ref Deployment, StageName: live}
"""
API = """\
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: shop}}
"""

AUTHORIZER = "x-amazon-apigateway-authorizer"
INTEGRATION = "x-amazon-apigateway-integration"
PROXY_BODY: dict[str, Any] = {"type": "aws_proxy", "httpMethod": "POST", "uri": {"Fn::Sub": URI}}


def with_body(body: Any, *properties: str) -> str:
    """Return a template whose API has this body, and more properties."""
    lines = "".join(f"      {each}\n" for each in (f"Body: {json.dumps(body)}", *properties))
    return f"{HEAD}  Api:\n    Type: AWS::ApiGateway::RestApi\n    Properties:\n{lines}{DEPLOYED}"


def one_route(integration: Any, **operation: Any) -> dict[str, Any]:
    """Return a body with one route, GET /a."""
    made = {"responses": {}, INTEGRATION: integration, **operation}
    return {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": made}}}
