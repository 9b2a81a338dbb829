from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from homeport.contract.credentials import Credential, credentials
from homeport.contract.let_in import wanted
from homeport.spec.load import load_project
from tests.support.project import write_files

HANDLER = "def handler(event, context):\n    return {'statusCode': 200}\n"
SPEC = """
openapi: 3.0.3
info: {title: Secured, version: 1.0.0}
paths:
  /a:
    get:
      operationId: readA
      security: [{users: [%s]}]
      responses: {"200": {description: Read.}}
components:
  securitySchemes:
    users: %s
%s
"""
JWT = """
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: %s
        jwtConfiguration: {audience: [notes]}
"""
COGNITO = """
      type: apiKey
      name: Authorization
      in: header
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: [{Fn::GetAtt: [Pool, Arn]}]}
"""
KEY = "    partners: {type: apiKey, name: x-api-key, in: header}"
STAGES = """
stages:
  local:
    flavor: rest
    usagePlans: {basic: {rate: 10, burst: 5}}
    apiKeys:
      off: {value: off-key, enabled: false, usagePlan: basic}
      on: {value: on-key, usagePlan: basic}
"""


def found(root: Path, spec: str, stages: str = "stages: {local: {}}\n") -> dict[str, Credential]:
    files = {"openapi.yaml": spec, "deploy/stages.yaml": stages, "service/handlers/read_a.py": HANDLER}
    return credentials(load_project(write_files(root, files)))


def claims(token: str) -> dict[str, object]:
    said: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return said


def test_a_jwt_authorizer_gets_a_bearer_token_for_its_audience_with_all_scopes(tmp_path: Path) -> None:
    users = found(tmp_path, SPEC % ("read", JWT % "$request.header.Authorization", ""))["users"]
    scheme, _, token = users.value.partition(" ")
    assert (users.place, users.name, scheme) == ("header", "Authorization", "Bearer")
    said = claims(token)
    assert (said["sub"], said["aud"], said["scope"]) == ("contract-run", "notes", "read")


def test_a_token_goes_where_the_authorizer_looks_for_it(tmp_path: Path) -> None:
    users = found(tmp_path, SPEC % ("", JWT % "$request.querystring.token", ""))["users"]
    assert (users.place, users.name) == ("query", "token")


@pytest.mark.parametrize(("scope", "use"), [("", "id"), ("read", "access")])
def test_a_cognito_authorizer_gets_the_token_that_it_takes(tmp_path: Path, scope: str, use: str) -> None:
    users = found(tmp_path, SPEC % (scope, COGNITO, ""), STAGES)["users"]
    assert claims(users.value)["token_use"] == use


def test_an_api_key_is_an_enabled_one_of_a_usage_plan(tmp_path: Path) -> None:
    known = found(tmp_path, SPEC % ("", COGNITO, KEY), STAGES)
    assert known["partners"] == Credential("header", "x-api-key", "on-key")


def test_another_issuers_tokens_are_not_made(tmp_path: Path) -> None:
    stages = "stages: {local: {auth: {users: {issuer: 'https://login.example'}}}}\n"
    assert found(tmp_path, SPEC % ("", JWT % "$request.header.Authorization", ""), stages) == {}


def test_the_first_way_in_that_can_be_satisfied_whole_is_taken() -> None:
    one, two = (Credential("header", name, "v").plain() for name in ("one", "two"))
    known = {"a": one, "b": two}
    assert wanted([{"a": [], "other": []}, {"a": [], "b": []}], known) == [one, two]
    assert wanted([{}], known) == []
