"""Users sign up and sign in to the project's user pool, and its authorizers take the tokens."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest

from homeport.contract.fixtures.stack import running_stack
from homeport.gateway.auth.jwt import TokenError
from homeport.gateway.auth.keys import IssuerKeys
from homeport.gateway.steps.authorize import pool_urls
from homeport.issuer.trust import DEFAULT_AUDIENCE, ISSUER, trust_of
from homeport.project.load import load_project
from tests.support.project import write_files

HTTP_SCHEME = """
      type: oauth2
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration:
          issuer: {Fn::Sub: "https://cognito-idp.${AWS::Region}.amazonaws.com/${UsersPool}"}
          audience: [{Ref: WebClient}]
"""
REST_SCHEME = """
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: [{Fn::GetAtt: [UsersPool, Arn]}]}
"""
SPEC = """
openapi: 3.0.3
info: {title: Jobs, version: 1.0.0}
paths:
  /me: {get: {operationId: showMe, security: [{users: []}], responses: {"200": {description: Me.}}}}
components:
  securitySchemes:
    users:%s"""
RESOURCES = """
Resources:
  UsersPool: {Type: AWS::Cognito::UserPool, Properties: {AutoVerifiedAttributes: [email]}}
  WebClient:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref UsersPool, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
"""
SHOW_ME = """
def handler(event, context):
    authorizer = event["requestContext"]["authorizer"]
    return (authorizer["jwt"]["claims"] if "jwt" in authorizer else authorizer["claims"])["sub"]
"""
FLAVORS = {"http": HTTP_SCHEME, "rest": REST_SCHEME}


def project(root: Path, flavor: str) -> Path:
    files = {"openapi.yaml": SPEC % FLAVORS[flavor], "deploy/resources.yaml": RESOURCES}
    stages = {"deploy/stages.yaml": f"defaults: {{flavor: {flavor}}}\nstages: {{local: {{}}, dev: {{}}}}\n"}
    packages = {"service/__init__.py": "", "service/handlers/__init__.py": ""}
    handler = SHOW_ME if flavor == "http" else SHOW_ME.replace("return (", "return {'statusCode': 200, 'body': (") + "}"
    handler = handler.replace('["sub"]\n}', '["sub"]}')
    return write_files(root, {**files, **stages, **packages, "service/handlers/show_me.py": handler})


@pytest.mark.parametrize("flavor", FLAVORS)
def test_local_stage_trusts_the_projects_own_pool(tmp_path: Path, flavor: str) -> None:
    read = load_project(project(tmp_path, flavor), environ={})
    authorizer = read.api.authorizers["users"]
    pool, client = (read.resources.others[name].physical_id for name in ("UsersPool", "WebClient"))
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
    audience = (DEFAULT_AUDIENCE, client) if flavor == "http" else (DEFAULT_AUDIENCE,)
    trust = trust_of(authorizer, read.stage)
    assert (trust.issuers, trust.audience) == ((ISSUER, issuer), audience)
    # What is deployed names the pool of the stack.
    assert "${UsersPool" in (authorizer.issuer or authorizer.provider_arns[0])
    assert pool_urls(read.api, read.stage, lambda _: "http://127.0.0.1:4566") == {
        issuer: f"http://127.0.0.1:4566/{pool}"
    }


def test_keys_of_a_pool_that_does_not_run_are_not_looked_for_elsewhere() -> None:
    class Never:
        def find(self, issuer: str, kid: str) -> Any:
            raise AssertionError(issuer)

    issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a"
    with pytest.raises(TokenError, match="does not run here"):
        IssuerKeys(Never(), Never(), {issuer: None}).find(issuer, "k")


def get(url: str, token: str) -> tuple[int, bytes]:
    request = urllib.request.Request(f"{url}/me", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.stack
@pytest.mark.parametrize("flavor", FLAVORS)
def test_token_of_a_user_who_signed_in_is_taken(tmp_path: Path, flavor: str) -> None:
    root = project(tmp_path / "jobs", flavor)
    read = load_project(root, environ={})
    client = read.resources.others["WebClient"].physical_id
    with running_stack(root) as stack:
        keys: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        cognito = boto3.client("cognito-idp", endpoint_url=stack.aws, **keys)
        sub = cognito.sign_up(
            ClientId=client,
            Username="ada",
            Password="Secret-Pass-1",
            UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
        )["UserSub"]
        pool = read.resources.others["UsersPool"].physical_id
        cognito.admin_confirm_sign_up(UserPoolId=pool, Username="ada")
        given = {"USERNAME": "ada", "PASSWORD": "Secret-Pass-1"}
        signed_in = cognito.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        token = signed_in["AuthenticationResult"]["IdToken"]
        assert get(stack.url, token) == (200, sub.encode()), stack.read_output()
        assert get(stack.url, token[:-10] + "AAAAAAAAAA")[0] == 401
