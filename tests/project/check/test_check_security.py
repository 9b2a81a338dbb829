"""Rules for authorizers, scopes and API keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.check import check_project
from tests.support.spec import check_problems, document, load, operation, report, write_document, write_project

AUTHORIZER = "x-amazon-apigateway-authorizer"


LAMBDA = {"type": "request", "x-homeport": {"handler": "gate"}, "identitySource": "$request.header.Authorization"}


KINDS: dict[str, dict[str, Any]] = {
    "jwt": {"type": "jwt", "jwtConfiguration": {"issuer": "https://i.example", "audience": ["a"]}},
    "cognito": {"type": "cognito_user_pools", "providerARNs": ["arn:a"]},
    "token": {**LAMBDA, "type": "token"},
    "request": LAMBDA,
}


def secured_document(authorizer: dict[str, Any], scopes: tuple[str, ...] = (), **act: Any) -> dict[str, Any]:
    """A document with one operation behind an authorizer."""
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", AUTHORIZER: authorizer}
    paths = {"/a": {"get": operation(security=[{"gate": list(scopes)}], **act)}}
    return document(paths, components={"securitySchemes": {"gate": scheme}})


@pytest.mark.parametrize(
    ("flavor", "kind", "message"),
    [
        ("http", "jwt", None),
        ("http", "request", None),
        ("http", "token", "an HTTP API has no TOKEN authorizer (use type: request)"),
        ("http", "cognito", "an HTTP API has no Cognito authorizer (use type: jwt with the user pool as issuer)"),
        ("rest", "jwt", "a REST API has no JWT authorizer (use type: cognito_user_pools, or a Lambda authorizer)"),
        ("rest", "cognito", None),
        ("rest", "token", None),
        ("rest", "request", None),
    ],
)
def test_each_flavor_has_authorizers_of_its_own(tmp_path: Path, flavor: str, kind: str, message: str | None) -> None:
    expected = [] if message is None else [f"error: {message}"]
    assert report(tmp_path, secured_document(KINDS[kind]), flavor, "gate") == expected


def test_scopes_are_checked_by_jwt_and_cognito_authorizers_only(tmp_path: Path) -> None:
    assert report(tmp_path, secured_document(KINDS["jwt"], ("read",))) == []
    assert report(tmp_path, secured_document(KINDS["request"], ("read",)), "http", "gate") == [
        "error: GET /a asks for scopes, which a Lambda authorizer does not get "
        "(write gate: [], and check scopes in the authorizer)"
    ]
    assert report(tmp_path, secured_document(KINDS["jwt"], tuple("abcdefghijk"))) == [
        "error: GET /a asks for 11 scopes, more than 10 (ask for fewer)"
    ]


@pytest.mark.parametrize(
    ("flavor", "settings", "message"),
    [
        (
            "http",
            {**KINDS["jwt"], "identitySource": ["$request.header.A", "$request.header.B"]},
            "error: a JWT authorizer reads its token from one place (write $request.header.Authorization)",
        ),
        (
            "rest",
            {**LAMBDA, "identityValidationExpression": "x"},
            "error: identityValidationExpression has no effect on a request authorizer (remove it)",
        ),
        (
            "rest",
            {**LAMBDA, "enableSimpleResponses": True},
            "warning: a REST API takes no simple answers: its authorizer returns a policy "
            "(return a policy on REST stages)",
        ),
        (
            "http",
            {**LAMBDA, "authorizerCredentials": "arn:a"},
            "warning: authorizerCredentials is not used: the stack lets API Gateway invoke the function (remove it)",
        ),
    ],
)
def test_settings_that_an_authorizer_does_not_have_are_reported(
    tmp_path: Path, flavor: str, settings: Any, message: str
) -> None:
    assert report(tmp_path, secured_document(settings), flavor, "gate") == [message]


STAGED = """
    stages:
      dev: {}
      with: {auth: {gate: {issuer: "https://i.example"}}}
"""


def test_a_jwt_authorizer_has_an_issuer_where_it_is_deployed(tmp_path: Path) -> None:
    root = write_document(tmp_path, secured_document({"type": "jwt"}), stages=STAGED)
    assert [check_project(load(root, stage)) for stage in ("local", "with")] == [[], []]
    [problem] = check_project(load(root, "dev"))
    assert problem.message == "the JWT authorizer 'gate' has no https issuer in stage 'dev'"


def test_api_keys_are_a_rest_apis_and_belong_to_a_plan(tmp_path: Path) -> None:
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    paths = {"/a": {"get": operation(security=[{"key": []}])}}
    spec = document(paths, components={"securitySchemes": schemes})
    assert report(tmp_path, spec) == [
        "error: GET /a asks for an API key, which an HTTP API would not check (use flavor: rest, or an authorizer)"
    ]
    root = write_document(tmp_path, spec, flavor="rest")
    assert [str(problem) for problem in check_problems(root)] == [
        "deploy/stages.yaml:1: warning: no API key of stage 'local' belongs to a usage plan, so nobody can call GET /a "
        "(add apiKeys with a usagePlan)"
    ]
    stages = "stages: {local: {flavor: rest, usagePlans: {p: {}}, apiKeys: {k: {value: v, usagePlan: p}}}}"
    assert check_problems(write_document(tmp_path, spec, stages=stages)) == []


def test_a_deployed_api_key_is_long_enough(tmp_path: Path) -> None:
    stages = "stages: {dev: {flavor: rest, apiKeys: {k: {value: '${KEY}'}, s: {value: '{{resolve:ssm:/k}}'}}}}"
    root = write_project(tmp_path, stages=stages)
    [problem] = check_project(load(root, "dev", {"KEY": "short"}))
    assert problem.message == "the API key 'k' has 5 characters; API Gateway takes 20 to 128"
    assert check_project(load(root, "dev", {"KEY": "k" * 20})) == []


def test_an_api_key_and_an_authorizer_as_alternatives_are_a_warning(tmp_path: Path) -> None:
    spec = secured_document(LAMBDA)
    spec["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "header", "name": "x-api-key"}
    spec["paths"]["/a"]["get"]["security"].append({"key": []})
    root = write_document(tmp_path, spec, flavor="rest", handlers=("act", "gate"))
    assert "GET /a lists an API key and an authorizer as alternatives; API Gateway asks for both" in [
        problem.message for problem in check_problems(root)
    ]
