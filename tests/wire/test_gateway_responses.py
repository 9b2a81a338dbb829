"""``x-amazon-apigateway-gateway-responses`` over a plain socket: a REST API's own answers in the project's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.made_project import RAISES, Made, Route, lambda_scheme
from tests.wire.conftest import Serve, Served

DENIES = """
def handler(event, context):
    if event["authorizationToken"] == "raise":
        raise RuntimeError("on purpose")
    statement = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "me", "policyDocument": policy, "context": {"reason": "too late"}}
"""
HEADER = "gatewayresponse.header."
RESPONSES: dict[str, Any] = {
    "DEFAULT_4XX": {"responseParameters": {f"{HEADER}Access-Control-Allow-Origin": "'*'"}},
    "DEFAULT_5XX": {"responseTemplates": {"application/json": '{"sorry": "$context.error.responseType"}'}},
    "UNAUTHORIZED": {
        "statusCode": 401,
        "responseParameters": {
            f"{HEADER}WWW-Authenticate": "'Custom realm=\"x\"'",
            f"{HEADER}X-Path": "context.path",
            f"{HEADER}X-Asked": "method.request.header.X-Asked",
        },
        "responseTemplates": {
            "application/json": '{"who": "$context.identity.sourceIp", "said": $context.error.messageString}',
            "text/plain": "stage $context.stage of ${context.apiId}",
        },
    },
    "ACCESS_DENIED": {
        "statusCode": "404",
        "responseTemplates": {"application/json": '{"why": "$context.authorizer.reason"}'},
    },
    "MISSING_AUTHENTICATION_TOKEN": {
        "statusCode": "404",
        "responseTemplates": {"application/json": '{"nothing at": "$context.path"}'},
    },
}


@pytest.fixture(scope="module")
def api(serve: Serve) -> Served:
    made = Made(
        (Route("GET", "/closed", extra={"security": [{"who": []}]}), Route("GET", "/raises", RAISES)),
        flavor="rest",
        stage_name="prod",
        spec={"x-amazon-apigateway-gateway-responses": RESPONSES},
        schemes={"who": lambda_scheme("token", "denies")},
        modules={"denies": DENIES},
    )
    return serve(made)


def test_headers_template_and_status_are_the_project_s(api: Served) -> None:
    answer = api.ask("GET", "/prod/closed", [("X-Asked", "me")])
    assert (answer.status, answer.json()) == (401, {"who": "127.0.0.1", "said": "Unauthorized"})
    assert answer.header("WWW-Authenticate") == 'Custom realm="x"'
    assert (answer.header("X-Path"), answer.header("X-Asked")) == ("/prod/closed", "me")
    assert answer.header("x-amzn-ErrorType") == "UnauthorizedException"
    assert answer.values("Access-Control-Allow-Origin") == []


def test_the_accepted_type_chooses_the_template(api: Served) -> None:
    answer = api.ask("GET", "/prod/closed", [("Accept", "text/plain")])
    assert answer.header("Content-Type") == "text/plain"
    assert answer.text.startswith("stage prod of ") and len(answer.text) == len("stage prod of ") + 10


def test_gateway_response_can_show_the_authorizers_message(api: Served) -> None:
    answer = api.ask("GET", "/prod/closed", [("Authorization", "x")])
    assert (answer.status, answer.json()) == (404, {"why": "too late"})


def test_an_unknown_path_may_be_a_404(api: Served) -> None:
    answer = api.ask("GET", "/prod/no/such?x=1")
    assert (answer.status, answer.json()) == (404, {"nothing at": "/prod/no/such"})


def test_defaults_are_for_every_answer_without_one_of_its_own(api: Served) -> None:
    answer = api.ask("GET", "/prod/raises")
    assert (answer.status, answer.json()["sorry"]) == (502, "DEFAULT_5XX")
    answer = api.ask("GET", "/prod/closed", [("Authorization", "raise")])
    assert (answer.status, answer.json()["sorry"]) == (500, "AUTHORIZER_CONFIGURATION_ERROR")
    long = api.ask("GET", f"/prod/closed?{'a' * 8000}")
    assert (long.status, long.header("Access-Control-Allow-Origin")) == (414, "*")
    assert json.loads(long.body).keys() == {"message"}
