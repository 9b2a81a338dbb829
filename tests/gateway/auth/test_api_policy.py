"""The resource policy of a REST API: by route, address and time, and beside authorizers of each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from homeport.gateway.errors import GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.project.model import Api, Security
from tests.support.auth import FakeRuntime, Gateway, make_api, make_authorizer, make_gateway, make_operation, make_stage
from tests.support.gateway import make_request
from tests.support.lambda_authorizers import policy, rest_authorizer
from tests.support.tokens import make_token

CLIENT = "192.0.2.1"
EVERYBODY: Mapping[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "execute-api:Invoke",
    "Resource": "execute-api:/*",
}


def statement(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**EVERYBODY, **changes}.items() if value is not None}


def gateway_of(*statements: Mapping[str, Any], api: Api | None = None, runtime: FakeRuntime | None = None) -> Gateway:
    routes = [make_operation(security=(), method=method) for method in ("GET", "POST")]
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    api = replace(api or make_api(operations=routes), resource_policy=document)
    return make_gateway(api=api, stage=make_stage(flavor="rest"), runtime=runtime)


def ask(gateway: Gateway, method: str = "GET", **headers: str) -> Reply:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return gateway.get("/prod/items", named, method)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "execute-api:/*",
        "execute-api:/prod/*",
        "execute-api:/prod/GET/items",
        "execute-api:/*/GET/*",
        "arn:aws:execute-api:us-east-1:111122223333:abcdefghij/*/GET/items",
        "arn:aws:execute-api:*:*:*",
        ["execute-api:/dev/*", "execute-api:/prod/GET/*"],
    ],
    ids=str,
)
def test_policy_that_names_a_route_opens_it(resource: Any) -> None:
    assert ask(gateway_of(statement(Resource=resource))).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"Resource": "execute-api:/dev/GET/items"},
        {"Resource": "execute-api:/prod/POST/items"},
        {"Resource": "execute-api:/prod/GET/items/*"},
        {"Resource": "arn:aws:s3:::bucket/*"},
        {"Action": "execute-api:ManageConnections"},
        {"Principal": {"AWS": "123456789012"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"Service": "events.amazonaws.com"}},
        {"Effect": "Deny"},
        {"Resource": {"Fn::ImportValue": "Api"}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Condition": {"StringEquals": {"aws:Referer": "https://example.com"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Condition": {"StringEquals": {"aws:SomethingElse": "x"}}},
        {"Condition": {"StringEquals": {"aws:Referer": {"Fn::ImportValue": "Site"}}}},
    ],
    ids=str,
)
def test_policy_that_does_not_allow_a_route_closes_it(changes: dict[str, Any]) -> None:
    gateway = gateway_of(statement(**changes))
    reply = ask(gateway)
    assert reply.status == 403
    assert dict(reply.headers)["x-amzn-ErrorType"] == "AccessDeniedException"
    assert not gateway.passed


def test_denial_is_worded_as_api_gateway_words_it() -> None:
    said = json.loads(ask(gateway_of(statement(Resource="execute-api:/dev/*"))).body)
    assert said == {
        "Message": "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:eu-west-1:********9012:a1b2c3d4e5/prod/GET/items"
    }


def test_allow_of_one_method_leaves_the_others_closed() -> None:
    gateway = gateway_of(statement(Resource="execute-api:/*/POST/*"))
    assert (ask(gateway).status, ask(gateway, "POST").status) == (403, 200)


def test_deny_overrides_allow_in_any_order() -> None:
    deny = statement(Effect="Deny", Resource="execute-api:/*/POST/*")
    for statements in ((EVERYBODY, deny), (deny, EVERYBODY)):
        gateway = gateway_of(*statements)
        assert (ask(gateway).status, ask(gateway, "POST").status) == (200, 403)


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"IpAddress": {"aws:SourceIp": [f"{CLIENT}/32"]}}, 200),
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "192.0.2.0/24"]}}, 200),
        ({"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}, 403),
        ({"StringLike": {"aws:UserAgent": "shop/*"}}, 200),
        ({"StringLike": {"aws:Referer": "https://shop.example/*"}}, 200),
        ({"Bool": {"aws:SecureTransport": "true"}}, 200),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, 200),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, 403),
        # At a public endpoint a request has no VPC.
        ({"Null": {"aws:SourceVpc": "true"}}, 200),
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, 200),
        ({"Null": {"aws:PrincipalArn": "true"}}, 200),
    ],
    ids=str,
)
def test_condition_decides_by_the_request(condition: dict[str, Any], status: int) -> None:
    gateway = gateway_of(statement(Condition=condition))
    assert ask(gateway, User_Agent="shop/1", Referer="https://shop.example/cart").status == status


def test_deny_list_of_addresses_closes_the_api_to_them_alone() -> None:
    for network, status in (("192.0.2.0/24", 403), ("203.0.113.0/24", 200)):
        deny = statement(Effect="Deny", Condition={"IpAddress": {"aws:SourceIp": [network]}})
        assert ask(gateway_of(EVERYBODY, deny)).status == status


def test_condition_that_is_not_known_here_denies_and_does_not_allow() -> None:
    unknown = {"StringEquals": {"aws:SomethingElse": "x"}}
    assert ask(gateway_of(EVERYBODY, statement(Effect="Deny", Condition=unknown))).status == 403
    assert ask(gateway_of(statement(Condition=unknown))).status == 403


# Beside authorizers: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html


def lambda_api() -> Api:
    authorizer = rest_authorizer()
    return make_api(authorizer, [make_operation(security=(Security(authorizer.name),))])


@pytest.mark.parametrize(
    ("statements", "effect", "status", "calls"),
    [
        ([EVERYBODY], "Allow", 200, 1),
        ([EVERYBODY], "Deny", 403, 1),
        ([statement(Resource="execute-api:/dev/*")], "Allow", 200, 1),
        ([statement(Resource="execute-api:/dev/*")], "Deny", 403, 1),
        ([EVERYBODY, statement(Effect="Deny")], "Allow", 403, 0),
    ],
)
def test_explicit_deny_is_found_before_a_lambda_authorizer_is_called(
    statements: list[dict[str, Any]], effect: str, status: int, calls: int
) -> None:
    runtime = FakeRuntime({"guard": policy(effect)})
    gateway = gateway_of(*statements, api=lambda_api(), runtime=runtime)
    assert ask(gateway, Authorization="t").status == status
    assert len(runtime.calls) == calls


def test_policy_may_allow_what_a_lambda_authorizer_does_not_name() -> None:
    silent = policy(resource="arn:aws:execute-api:*:*:*/prod/DELETE/*")
    runtime = FakeRuntime({"guard": silent})
    assert ask(gateway_of(EVERYBODY, api=lambda_api(), runtime=runtime), Authorization="t").status == 200
    other = statement(Resource="execute-api:/dev/*")
    runtime = FakeRuntime({"guard": silent})
    gateway = gateway_of(other, api=lambda_api(), runtime=runtime)
    assert ask(gateway, Authorization="t").status == 403


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        ([EVERYBODY], 200),
        ([statement(Resource="execute-api:/dev/*")], 403),
        ([EVERYBODY, statement(Effect="Deny")], 403),
    ],
)
def test_policy_must_allow_the_callers_of_a_user_pool_itself(statements: list[dict[str, Any]], status: int) -> None:
    cognito = make_authorizer(kind="cognito", identity_sources=("method.request.header.Authorization",))
    gateway = gateway_of(*statements, api=make_api(cognito))
    assert ask(gateway, Authorization=make_token()).status == status
    assert ask(gateway, Authorization="no token").status == 401


def test_denial_has_the_type_access_denied_which_may_be_customized() -> None:
    gateway = gateway_of(statement(Resource="execute-api:/dev/*"))
    error = gateway.pipeline.handle(make_request(target="/prod/items"))[0].trace.error
    assert error is not None and error.type is GatewayResponseType.ACCESS_DENIED
