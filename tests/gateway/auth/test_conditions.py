"""Conditions of a Lambda authorizer's policy, by themselves and in gateways of both flavors."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.auth.policy import read_authorizer_policy
from homeport.gateway.errors import GatewayResponseType
from homeport.permissions.policy import VERSION, PolicyError
from tests.support.lambda_authorizers import http, policy, rest

ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/items/1"
KEYS = {
    "aws:currenttime": ["2026-03-01T12:00:00+00:00"],
    "aws:epochtime": ["1772366400"],
    "aws:referer": ["https://shop.example/cart"],
    "aws:securetransport": ["true"],
    "aws:sourceip": ["203.0.113.7"],
    "aws:useragent": ["curl/8.1"],
}
TARGETS = {http: "/items", rest: "/prod/items"}
both = pytest.mark.parametrize("make", [http, rest], ids=["http", "rest"])


def is_met(block: Any) -> bool:
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*", "Condition": block}
    return read_authorizer_policy({"Version": VERSION, "Statement": statement}).decide(ARN, KEYS).allowed


def with_condition(condition: Any, effect: str = "Allow") -> dict[str, Any]:
    response = policy(effect)
    response["policyDocument"]["Statement"][0]["Condition"] = condition
    return response


@both
def test_an_empty_condition_is_no_condition(make: Any) -> None:
    gateway, _ = make(with_condition({}))
    assert gateway.get(TARGETS[make], [("Authorization", "t")]).status == 200


@both
@pytest.mark.parametrize(("network", "status"), [("192.0.2.0/24", 200), ("203.0.113.0/24", 403)])
def test_a_condition_on_the_source_ip_decides(make: Any, network: str, status: int) -> None:
    gateway, _ = make(with_condition({"IpAddress": {"aws:SourceIp": [network]}}))
    assert gateway.get(TARGETS[make], [("Authorization", "t")]).status == status


@both
def test_a_deny_whose_condition_is_not_met_denies_nothing(make: Any) -> None:
    deny = {"Action": "*", "Effect": "Deny", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    response = policy()
    response["policyDocument"]["Statement"].append(deny)
    gateway, _ = make(response)
    assert gateway.get(TARGETS[make], [("Authorization", "t")]).status == 200


def test_a_condition_is_met_or_not_by_each_request_of_a_cached_response() -> None:
    gateway, runtime = http(with_condition({"StringLike": {"aws:UserAgent": "shop/*"}}))
    token = ("Authorization", "t")
    assert gateway.get("/items", [token, ("User-Agent", "shop/2")]).status == 200
    assert gateway.get("/items", [token, ("User-Agent", "curl/8")]).status == 403
    assert gateway.get("/items", [token]).status == 403
    assert len(runtime.calls) == 1


def test_a_condition_that_is_not_met_is_named_for_the_developer() -> None:
    gateway, _ = http(with_condition({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))
    error = gateway.error_with_token("t")
    assert error.type is GatewayResponseType.ACCESS_DENIED
    assert error.reason.endswith("a Condition of its policy is not met: aws:SourceIp is '192.0.2.1'")


def test_a_condition_on_what_the_kit_does_not_know_is_an_error_that_names_it() -> None:
    gateway, _ = http(with_condition({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))
    error = gateway.error_with_token("t")
    assert error.type is GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR
    assert "asks for the key 'aws:RequestedRegion', which the kit does not know" in error.reason


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"StringEquals": {}},
        {"StringEquals": {"aws:SourceIp": "203.0.113.7"}},
        {"StringEquals": {"AWS:sourceIP": ["198.51.100.1", "203.0.113.7"]}},
        {"StringNotEquals": {"aws:SourceIp": ["198.51.100.1", "198.51.100.2"]}},
        {"StringEqualsIgnoreCase": {"aws:UserAgent": "CURL/8.1"}},
        {"StringNotEqualsIgnoreCase": {"aws:UserAgent": "wget"}},
        {"StringLike": {"aws:Referer": "https://shop.example/*"}},
        {"StringNotLike": {"aws:Referer": "https://other.example/*"}},
        {"NumericEquals": {"aws:EpochTime": 1772366400}},
        {"NumericLessThan": {"aws:EpochTime": "1772366401"}},
        {"NumericGreaterThanEquals": {"aws:EpochTime": "1772366400"}},
        {"NumericNotEquals": {"aws:EpochTime": "1"}},
        {"DateEquals": {"aws:CurrentTime": "2026-03-01T12:00:00Z"}},
        {"DateLessThan": {"aws:CurrentTime": "2026-03-02"}},
        {"DateLessThanEquals": {"aws:CurrentTime": "2026-03-01T13:00:00+01:00"}},
        {"DateGreaterThan": {"aws:CurrentTime": "1772366399"}},
        {"DateGreaterThan": {"aws:EpochTime": "2026-01-01T00:00:00Z"}},
        {"DateNotEquals": {"aws:CurrentTime": "2026-03-02"}},
        {"Bool": {"aws:SecureTransport": True}},
        {"Bool": {"aws:SecureTransport": "True"}},
        {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "203.0.113.0/24"]}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.7"}},
        {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
        {"NotIpAddress": {"aws:SourceIp": "2001:db8::/32"}},
        {"Null": {"aws:SourceIp": "false", "aws:username": "true"}},
        {"Null": {"aws:SourceIp": False}},
        {"StringEqualsIfExists": {"aws:username": "ann"}},
        {"StringNotEquals": {"aws:username": "ann"}},
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}},
        {"ForAllValues:StringEquals": {"aws:PrincipalTag/team": ["a"]}},
        {"StringNotEquals": {"aws:UserAgent": "${aws:SourceIp}"}},
        {"ForAnyValue:StringLike": {"aws:UserAgent": ["curl/*", "wget/*"]}},
    ],
    ids=str,
)
def test_a_condition_is_met(block: dict[str, Any]) -> None:
    assert is_met(block)


@pytest.mark.parametrize(
    "block",
    [
        {"StringEquals": {"aws:SourceIp": "203.0.113.70"}},
        {"StringEquals": {"aws:SourceIp": []}},
        {"StringEquals": {"aws:SourceIp": "203.0.113.7", "aws:UserAgent": "wget"}},
        {"StringEquals": {"aws:SourceIp": "203.0.113.7"}, "Bool": {"aws:SecureTransport": "false"}},
        {"StringNotEquals": {"aws:SourceIp": ["198.51.100.1", "203.0.113.7"]}},
        {"StringEquals": {"aws:UserAgent": "CURL/8.1"}},
        {"StringEquals": {"aws:Referer": "https://shop.example/*"}},
        {"NumericLessThan": {"aws:EpochTime": "1772366400"}},
        {"NumericEquals": {"aws:UserAgent": "8"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2026-03-01T12:00:00Z"}},
        {"DateLessThan": {"aws:CurrentTime": "2026-03-01"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/30"}},
        {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}},
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"Null": {"aws:SourceIp": "true"}},
        {"Null": {"aws:username": "false"}},
        {"StringEquals": {"aws:username": "ann"}},
        {"StringLike": {"aws:username": "*"}},
        {"StringEqualsIfExists": {"aws:UserAgent": "wget"}},
        {"ArnLike": {"aws:PrincipalArn": "*"}},
        {"ForAnyValue:StringEquals": {"aws:PrincipalTag/team": ["a"]}},
        {"ForAnyValue:StringNotEquals": {"aws:PrincipalTag/team": ["a"]}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringEquals": {"aws:UserAgent": "${aws:SourceIp}"}},
        {"StringNotEquals": {"aws:UserAgent": "${aws:username}"}},
    ],
    ids=str,
)
def test_a_condition_is_not_met(block: dict[str, Any]) -> None:
    assert not is_met(block)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (None, " is not an object: leave it out, or write {}"),
        ([], " is not an object: leave it out, or write {}"),
        ({"Bool": "true"}, ".Bool does not map keys to values"),
        (
            {"IpAdress": {"aws:SourceIp": "1.2.3.4"}},
            ".IpAdress is no operator (did you mean IpAddress?)",
        ),
        ({"BoolNot": {"aws:SecureTransport": "true"}}, ".BoolNot is no operator"),
        ({"NullIfExists": {"aws:username": "true"}}, ".NullIfExists is no operator"),
        ({"NumericNotLessThan": {"aws:EpochTime": 1}}, ".NumericNotLessThan is no operator"),
        ({"IpAddress": {"aws:SourceIp": "office"}}, ".IpAddress.aws:SourceIp can't be compared with 'office'"),
        ({"DateLessThan": {"aws:CurrentTime": "soon"}}, ".DateLessThan.aws:CurrentTime can't be compared with 'soon'"),
        ({"NumericEquals": {"aws:EpochTime": "x"}}, ".NumericEquals.aws:EpochTime can't be compared with 'x'"),
        (
            {"StringEquals": {"aws:UserAgent": {}}},
            ".StringEquals.aws:UserAgent has a value that is neither text, number nor boolean",
        ),
    ],
)
def test_a_condition_that_iam_would_not_take_is_rejected_with_its_policy(block: Any, reason: str) -> None:
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*", "Condition": block}
    with pytest.raises(PolicyError) as error:
        read_authorizer_policy({"Version": VERSION, "Statement": statement})
    assert str(error.value).startswith(f"policyDocument.Statement.Condition{reason}")


def test_a_deny_applies_where_its_condition_is_not_to_be_known() -> None:
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    deny["Condition"] = {"StringEquals": {"aws:UserAgent": "${aws:username}"}}  # type: ignore[assignment]
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": VERSION, "Statement": [allow, deny]}
    assert read_authorizer_policy(document).decide(ARN, KEYS).effect == "explicit deny"
