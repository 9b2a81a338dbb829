"""Routes with AWS_IAM, in gateways of both flavors: who signed, what may they call, and what the function learns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import pytest

from homeport.gateway.auth.sigv4 import AccessKey, presigned_target, signed_headers
from homeport.gateway.errors import GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.rest_api import event as rest_event
from homeport.project.model import IamCaller
from tests.support.auth import Gateway, make_api, make_gateway, make_operation, make_stage
from tests.support.gateway import make_request
from tests.support.tokens import NOW

SECRET = "wJalrXUtnFEMI"
ANY = "arn:aws:execute-api:*:*:*"
API = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5"
PATHS: Mapping[str, str] = {"http": "/items", "rest": "/prod/items"}
both = pytest.mark.parametrize("flavor", ["http", "rest"])
Flavor = Literal["http", "rest"]


def make_caller(
    name: str = "ann", *, allow: tuple[str, ...] = (), deny: tuple[str, ...] = (), account: str = ""
) -> IamCaller:
    return IamCaller(name, f"AKIA{name.upper()}", SECRET, allow, deny, account)


def gateway_of(flavor: Flavor, *callers: IamCaller, policy: Mapping[str, Any] | None = None) -> Gateway:
    operation = replace(make_operation(security=()), iam=True)
    other = replace(make_operation(security=(), method="POST"), iam=True)
    api = replace(make_api(operations=[operation, other]), resource_policy=policy)
    stage = replace(make_stage(flavor=flavor), iam={caller.name: caller for caller in callers})
    return make_gateway(api=api, stage=stage)


def signed(
    target: str, caller: IamCaller, *, method: str = "GET", region: str = "eu-west-1", received: float = NOW
) -> Request:
    unsigned = make_request(method=method, target=target, headers=[("Host", "localhost:8080")], received=received)
    keys = AccessKey(caller.access_key_id, caller.secret_access_key, region, caller.session_token)
    return replace(unsigned, headers=(*unsigned.headers, *signed_headers(unsigned, keys)))


def ask(gateway: Gateway, request: Request) -> Reply:
    return gateway.pipeline.handle(request)[1]


def message(reply: Reply) -> str:
    body = json.loads(reply.body)
    return str(body.get("Message", body.get("message")))


@both
@pytest.mark.parametrize(
    "allow",
    [
        "*",
        ANY,
        "arn:aws:execute-api:*:*:*/*/GET/items",
        "arn:aws:execute-api:eu-west-1:999999999999:zzzzzzzzzz/*/GET/*",
        "execute-api:/*/GET/items",
    ],
)
def test_caller_whose_policy_allows_a_route_may_call_it(flavor: Flavor, allow: str) -> None:
    gateway = gateway_of(flavor, caller := make_caller(allow=(allow,)))
    assert ask(gateway, signed(PATHS[flavor], caller)).status == 200
    assert len(gateway.passed) == 1


@both
def test_caller_may_call_what_the_policy_names_and_no_more(flavor: Flavor) -> None:
    gateway = gateway_of(flavor, caller := make_caller(allow=("execute-api:/*/GET/*",)))
    assert ask(gateway, signed(PATHS[flavor], caller)).status == 200
    assert ask(gateway, signed(PATHS[flavor], caller, method="POST")).status == 403


@both
def test_deny_of_a_caller_overrides_allow(flavor: Flavor) -> None:
    gateway = gateway_of(flavor, caller := make_caller(allow=("*",), deny=("execute-api:/*/GET/items",)))
    assert ask(gateway, signed(PATHS[flavor], caller)).status == 403
    assert ask(gateway, signed(PATHS[flavor], caller, method="POST")).status == 200


def test_denial_of_a_rest_api_names_the_user_and_hides_the_account() -> None:
    gateway = gateway_of("rest", caller := make_caller())
    reply = ask(gateway, signed("/prod/items", caller))
    assert reply.status == 403
    assert dict(reply.headers)["x-amzn-ErrorType"] == "AccessDeniedException"
    assert json.loads(reply.body) == {
        "Message": "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: execute-api:Invoke on "
        "resource: arn:aws:execute-api:eu-west-1:********9012:a1b2c3d4e5/prod/GET/items because no identity-based "
        "policy allows the execute-api:Invoke action"
    }
    denied = gateway_of("rest", caller := make_caller(allow=("*",), deny=("*",)))
    assert message(ask(denied, signed("/prod/items", caller))).endswith(
        "with an explicit deny in an identity-based policy"
    )


@pytest.mark.parametrize("case", ["unsigned", "bearer", "unknown", "wrong secret", "old", "no permission"])
def test_http_api_says_forbidden_and_nothing_else(case: str) -> None:
    gateway = gateway_of("http", caller := make_caller())
    requests = {
        "unsigned": make_request(target="/items"),
        "bearer": make_request(target="/items", headers=[("Authorization", "Bearer x")]),
        "unknown": signed("/items", make_caller("bob")),
        "wrong secret": signed("/items", replace(caller, secret_access_key="other")),
        "old": signed("/items", caller, received=NOW - 400),
        "no permission": signed("/items", caller),
    }
    reply = ask(gateway, requests[case])
    assert (reply.status, json.loads(reply.body)) == (403, {"message": "Forbidden"})
    assert not gateway.passed


@pytest.mark.parametrize(
    ("request_of", "type", "said"),
    [
        (lambda caller: make_request(target="/prod/items"), "MISSING_SIGNATURE", "Missing Authentication Token"),
        (
            lambda caller: signed("/prod/items", make_caller("bob")),
            "UNKNOWN_ACCESS_KEY",
            "The security token included in the request is invalid.",
        ),
        (
            lambda caller: signed("/prod/items", replace(caller, secret_access_key="other")),
            "INVALID_SIGNATURE",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
        ),
        (
            lambda caller: signed("/prod/items", caller, region="us-east-1"),
            "INVALID_SIGNATURE",
            "Credential should be scoped to a valid region, not 'us-east-1'. ",
        ),
    ],
)
def test_rest_api_tells_what_is_wrong_with_a_signature(request_of: Any, type: str, said: str) -> None:
    gateway = gateway_of("rest", caller := make_caller(allow=("*",)))
    exchange, reply = gateway.pipeline.handle(request_of(caller))
    assert (reply.status, json.loads(reply.body)) == (403, {"message": said})
    assert exchange.trace.error is not None and exchange.trace.error.type is GatewayResponseType[type]
    assert not gateway.passed


ROLE = IamCaller("ann", "ASIAANN", SECRET, ("*",), session_token="token", role="reader")


@both
def test_a_session_of_a_role_is_a_caller_of_its_own(flavor: Flavor) -> None:
    gateway = gateway_of(flavor, ROLE)
    assert ask(gateway, signed(PATHS[flavor], ROLE)).status == 200
    found = gateway.passed[0].context.authorization
    assert found is not None
    assert found.values["userArn"] == "arn:aws:sts::123456789012:assumed-role/reader/ann"
    assert found.values["userId"] == found.values["callerId"]
    assert re.fullmatch(r"AROA[A-Z2-7]{17}:ann", str(found.values["userId"]))
    assert found.values["accessKey"] == "ASIAANN"


def test_a_policy_of_the_api_names_a_session_by_its_role() -> None:
    principal = {"AWS": "arn:aws:iam::123456789012:role/reader"}
    allow = {"Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    caller = replace(ROLE, allow=())
    gateway = gateway_of("rest", caller, policy={"Version": "2012-10-17", "Statement": [allow]})
    assert ask(gateway, signed("/prod/items", caller)).status == 200
    denied = gateway_of("rest", caller)
    assert "User: arn:aws:sts::123456789012:assumed-role/reader/ann is not" in message(
        ask(denied, signed("/prod/items", caller))
    )


@pytest.mark.parametrize("token", ["", "other"])
def test_temporary_credentials_need_their_token(token: str) -> None:
    request = signed("/prod/items", replace(ROLE, session_token=token))
    assert message(ask(gateway_of("rest", ROLE), request)) == "The security token included in the request is invalid."


def test_a_presigned_url_of_a_session_is_accepted() -> None:
    gateway = gateway_of("rest", ROLE)
    unsigned = make_request(method="GET", target="/prod/items?a=b", headers=[("Host", "localhost:8080")], received=NOW)
    keys = AccessKey(ROLE.access_key_id, SECRET, "eu-west-1", ROLE.session_token)
    assert ask(gateway, replace(unsigned, target=presigned_target(unsigned, keys, 60))).status == 200
    old = presigned_target(replace(unsigned, received=NOW - 120), keys, 60)
    assert "Signature expired" in message(ask(gateway, replace(unsigned, target=old)))


def test_session_token_belongs_to_no_long_lived_key() -> None:
    gateway = gateway_of("rest", caller := make_caller(allow=("*",)))
    request = signed("/prod/items", caller)
    request = replace(request, headers=(*request.headers, ("X-Amz-Security-Token", "x")))
    assert message(ask(gateway, request)) == "The security token included in the request is invalid."


def test_authorization_header_is_read_even_where_there_is_no_route() -> None:
    gateway = gateway_of("rest")
    lost = make_request(target="/prod/nothing", headers=[("Authorization", "Bearer sometoken")])
    assert message(ask(gateway, lost)) == (
        "'sometoken' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer sometoken'."
    )
    assert message(ask(gateway, make_request(target="/prod/nothing"))) == "Missing Authentication Token"
    assert message(ask(gateway, signed("/prod/nothing", make_caller()))) == "Missing Authentication Token"
    http = make_request(target="/nothing", headers=[("Authorization", "Bearer sometoken")])
    assert ask(gateway_of("http"), http).status == 404


# What the function learns


def identity(flavor: Flavor) -> tuple[Request, Any]:
    gateway = gateway_of(flavor, caller := make_caller(allow=("*",)))
    request = signed(PATHS[flavor], caller)
    assert ask(gateway, request).status == 200
    return request, gateway.passed[0]


def test_event_of_a_rest_api_has_the_caller_in_identity() -> None:
    request, exchange = identity("rest")
    context = rest_event.build_event(request, exchange.match, exchange.context)["requestContext"]
    found = context["identity"]
    assert re.fullmatch("AIDA[A-Z2-7]{17}", found["caller"])
    assert found["user"] == found["caller"]
    assert found["accountId"] == "123456789012"
    assert found["accessKey"] == "AKIAANN"
    assert found["userArn"] == "arn:aws:iam::123456789012:user/ann"
    assert found["cognitoIdentityId"] is None
    assert "authorizer" not in context


def test_event_of_format_2_0_has_the_caller_as_authorizer() -> None:
    request, exchange = identity("http")
    context = http_event.build_event(request, exchange.match, exchange.context)["requestContext"]
    user_id = context["authorizer"]["iam"]["userId"]
    assert context["authorizer"] == {
        "iam": {
            "accessKey": "AKIAANN",
            "accountId": "123456789012",
            "callerId": user_id,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": "arn:aws:iam::123456789012:user/ann",
            "userId": user_id,
        }
    }


def test_event_of_format_1_0_has_the_caller_in_identity() -> None:
    request, exchange = identity("http")
    context = http_event_v1.build_event(request, exchange.match, exchange.context)["requestContext"]
    assert context["identity"]["userArn"] == "arn:aws:iam::123456789012:user/ann"
    assert context["identity"]["user"] == context["identity"]["caller"]
    assert "authorizer" not in context


def test_signature_of_a_rest_api_does_not_reach_the_function() -> None:
    request, exchange = identity("rest")
    event = rest_event.build_event(request, exchange.match, exchange.context)
    assert "Authorization" not in event["headers"]


# The policy of the API beside the caller's: tables A and B of
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html

IDENTITY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "allow": (("*",), ()),
    "none": ((), ()),
    "deny": (("*",), ("*",)),
}


def api_policy(effect: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    other = {**allow, "Resource": "execute-api:/*/DELETE/*"}
    statements = {"allow": [allow], "none": [other], "deny": [allow, {**allow, "Effect": "Deny"}]}
    return {"Version": "2012-10-17", "Statement": statements[effect]}


@pytest.mark.parametrize("resource", ["allow", "none", "deny"])
@pytest.mark.parametrize("own", ["allow", "none", "deny"])
def test_within_an_account_one_of_both_policies_must_allow(own: str, resource: str) -> None:
    caller = make_caller(allow=IDENTITY[own][0], deny=IDENTITY[own][1])
    reply = ask(gateway_of("rest", caller, policy=api_policy(resource)), signed("/prod/items", caller))
    allowed = "deny" not in (own, resource) and "allow" in (own, resource)
    assert reply.status == (200 if allowed else 403)


@pytest.mark.parametrize("resource", ["allow", "none", "deny"])
@pytest.mark.parametrize("own", ["allow", "none", "deny"])
def test_between_accounts_both_policies_must_allow(own: str, resource: str) -> None:
    caller = make_caller(allow=IDENTITY[own][0], deny=IDENTITY[own][1], account="999988887777")
    reply = ask(gateway_of("rest", caller, policy=api_policy(resource)), signed("/prod/items", caller))
    assert reply.status == (200 if own == resource == "allow" else 403)


def test_caller_of_another_account_needs_a_policy_of_the_api() -> None:
    caller = make_caller(allow=("*",), account="999988887777")
    reply = ask(gateway_of("rest", caller), signed("/prod/items", caller))
    assert message(reply).endswith("because no resource-based policy allows the execute-api:Invoke action")


@pytest.mark.parametrize(
    ("principal", "status"),
    [
        ("arn:aws:iam::123456789012:user/ann", 200),
        ("arn:aws:iam::123456789012:user/bob", 403),
        # The account alone leaves the decision to the policies of its users.
        ("arn:aws:iam::123456789012:root", 403),
        ("123456789012", 403),
        ("*", 200),
    ],
)
def test_policy_of_the_api_may_name_a_caller(principal: str, status: int) -> None:
    policy = api_policy("allow")
    policy["Statement"][0]["Principal"] = {"AWS": principal}
    caller = make_caller()
    assert ask(gateway_of("rest", caller, policy=policy), signed("/prod/items", caller)).status == status


def test_conditions_of_a_policy_know_the_caller() -> None:
    policy = api_policy("allow")
    policy["Statement"].append(
        {
            **policy["Statement"][0],
            "Effect": "Deny",
            "Condition": {"StringNotEquals": {"aws:username": "${aws:PrincipalType}-ann", "aws:UserId": "x"}},
        }
    )
    caller = make_caller(allow=("*",))
    assert ask(gateway_of("rest", caller, policy=policy), signed("/prod/items", caller)).status == 403
    policy["Statement"][1]["Condition"] = {"StringNotEquals": {"aws:username": ["ann", "bob"]}}
    assert ask(gateway_of("rest", caller, policy=policy), signed("/prod/items", caller)).status == 200
