"""Lambda authorizers of both kinds of API, over a plain socket: who gets in, what the others are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.http_headers import Header
from tests.support.made_project import Made, Route, lambda_scheme
from tests.wire.conftest import Serve, Served

# Decides by what the token says; the number of its calls and its event go on to the function.
DECIDES = """
import json

calls = 0

def handler(event, context):
    global calls
    calls += 1
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    token = event.get("authorizationToken") or headers.get("authorization") or headers.get("x-who", "")
    word, _, rest = token.partition("-")
    arn = event.get("methodArn") or event.get("routeArn")
    if word == "unauthorized":
        raise Exception("Unauthorized")
    if word == "raise":
        raise RuntimeError("on purpose")
    if word == "nonsense":
        return {"principalId": "user"}
    if word == "text":
        return "yes"
    said = {"calls": calls, "flag": True, "half": 0.5, "text": "a", "event": json.dumps(event)}
    if word in ("simple", "refused"):
        return {"isAuthorized": word == "simple", "context": said}
    resource = {"only": arn.split("/")[0] + "/*/GET/open", "here": arn}.get(word, "*")
    effect = "Deny" if word == "deny" else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "user|a", "policyDocument": policy, "context": said, "usageIdentifierKey": rest or None}
"""
DENIED = (
    b'{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}'
)
NOT_ALLOWED = b'{"Message":"User is not authorized to access this resource"}'
UNAUTHORIZED = b'{"message":"Unauthorized"}'
NULL = b'{"message":null}'


def routes(*pairs: tuple[str, str]) -> tuple[Route, ...]:
    return tuple(Route("GET", path, extra={"security": [{scheme: []}]}) for path, scheme in pairs)


@pytest.fixture(scope="module")
def rest(serve: Serve) -> Served:
    request = {"identitySource": "method.request.header.X-Who, method.request.querystring.q"}
    made = Made(
        flavor="rest",
        stage_name="prod",
        routes=(
            *routes(("/token", "token"), ("/open", "kept"), ("/closed", "kept"), ("/fresh", "fresh")),
            *routes(("/items/{id}", "request"), ("/plain", "request"), ("/anyone", "anyone"), ("/matched", "matched")),
        ),
        schemes={
            "token": lambda_scheme("token", "decide", authorizerResultTtlInSeconds=0),
            "fresh": lambda_scheme("TOKEN", "decide", authorizerResultTtlInSeconds=0),
            "kept": lambda_scheme("token", "decide", header="X-Kept"),
            "matched": lambda_scheme("token", "decide", identityValidationExpression="allow-[0-9]+"),
            "request": lambda_scheme("request", "decide", header="Unused", **request),
            "anyone": lambda_scheme("request", "decide", header="Unused", authorizerResultTtlInSeconds=0),
        },
        modules={"decide": DECIDES},
    )
    return serve(made)


@pytest.fixture(scope="module")
def http(serve: Serve) -> Served:
    simple: dict[str, Any] = {"enableSimpleResponses": True, "authorizerPayloadFormatVersion": "2.0"}
    source: dict[str, Any] = {"identitySource": ["$request.header.Authorization"]}
    made = Made(
        routes=(
            *routes(("/simple", "simple"), ("/fresh", "fresh"), ("/old/{id}", "old"), ("/policy", "policy")),
            *routes(("/open", "policy"), ("/two", "two")),
        ),
        schemes={
            "simple": lambda_scheme("request", "decide", **simple, **source),
            "fresh": lambda_scheme("request", "decide", **simple, **source, authorizerResultTtlInSeconds=0),
            "policy": lambda_scheme("REQUEST", "decide", **source, authorizerPayloadFormatVersion="2.0"),
            "old": lambda_scheme("request", "decide", **source, authorizerPayloadFormatVersion="1.0"),
            "two": lambda_scheme(
                "request", "decide", **simple, identitySource=["$request.header.X-Who", "$request.querystring.q"]
            ),
        },
        modules={"decide": DECIDES},
    )
    return serve(made)


@pytest.mark.parametrize(
    ("headers", "status", "body", "error"),
    [
        ([], 401, UNAUTHORIZED, "UnauthorizedException"),
        ([("Authorization", "")], 401, UNAUTHORIZED, "UnauthorizedException"),
        ([("Authorization", "deny")], 403, DENIED, "AccessDeniedException"),
        ([("Authorization", "only")], 403, NOT_ALLOWED, "AccessDeniedException"),
        ([("Authorization", "unauthorized")], 401, UNAUTHORIZED, "UnauthorizedException"),
        ([("Authorization", "raise")], 500, NULL, "AuthorizerConfigurationException"),
        ([("Authorization", "nonsense")], 500, NULL, "AuthorizerConfigurationException"),
        ([("Authorization", "text")], 500, NULL, "AuthorizerConfigurationException"),
        ([("Authorization", "simple")], 500, NULL, "AuthorizerConfigurationException"),
    ],
    ids=str,
)
def test_rest_turns_away(rest: Served, headers: list[Header], status: int, body: bytes, error: str) -> None:
    answer = rest.ask("GET", "/prod/token", headers)
    assert (answer.status, answer.body, answer.header("x-amzn-ErrorType")) == (status, body, error)
    assert not answer.values("X-Amzn-Trace-Id")


def test_rest_lets_in_and_says_so_to_the_function_in_text(rest: Served) -> None:
    found = rest.ask("GET", "/prod/token", [("authorization", "allow")]).json()["requestContext"]["authorizer"]
    assert found.pop("calls").isdecimal()
    assert isinstance(found.pop("integrationLatency"), int)
    event = found.pop("event")
    assert '"authorizationToken": "allow"' in event
    assert found == {"principalId": "user|a", "flag": "true", "half": "0.5", "text": "a"}


def seen(served: Served, target: str, *headers: Header) -> dict[str, Any]:
    """The event that the authorizer got."""
    answer = served.ask("GET", target, headers)
    assert answer.status == 200, answer
    found = answer.json()["requestContext"]["authorizer"]
    event: dict[str, Any] = json.loads((found.get("lambda") or found)["event"])
    return event


def test_a_token_event_has_three_keys(rest: Served) -> None:
    event = seen(rest, "/prod/token", ("Authorization", "Bearer allow"))
    assert event.pop("methodArn").startswith("arn:aws:execute-api:us-east-1:000000000000:")
    assert event == {"type": "TOKEN", "authorizationToken": "Bearer allow"}


def test_a_request_event_of_rest_is_the_request_without_body(rest: Served) -> None:
    event = seen(rest, "/prod/items/a%20b?q=1&q=2", ("X-Who", "allow"))
    assert event["type"] == "REQUEST"
    assert event["methodArn"].endswith("/prod/GET/items/a%20b")
    assert event["pathParameters"] == {"id": "a%20b"}
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    assert not event.keys() & {"body", "isBase64Encoded", "authorizationToken"}
    assert event["requestContext"]["resourcePath"] == "/items/{id}"
    assert seen(rest, "/prod/plain?q=1", ("X-Who", "allow-2"))["pathParameters"] == {}


@pytest.mark.parametrize(
    ("target", "headers"),
    [("/prod/plain", [("X-Who", "allow")]), ("/prod/plain?q=1", []), ("/prod/plain?q=", [("X-Who", "allow")])],
)
def test_rest_wants_every_identity_source(rest: Served, target: str, headers: list[Header]) -> None:
    assert rest.ask("GET", target, headers).status == 401


def test_without_identity_sources_everyone_is_asked_about(rest: Served) -> None:
    assert rest.ask("GET", "/prod/anyone").status == 200


@pytest.mark.parametrize(("token", "status"), [("allow-1", 200), ("allow-x", 401), ("xallow-1", 401)])
def test_a_token_that_does_not_match_is_not_asked_about(rest: Served, token: str, status: int) -> None:
    assert rest.ask("GET", "/prod/matched", [("Authorization", token)]).status == status


def calls(served: Served, target: str, *headers: Header) -> int:
    found = served.ask("GET", target, headers).json()["requestContext"]["authorizer"]
    return int((found.get("lambda") or found)["calls"])


def test_rest_keeps_an_answer_for_its_token_and_for_every_method(rest: Served) -> None:
    first = calls(rest, "/prod/open", ("X-Kept", "only"))
    assert calls(rest, "/prod/open", ("X-Kept", "only")) == first
    assert rest.ask("GET", "/prod/closed", [("X-Kept", "only")]).body == NOT_ALLOWED
    assert calls(rest, "/prod/open", ("X-Kept", "only-2")) != first


def test_a_ttl_of_zero_asks_each_time(rest: Served, http: Served) -> None:
    assert calls(rest, "/prod/fresh", ("Authorization", "a")) != calls(rest, "/prod/fresh", ("Authorization", "a"))
    simple = ("Authorization", "simple")
    assert calls(http, "/fresh", simple) != calls(http, "/fresh", simple)


@pytest.mark.parametrize(
    ("target", "token", "status", "body"),
    [
        ("/simple", None, 401, UNAUTHORIZED),
        ("/simple", "refused", 403, b'{"message":"Forbidden"}'),
        ("/simple", "raise", 500, b'{"message":"Internal Server Error"}'),
        ("/simple", "unauthorized", 401, UNAUTHORIZED),
        ("/simple", "nonsense", 500, b'{"message":"Internal Server Error"}'),
        ("/simple", "text", 500, b'{"message":"Internal Server Error"}'),
        ("/policy", "simple", 500, b'{"message":"Internal Server Error"}'),
        ("/policy", "deny", 403, b'{"message":"Forbidden"}'),
        ("/policy", "only", 403, b'{"message":"Forbidden"}'),
        ("/old/1", None, 401, UNAUTHORIZED),
        ("/old/1", "deny", 403, b'{"message":"Forbidden"}'),
    ],
)
def test_http_turns_away(http: Served, target: str, token: str | None, status: int, body: bytes) -> None:
    answer = http.ask("GET", target, [("Authorization", token)] if token else [])
    assert (answer.status, answer.body, answer.header("Content-Type")) == (status, body, "application/json")
    assert len(answer.values("Apigw-Requestid")) == 1 and not answer.values("x-amzn-ErrorType")


@pytest.mark.parametrize(("target", "token"), [("/simple", "simple"), ("/simple", "allow"), ("/policy", "here")])
def test_http_lets_in_and_keeps_types(http: Served, target: str, token: str) -> None:
    found = http.ask("GET", target, [("Authorization", token)]).json()["requestContext"]["authorizer"]
    assert found.keys() == {"lambda"}
    said = found["lambda"]
    assert (said["flag"], said["half"], said["text"]) == (True, 0.5, "a")


def test_an_event_of_format_2(http: Served) -> None:
    event = seen(http, "/two?q=x+y", ("X-Who", "simple"), ("Cookie", "a=1; b=2"))
    assert event["version"] == "2.0" and event["type"] == "REQUEST"
    assert event["identitySource"] == ["simple", "x y"]
    assert event["routeArn"].endswith("/$default/GET/two")
    assert (event["routeKey"], event["rawPath"], event["cookies"]) == ("GET /two", "/two", ["a=1", "b=2"])
    assert not event.keys() & {"body", "isBase64Encoded"}


def test_an_event_of_format_1(http: Served) -> None:
    event = seen(http, "/old/7?q=1", ("Authorization", "allow"))
    assert event["version"] == "1.0" and event["type"] == "REQUEST"
    assert event["identitySource"] == event["authorizationToken"] == "allow"
    assert event["methodArn"].endswith("/$default/GET/old/7")
    assert (event["resource"], event["path"], event["pathParameters"]) == ("/old/{id}", "/old/7", {"id": "7"})
    assert "body" not in event


def test_the_key_that_an_authorizer_names_counts_where_the_api_says_so(serve: Serve) -> None:
    extra: dict[str, Any] = {"security": [{"who": [], "key": []}]}
    made = Made(
        flavor="rest",
        stage_name="prod",
        routes=(Route("GET", "/x", extra=extra),),
        schemes={
            "who": lambda_scheme("token", "decide"),
            "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        },
        modules={"decide": DECIDES},
        spec={"x-amazon-apigateway-api-key-source": "AUTHORIZER"},
        stage={"usagePlans": {"basic": {}}, "apiKeys": {"partner": {"value": "good", "usagePlan": "basic"}}},
    )
    served = serve(made)
    found = served.ask("GET", "/prod/x", [("Authorization", "allow-good")])
    assert found.status == 200
    assert found.json()["requestContext"]["identity"]["apiKey"] == "good"
    for token in ("allow", "allow-bad"):
        refused = served.ask("GET", "/prod/x", [("Authorization", token), ("x-api-key", "good")])
        assert (refused.status, refused.body) == (403, b'{"message":"Forbidden"}')
