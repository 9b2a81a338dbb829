"""Events of requests that are described: what functions would get, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import HomeportError
from homeport.gateway.sample import Sample, SampleInputs, sample_authorizer_event, sample_event
from homeport.project.load import load_project
from homeport.project.project import Project
from tests.support.gateway import RECEIVED
from tests.support.made_project import Made, Route, lambda_scheme, returns, write_project

INPUTS = SampleInputs(RECEIVED, bytes)
ROUTES = (
    Route("GET", "/items/{itemId}"),
    Route("POST", "/items"),
    Route("ANY", "/files/{proxy+}"),
    Route("GET", "/$default"),
)


def load(tmp_path: Path, routes: tuple[Route, ...] = ROUTES, **made: Any) -> Project:
    return load_project(write_project(tmp_path / "project", Made(routes, **made)), environ={})


def event(project: Project, operation: str = "route0", **sample: Any) -> dict[str, Any]:
    return sample_event(project, project.api.operations_by_id[operation], Sample(**sample), INPUTS)


def test_a_described_request_becomes_the_event_of_an_http_api(tmp_path: Path) -> None:
    made = event(
        load(tmp_path),
        "route1",
        body=b'{"name": "x"}',
        headers=[("X-Own", "é"), ("x-own", "b"), ("User-Agent", "mine")],
        query=[("q", "a b&c"), ("empty", "")],
    )
    assert made["routeKey"] == "POST /items"
    assert made["rawQueryString"] == "q=a+b%26c&empty="
    assert made["queryStringParameters"] == {"empty": "", "q": "a b&c"}
    assert made["body"] == '{"name": "x"}'
    assert made["isBase64Encoded"] is False
    assert made["headers"]["content-type"] == "application/json"
    assert made["headers"]["user-agent"] == "mine"
    assert made["headers"]["host"] == "127.0.0.1:8080"
    assert made["requestContext"]["timeEpoch"] == int(RECEIVED * 1000)
    json.dumps(made)


def test_path_variables_are_encoded_into_the_path(tmp_path: Path) -> None:
    project = load(tmp_path)
    made = event(project, path={"itemId": "a/b c"})
    assert (made["rawPath"], made["pathParameters"]) == ("/items/a/b c", {"itemId": "a/b c"})
    assert event(project, "route2", path={"proxy": "a/b"}, method="PUT")["rawPath"] == "/files/a/b"
    assert event(project, "route3")["routeKey"] == "$default"


def test_a_rest_api_has_its_own_event_with_the_stage_in_the_path(tmp_path: Path) -> None:
    made = event(load(tmp_path, flavor="rest", routes=ROUTES[:1]), path={"itemId": "a b"})
    assert made["resource"] == "/items/{itemId}"
    assert made["path"] == "/items/a%20b"
    assert made["requestContext"]["path"] == "/local/items/a%20b"
    assert "version" not in made


def test_payload_format_1_of_an_http_api(tmp_path: Path) -> None:
    made = event(load(tmp_path, payload_format="1.0"), path={"itemId": "1"})
    assert made["version"] == "1.0"


@pytest.mark.parametrize(
    ("operation", "sample", "message", "hint"),
    [
        ("route0", {}, "route0 needs the path's variables: itemId", "add --path itemId=VALUE"),
        ("route0", {"path": {"itemID": "1"}}, "has no variable 'itemID'", "did you mean itemId?"),
        ("route0", {"path": {"itemId": "1"}, "method": "PUT"}, "route0 is GET /items/{itemId}", "leave --method out"),
        ("route2", {"path": {"proxy": "1"}, "method": "FETCH"}, "no method 'FETCH'", "PATCH"),
        ("route1", {"claims": {"sub": "x"}}, "route1 has no authorizer", "leave --claim out"),
    ],
)
def test_an_incomplete_sample_is_rejected_with_a_hint(
    tmp_path: Path, operation: str, sample: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(HomeportError) as failure:
        event(load(tmp_path), operation, **sample)
    assert message in failure.value.message
    assert hint in failure.value.hint


def protected(scheme: str, *scopes: str) -> Route:
    return Route("GET", "/", extra={"security": [{scheme: list(scopes)}]})


JWT = {
    "type": "oauth2",
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": "https://example.com", "audience": ["mine"]},
    },
    "flows": {},
}


def test_a_jwt_authorizers_claims_are_those_of_a_local_token_and_ones_own(tmp_path: Path) -> None:
    project = load(tmp_path, (protected("pool", "read"),), schemes={"pool": JWT})
    jwt = event(project, claims={"sub": "me", "admin": True})["requestContext"]["authorizer"]["jwt"]
    assert jwt["scopes"] == ["read"]
    assert jwt["claims"].items() >= {"sub": "me", "admin": "true", "aud": "mine", "scope": "read"}.items()


def test_an_alternative_without_scopes_makes_an_event_without_scopes(tmp_path: Path) -> None:
    route = Route("GET", "/", extra={"security": [{"pool": []}, {"pool": ["read"]}]})
    jwt = event(load(tmp_path, (route,), schemes={"pool": JWT}))["requestContext"]["authorizer"]["jwt"]
    assert jwt["scopes"] is None
    assert "scope" not in jwt["claims"]


def test_claims_are_the_context_of_a_lambda_authorizer(tmp_path: Path) -> None:
    scheme = lambda_scheme("request", "gate", authorizerPayloadFormatVersion="2.0")
    gate = {"gate": returns({"isAuthorized": True})}
    project = load(tmp_path, (protected("gate"),), schemes={"gate": scheme}, modules=gate)
    assert event(project, claims={"tier": 1})["requestContext"]["authorizer"] == {"lambda": {"tier": 1}}
    operation = project.api.operations_by_id["route0"]
    asked = sample_authorizer_event(project, operation, Sample(headers=[("Authorization", "abc")]), INPUTS)
    assert asked["type"] == "REQUEST"
    assert asked["identitySource"] == ["abc"]


def test_an_operation_without_a_lambda_authorizer_has_no_event_of_one(tmp_path: Path) -> None:
    project = load(tmp_path)
    with pytest.raises(HomeportError, match="has no Lambda authorizer"):
        sample_authorizer_event(project, project.api.operations_by_id["route1"], Sample(), INPUTS)
