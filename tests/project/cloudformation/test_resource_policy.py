"""Resource policies of a template's REST APIs: each route that one closes on AWS is closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.rest_templates import AUTHORIZER, INTEGRATION, PROXY_BODY, URI, one_route, with_body
from tests.support.templates import read_template_text

POLICIES: dict[str, tuple[Any, bool]] = {
    "open": ({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}, True),
    "one account": (
        {
            "Effect": "Allow",
            "Principal": {"AWS": "111122223333"},
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
        },
        False,
    ),
    "another route": (
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*/GET/b"},
        False,
    ),
    "one host": (
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
            "Condition": {"StringEquals": {"aws:Referer": "https://example.com"}},
        },
        False,
    ),
    "one network": (
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        },
        True,
    ),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_resource_policy_closes_the_routes_that_it_closes_on_aws(tmp_path: Path, name: str) -> None:
    statement, is_open = POLICIES[name]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    found = read_template_text(tmp_path, with_body(one_route(PROXY_BODY), f"Policy: {policy}"))
    assert not found.errors
    assert (found.operation("GET /a").denied == "") is is_open
    assert found.operation("GET /a").denied_by_policy is not is_open
    assert any("aws:SourceIp" in message for message in found.warnings) is (name == "one network")


def test_a_condition_that_keeps_a_route_closed_is_named(tmp_path: Path) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [POLICIES["one host"][0]]})
    found = read_template_text(tmp_path, with_body(one_route(PROXY_BODY), f"Policy: {policy}"))
    reason = "the resource policy of the API allows the route on a condition that is not evaluated: aws:Referer"
    assert found.operation("GET /a").denied == reason


def test_an_explicit_deny_of_a_policy_closes_its_route_alone(tmp_path: Path) -> None:
    allow = POLICIES["open"][0]
    deny = {**allow, "Effect": "Deny", "Resource": "execute-api:/live/GET/a/*"}
    body = one_route(PROXY_BODY)
    body["paths"]["/a/{id}"] = {"get": {"responses": {}, INTEGRATION: PROXY_BODY}}
    found = read_template_text(tmp_path, with_body(body, f"Policy: {json.dumps({'Statement': [allow, deny]})}"))
    assert found.operation("GET /a").denied == ""
    assert found.operation("GET /a/{id}").denied == "the resource policy of the API denies the route"


def test_a_route_that_a_lambda_authorizer_allows_needs_no_statement_of_the_policy(tmp_path: Path) -> None:
    guard = {"type": "token", "authorizerUri": {"Fn::Sub": URI}}
    scheme = {"type": "apiKey", "in": "header", "name": "X-Token", AUTHORIZER: guard}
    deny = {**POLICIES["open"][0], "Effect": "Deny", "Resource": "execute-api:/*/GET/b"}
    body = {**one_route(PROXY_BODY, security=[{"guard": []}]), "components": {"securitySchemes": {"guard": scheme}}}
    body["paths"]["/b"] = body["paths"]["/a"]
    body["paths"]["/c"] = {"get": {"responses": {}, "security": [], INTEGRATION: PROXY_BODY}}
    found = read_template_text(tmp_path, with_body(body, f"Policy: {json.dumps({'Statement': [deny]})}"))
    assert found.operation("GET /a").denied == ""
    assert found.operation("GET /b").denied == "the resource policy of the API denies the route"
    assert found.operation("GET /c").denied != ""
