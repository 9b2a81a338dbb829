"""Resource policies of a template's REST APIs: kept as they are written, and named where they can't be evaluated."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from homeport.gateway.assembly import PipelineDependencies, build_pipeline
from homeport.gateway.http.message import Request
from homeport.gateway.steps.usage import Quotas
from tests.support.auth import FakeRuntime
from tests.support.lambda_authorizers import policy as authorizer_policy
from tests.support.rest_templates import AUTHORIZER, INTEGRATION, PROXY_BODY, URI, one_route, with_body
from tests.support.templates import ReadTemplate, read_template_text

OPEN = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
POLICIES: dict[str, tuple[dict[str, Any], bool]] = {
    "open": (OPEN, True),
    "one account": ({**OPEN, "Principal": {"AWS": "111122223333"}}, False),
    "another route": ({**OPEN, "Resource": "execute-api:/*/GET/b"}, False),
    "one host": ({**OPEN, "Condition": {"StringEquals": {"aws:Referer": "https://example.com"}}}, False),
    "one network": ({**OPEN, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, True),
    "another network": ({**OPEN, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
    "this API": ({**OPEN, "Resource": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:*:*/*/GET/a"}}, True),
    "another stack": ({**OPEN, "Resource": {"Fn::ImportValue": "Api"}}, False),
}


def statuses(found: ReadTemplate, folder: Path, *paths: str) -> list[int]:
    answers = {"Items": {"statusCode": 200}, "Guard": authorizer_policy()}
    runtime = FakeRuntime({name: answers.get(name, answers["Items"]) for name in found.project.api.functions})
    runtime.answers |= dict.fromkeys(_authorizers(found), answers["Guard"])
    dependencies = PipelineDependencies(folder, runtime, time.time, time.monotonic, os.urandom, Quotas(None))
    pipeline = build_pipeline(found.project.api, found.project.stage, dependencies)
    stage, headers = found.project.stage.stage_name, (("Host", "localhost"), ("X-Token", "t"))
    requests = [Request("GET", f"/{stage}{path}", headers, b"", "192.0.2.1", "HTTP/1.1", time.time()) for path in paths]
    return [pipeline.handle(request)[1].status for request in requests]


def _authorizers(found: ReadTemplate) -> list[str]:
    return [each.function for each in found.project.api.authorizers.values() if each.function is not None]


def with_policy(body: dict[str, Any], *statements: Any) -> str:
    return with_body(body, f"Policy: {json.dumps({'Version': '2012-10-17', 'Statement': list(statements)})}")


@pytest.mark.parametrize("name", POLICIES)
def test_a_resource_policy_closes_the_routes_that_it_closes_on_aws(tmp_path: Path, name: str) -> None:
    statement, is_open = POLICIES[name]
    found = read_template_text(tmp_path, with_policy(one_route(PROXY_BODY), statement))
    assert not found.errors
    assert statuses(found, tmp_path, "/a") == [200 if is_open else 403]
    assert any("only AWS knows" in message for message in found.warnings) is (name == "another stack")


def test_an_explicit_deny_of_a_policy_closes_its_route_alone(tmp_path: Path) -> None:
    deny = {**OPEN, "Effect": "Deny", "Resource": "execute-api:/*/GET/a/*"}
    body = one_route(PROXY_BODY)
    body["paths"]["/a/{id}"] = {"get": {"responses": {}, INTEGRATION: PROXY_BODY}}
    found = read_template_text(tmp_path, with_policy(body, OPEN, deny))
    assert statuses(found, tmp_path, "/a", "/a/1") == [200, 403]


def test_a_route_that_a_lambda_authorizer_allows_needs_no_statement_of_the_policy(tmp_path: Path) -> None:
    guard = {"type": "token", "authorizerUri": {"Fn::Sub": URI}}
    scheme = {"type": "apiKey", "in": "header", "name": "X-Token", AUTHORIZER: guard}
    deny = {**OPEN, "Effect": "Deny", "Resource": "execute-api:/*/GET/b"}
    body = {**one_route(PROXY_BODY, security=[{"guard": []}]), "components": {"securitySchemes": {"guard": scheme}}}
    body["paths"]["/b"] = body["paths"]["/a"]
    body["paths"]["/c"] = {"get": {"responses": {}, "security": [], INTEGRATION: PROXY_BODY}}
    found = read_template_text(tmp_path, with_policy(body, deny))
    assert statuses(found, tmp_path, "/b", "/c") == [403, 403]


def test_conditions_that_are_not_to_be_known_here_are_named(tmp_path: Path) -> None:
    of_vpc = {**OPEN, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}
    of_tag = {**OPEN, "Effect": "Deny", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}
    found = read_template_text(tmp_path, with_policy(one_route(PROXY_BODY), OPEN, of_vpc, of_tag))
    assert (
        "VPC endpoints are not emulated: no request here has aws:SourceVpce, as at a public endpoint" in found.warnings
    )
    assert any(message.startswith("aws:ResourceTag/team can't be known here") for message in found.warnings)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ({**OPEN, "Principal": 7}, "the resource policy.Statement[0].Principal is neither * nor a map"),
        ({**OPEN, "Effect": "allow"}, "the resource policy.Statement[0].Effect is neither Allow nor Deny"),
        ({**OPEN, "Condition": {"IpAdress": {"aws:SourceIp": "10.0.0.0/8"}}}, "did you mean IpAddress?"),
    ],
)
def test_a_policy_that_aws_refuses_is_an_error_with_its_place(
    tmp_path: Path, statement: dict[str, Any], message: str
) -> None:
    found = read_template_text(tmp_path, with_policy(one_route(PROXY_BODY), statement))
    assert any(message in error for error in found.errors)
