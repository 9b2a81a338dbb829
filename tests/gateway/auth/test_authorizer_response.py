"""Responses of Lambda authorizers, and the replies that clients get for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.project.model import GatewayResponse
from homeport.runtime.api import RequestTooLarge, Throttled, Unavailable
from tests.support.auth import Gateway, raises
from tests.support.gateway import make_invocation
from tests.support.lambda_authorizers import (
    HTTP_ARN,
    REST_ARN,
    UNAUTHORIZED,
    found,
    http,
    policy,
    rest,
    status_and_body,
)

HTTP_FORBIDDEN = (403, b'{"message":"Forbidden"}')
HTTP_FAILED = (500, b'{"message":"Internal Server Error"}')
REST_FAILED = (500, b'{"message":null}')
REST_DENIED = (403, b'{"Message":"User is not authorized to access this resource"}')
REST_EXPLICITLY_DENIED = (
    403,
    b'{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}',
)


# What an HTTP API's authorizer may answer


def test_a_simple_allow_passes_with_its_context_unchanged() -> None:
    context = {"text": "a", "number": 1, "yes": True, "list": ["a"], "map": {"a": 1}, "nothing": None}
    gateway, runtime = http({"isAuthorized": True, "context": context}, simple=True)
    assert gateway.with_token("secret").status == 200
    assert found(gateway) == Authorization("lambda", context)
    [(function, event)] = runtime.calls
    assert (function, event["type"], event["version"], event["routeArn"]) == ("guard", "REQUEST", "2.0", HTTP_ARN)
    assert event["identitySource"] == ["secret"]


@pytest.mark.parametrize("answer", [{"isAuthorized": False}, {"isAuthorized": False, "context": {"why": "no"}}])
def test_a_simple_deny_is_forbidden(answer: Any) -> None:
    gateway, _ = http(answer, simple=True)
    reply = gateway.with_token("secret")
    assert status_and_body(reply) == HTTP_FORBIDDEN
    assert "www-authenticate" not in dict(reply.headers)


@pytest.mark.parametrize("simple", [True, False])
def test_a_policy_is_always_a_valid_response(simple: bool) -> None:
    gateway, _ = http(policy(context={"tenant": {"id": 7}}), simple=simple)
    assert gateway.with_token("secret").status == 200
    assert found(gateway) == Authorization("lambda", {"tenant": {"id": 7}}, principal_id="user-1")


@pytest.mark.parametrize("answer", [policy("Deny"), policy(resource=HTTP_ARN + "/1"), policy(resource=[])])
def test_an_http_api_answers_403_when_the_policy_does_not_allow_the_route(answer: Any) -> None:
    gateway, _ = http(answer)
    assert status_and_body(gateway.with_token("secret")) == HTTP_FORBIDDEN


@pytest.mark.parametrize(
    "answer",
    [
        None,
        True,
        "Allow",
        [],
        {},
        {"isAuthorized": "true"},
        {"isAuthorized": 1},
        {"isAuthorized": None},
        {"isAuthorized": True, "context": []},
        {"isauthorized": True},
        {"principalId": "user-1"},
        policy(principalId=None),
        policy(principalId=""),
        policy(principalId={"id": 1}),
        policy("allow"),
        policy(context="text"),
        b"not JSON",
        b"",
        b"[" * 100_000,
        raises("boom"),
        raises("unauthorized"),
        raises("Unauthorized: expired"),
        raises("[401] Unauthorized"),
        make_invocation({"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}, error="Unhandled"),
        make_invocation("crashed", error="Unhandled"),
        Throttled("Rate Exceeded."),
        RequestTooLarge("6 MB"),
        Unavailable("restarting"),
    ],
    ids=lambda answer: str(answer)[:60],
)
def test_an_http_api_answers_500_to_any_other_authorizer_response(answer: Any) -> None:
    gateway, _ = http(answer, simple=True)
    assert (status_and_body(gateway.with_token("secret")), gateway.passed) == (HTTP_FAILED, [])


def test_is_authorized_has_no_effect_without_simple_responses() -> None:
    gateway, _ = http({"isAuthorized": True}, simple=False)
    assert status_and_body(gateway.with_token("secret")) == HTTP_FAILED
    gateway, _ = http({"isAuthorized": True}, simple=True, payload_format="1.0")
    assert status_and_body(gateway.with_token("secret")) == HTTP_FAILED


def test_raising_exactly_unauthorized_is_401_in_both_flavors() -> None:
    assert status_and_body(http(raises("Unauthorized"))[0].with_token("x")) == UNAUTHORIZED
    assert status_and_body(rest(raises("Unauthorized"))[0].with_token("x")) == UNAUTHORIZED


# What a REST API's authorizer may answer


def test_a_token_authorizer_gets_the_whole_header() -> None:
    gateway, runtime = rest(policy(resource=REST_ARN, context={"a": "text", "b": 1, "c": 1.5, "d": True}))
    assert gateway.with_token("Bearer abc").status == 200
    assert runtime.calls == [
        ("guard", {"type": "TOKEN", "authorizationToken": "Bearer abc", "methodArn": REST_ARN}),
    ]
    assert found(gateway) == Authorization("lambda", {"a": "text", "b": 1, "c": 1.5, "d": True}, principal_id="user-1")


def test_a_request_authorizer_gets_the_request() -> None:
    gateway, runtime = rest(policy(), kind="request")
    assert gateway.with_token("abc").status == 200
    [(_, event)] = runtime.calls
    assert (event["type"], event["methodArn"], event["path"]) == ("REQUEST", REST_ARN, "/items")
    assert event["headers"]["Authorization"] == "abc"
    assert "body" not in event


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (policy("Deny"), REST_EXPLICITLY_DENIED),
        (policy("Deny", REST_ARN), REST_EXPLICITLY_DENIED),
        (policy(resource=REST_ARN + "/1"), REST_DENIED),
        (policy(resource=[]), REST_DENIED),
        (policy("Deny", REST_ARN + "/1"), REST_DENIED),
    ],
)
def test_a_rest_api_says_how_the_policy_denies(answer: Any, expected: tuple[int, bytes]) -> None:
    gateway, _ = rest(answer)
    reply = gateway.with_token("abc")
    assert status_and_body(reply) == expected
    assert ("x-amzn-ErrorType", "AccessDeniedException") in reply.headers


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "Allow",
        {},
        {"isAuthorized": True},
        {"statusCode": 401},
        {"principalId": "user-1", "policyDocument": "{}"},
        policy(principalId=None),
        policy("allow"),
        policy(context=[]),
        policy(context={"a": {"b": 1}}),
        policy(context={"a": ["b"]}),
        policy(context={"a": None}),
        policy(resource="arn:aws:execute-api:" + "a" * 493),
        raises("boom"),
        raises("Unauthorized "),
    ],
    ids=lambda answer: str(answer)[:60],
)
def test_a_rest_api_answers_500_to_an_invalid_policy(answer: Any) -> None:
    gateway, _ = rest(answer)
    reply = gateway.with_token("abc")
    assert (status_and_body(reply), gateway.passed) == (REST_FAILED, [])
    assert ("x-amzn-ErrorType", "AuthorizerConfigurationException") in reply.headers


@pytest.mark.parametrize("error", [Throttled("Rate Exceeded."), Unavailable("restarting")])
def test_a_rest_api_answers_500_when_the_authorizer_can_not_be_called(error: Any) -> None:
    gateway, _ = rest(error)
    assert gateway.with_token("abc").status == 500


@pytest.mark.parametrize(("principal", "text"), [("user", "user"), (7, "7"), (True, "true")])
def test_a_principal_is_text(principal: Any, text: str) -> None:
    gateway, _ = rest(policy(principalId=principal))
    gateway.with_token("abc")
    assert found(gateway).principal_id == text


def test_the_usage_identifier_key_is_kept_for_the_api_key_stage() -> None:
    gateway, _ = rest(policy(usageIdentifierKey="key-of-user-1"))
    gateway.with_token("abc")
    assert found(gateway).usage_identifier_key == "key-of-user-1"


def test_a_gateway_response_may_quote_the_context_of_a_denial() -> None:
    gateway, _ = rest(policy("Deny", context={"why": "no contract"}))
    response = GatewayResponse(402, templates={"application/json": '{"why": "$context.authorizer.why"}'})
    first = gateway.pipeline.open_call
    opened = {"ACCESS_DENIED": response}
    pipeline = replace(
        gateway.pipeline,
        open_call=lambda request: replace(
            first(request), deployment=replace(first(request).deployment, gateway_responses=opened)
        ),
    )
    assert status_and_body(Gateway(pipeline, []).with_token("abc")) == (402, b'{"why": "no contract"}')
