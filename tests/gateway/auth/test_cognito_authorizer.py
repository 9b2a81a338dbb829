from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.rest_api.event import build_event
from homeport.project.model import Security, StageAuth
from tests.support.auth import Gateway, make_api, make_authorizer, make_gateway, make_operation, make_stage
from tests.support.tokens import (
    AUDIENCE,
    ISSUER,
    KEY_ID,
    NOW,
    REMOVED,
    FixedKeys,
    make_claims,
    make_token,
    public_key,
)

HEADER = ("method.request.header.Authorization",)


def pool_gateway(*scopes: str, expression: str | None = None, header: tuple[str, ...] = HEADER) -> Gateway:
    authorizer = make_authorizer(kind="cognito", identity_sources=header, validation_expression=expression)
    operation = make_operation(security=(Security("auth", scopes),))
    return make_gateway(api=make_api(authorizer, [operation]), stage=make_stage(flavor="rest"))


def access(**changes: Any) -> str:
    usual = {"aud": REMOVED, "client_id": AUDIENCE, "token_use": "access", "scope": "cart/write"}
    return make_token(make_claims(**{**usual, **changes}))


def assert_unauthorized(gateway: Gateway, token: str) -> None:
    reply = gateway.with_token(token)
    assert (reply.status, reply.body, gateway.passed) == (401, b'{"message":"Unauthorized"}', [])


def test_an_identity_token_passes_for_a_method_without_scopes() -> None:
    gateway = pool_gateway()
    assert gateway.with_token(make_token()).status == 200
    assert gateway.passed[0].context.authorization == Authorization("cognito", make_claims())


def test_the_event_has_the_claims_as_cognito_authorizers_print_them() -> None:
    gateway = pool_gateway()
    gateway.with_token(make_token(make_claims(**{"cognito:groups": ["a", "b"], "email_verified": True})))
    passed = gateway.passed[0]
    assert passed.match is not None
    event = build_event(passed.request, passed.match, passed.context)
    assert event["requestContext"]["authorizer"] == {
        "claims": {
            "iss": ISSUER,
            "sub": "user-1",
            "aud": AUDIENCE,
            "token_use": "id",
            "iat": "Tue Sep 22 10:57:21 UTC 2026",
            "exp": "Tue Sep 22 11:58:21 UTC 2026",
            "cognito:groups": "a,b",
            "email_verified": "true",
        }
    }


def test_an_access_token_is_rejected_for_a_method_without_scopes() -> None:
    assert_unauthorized(pool_gateway(), access())


@pytest.mark.parametrize("use", [REMOVED, None, "", "ID", "refresh", ["id"], True])
def test_a_token_with_an_unknown_token_use_is_rejected(use: Any) -> None:
    assert_unauthorized(pool_gateway(), make_token(make_claims(token_use=use)))


def test_an_access_token_with_one_of_the_scopes_passes() -> None:
    gateway = pool_gateway("cart/read", "cart/write")
    assert gateway.with_token(access(scope="openid cart/write")).status == 200


@pytest.mark.parametrize("scope", [REMOVED, "", "cart/read", "cart/writer"])
def test_an_access_token_without_the_scope_is_unauthorized(scope: Any) -> None:
    assert_unauthorized(pool_gateway("cart/write"), access(scope=scope))


def test_an_identity_token_is_rejected_for_a_method_with_scopes() -> None:
    assert_unauthorized(pool_gateway("cart/write"), make_token(make_claims(scope="cart/write")))


def test_an_expired_token_gets_its_own_message() -> None:
    reply = pool_gateway().with_token(make_token(make_claims(exp=int(NOW) - 1)))
    assert (reply.status, reply.body) == (401, b'{"message":"The incoming token has expired"}')


def test_an_expired_token_of_another_issuer_gets_the_usual_message() -> None:
    assert_unauthorized(pool_gateway(), make_token(make_claims(exp=1, iss="https://other.example")))


@pytest.mark.parametrize("headers", [[], [("Authorization", "")], [("Authorization", "Bearer ")]])
def test_no_token_is_unauthorized(headers: list[tuple[str, str]]) -> None:
    reply = pool_gateway().get("/prod/items", headers)
    assert (reply.status, reply.body) == (401, b'{"message":"Unauthorized"}')


def test_the_token_comes_in_the_header_that_the_authorizer_names() -> None:
    gateway = pool_gateway(header=("method.request.header.X-Pool-Token",))
    assert gateway.get("/prod/items", [("x-pool-token", make_token())]).status == 200
    assert gateway.with_token(make_token()).status == 401


@pytest.mark.parametrize(("expression", "status"), [("shop", 200), ("sh.p|other", 200), ("sho", 401), ("hop", 401)])
def test_the_validation_expression_matches_the_whole_audience(expression: str, status: int) -> None:
    assert pool_gateway(expression=expression).with_token(make_token()).status == status


def test_the_validation_expression_matches_the_client_id_of_an_access_token() -> None:
    assert pool_gateway("cart/write", expression="shop").with_token(access()).status == 200
    assert pool_gateway("cart/write", expression="other").with_token(access()).status == 401


@pytest.mark.parametrize("audience", [REMOVED, None, ["shop"], 1])
def test_an_audience_that_is_no_text_matches_no_expression(audience: Any) -> None:
    assert_unauthorized(pool_gateway(expression=".*"), make_token(make_claims(aud=audience)))


def test_each_of_several_pools_is_trusted_with_its_own_keys_only() -> None:
    pools = ("eu-west-1_aaa", "eu-west-1_bbb")
    arns = tuple(f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool}" for pool in pools)
    first, second = (f"https://cognito-idp.eu-west-1.amazonaws.com/{pool}" for pool in pools)
    authorizer = make_authorizer(kind="cognito", identity_sources=HEADER, provider_arns=arns)
    gateway = make_gateway(
        api=make_api(authorizer),
        stage=make_stage(flavor="rest", auth={"auth": StageAuth()}),
        keys=FixedKeys({(second, KEY_ID): public_key()}),
    )
    assert gateway.with_token(make_token(make_claims(iss=second))).status == 200
    assert gateway.with_token(make_token(make_claims(iss=first))).status == 401
    assert gateway.with_token(make_token()).status == 401
