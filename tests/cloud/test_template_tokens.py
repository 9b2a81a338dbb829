"""Whose tokens the deployed API takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.cloud.template.http_api import cloud_value
from homeport.errors import ProjectError
from homeport.project.project import Project
from tests.support.template import FEATURES, changed, project_of


def with_authorizer(project: Project, **fields: Any) -> Project:
    """The project with another authorizer ``people``."""
    authorizers = {"people": replace(project.api.authorizers["people"], **fields)}
    return replace(project, api=replace(project.api, authorizers=authorizers))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("https://id.example.com", "https://id.example.com"),
        ("${Client}", {"Ref": "Client"}),
        ("${Pool.Arn}", {"Fn::GetAtt": ["Pool", "Arn"]}),
        ("https://${AWS::Region}/${Pool}", {"Fn::Sub": "https://${AWS::Region}/${Pool}"}),
    ],
)
def test_values_of_the_stack_become_intrinsic_functions(text: str, value: Any) -> None:
    assert cloud_value(text) == value


def test_a_jwt_authorizer_may_name_a_user_pool_of_the_stack(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", FEATURES["jwt"])
    project = with_authorizer(project, issuer="${UserPool.ProviderURL}", audience=("${UserPoolClient}",))
    assert build_template(project)["Resources"]["PeopleAuthorizer"] == {
        "Type": "AWS::ApiGatewayV2::Authorizer",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "Name": "people",
            "IdentitySource": ["$request.header.Authorization"],
            "AuthorizerType": "JWT",
            "JwtConfiguration": {
                "Issuer": {"Fn::GetAtt": ["UserPool", "ProviderURL"]},
                "Audience": [{"Ref": "UserPoolClient"}],
            },
        },
    }


def test_a_stage_has_the_last_word_on_the_issuer(tmp_path: Path) -> None:
    stage = {"auth": {"people": {"issuer": "https://other.example.com", "audience": "them"}}}
    project = project_of(tmp_path / "project", changed(FEATURES["jwt"], stage=stage))
    authorizer = build_template(project)["Resources"]["PeopleAuthorizer"]["Properties"]
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://other.example.com", "Audience": ["them"]}


def test_a_cognito_authorizer_may_name_a_user_pool_of_the_stack(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", FEATURES["cognito"])
    project = with_authorizer(project, provider_arns=("${UserPool.Arn}",))
    assert scheme_of(project)["x-amazon-apigateway-authorizer"] == {
        "authorizerResultTtlInSeconds": 300,
        "type": "cognito_user_pools",
        "providerARNs": [{"Fn::GetAtt": ["UserPool", "Arn"]}],
    }


def test_a_stages_issuer_is_a_user_pool_for_cognito(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", FEATURES["cognito of the stage"])
    pool = "arn:${AWS::Partition}:cognito-idp:eu-west-1:${AWS::AccountId}:userpool/eu-west-1_abcdefghi"
    assert scheme_of(project)["x-amazon-apigateway-authorizer"]["providerARNs"] == [{"Fn::Sub": pool}]


def scheme_of(project: Project) -> dict[str, Any]:
    """The security scheme ``people`` as the REST API imports it."""
    body = build_template(project)["Resources"]["Api"]["Properties"]["Body"]
    return dict(body["components"]["securitySchemes"]["people"])


@pytest.mark.parametrize(
    ("feature", "fields", "message"),
    [
        ("jwt", {"issuer": None}, "no one issues the tokens of 'people' in stage 'prod'"),
        ("jwt", {"audience": ()}, "the JWT authorizer 'people' has no audience in stage 'prod'"),
        ("cognito", {"provider_arns": ()}, "no one issues the tokens of 'people' in stage 'prod'"),
    ],
)
def test_an_authorizer_that_could_not_work_is_an_error(
    tmp_path: Path, feature: str, fields: dict[str, Any], message: str
) -> None:
    project = with_authorizer(project_of(tmp_path / "project", FEATURES[feature]), **fields)
    with pytest.raises(ProjectError, match=f"^openapi.yaml:[0-9]+: error: {message}"):
        build_template(project)
