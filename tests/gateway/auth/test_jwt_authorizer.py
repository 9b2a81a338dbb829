from __future__ import annotations

from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm

from homeport.gateway.auth import Authorization
from homeport.gateway.http_api.event import build_event
from homeport.project.model import Security, StageAuth
from tests.support.auth import Gateway, make_api, make_authorizer, make_gateway, make_operation, make_stage
from tests.support.tokens import AUDIENCE, ISSUER, NOW, REMOVED, make_claims, make_header, make_token, sign_with

UNAUTHORIZED = (401, b'{"message":"Unauthorized"}')


def gateway_asking_for(*scopes: str) -> Gateway:
    return make_gateway(api=make_api(operations=[make_operation(security=(Security("auth", scopes),))]))


def found(gateway: Gateway) -> Authorization:
    authorization = gateway.passed[-1].context.authorization
    assert authorization is not None
    return authorization


def test_the_claims_are_the_authorization() -> None:
    gateway = make_gateway()
    assert gateway.with_token(make_token()).status == 200
    assert found(gateway) == Authorization("jwt", make_claims(), scopes=None)


def test_the_event_has_every_claim_as_text() -> None:
    gateway = make_gateway()
    groups = {"cognito:groups": ["admin", "user"], "realm_access": {"roles": ["a"]}, "ok": True}
    gateway.with_token(make_token(make_claims(**groups)))
    passed = gateway.passed[0]
    assert passed.match is not None
    event = build_event(passed.request, passed.match, passed.context)
    assert event["requestContext"]["authorizer"] == {
        "jwt": {
            "claims": {
                "iss": ISSUER,
                "sub": "user-1",
                "aud": AUDIENCE,
                "token_use": "id",
                "iat": str(int(NOW) - 60),
                "exp": str(int(NOW) + 3600),
                "cognito:groups": "[admin user]",
                "realm_access": "map[roles:[a]]",
                "ok": "true",
            },
            "scopes": None,
        }
    }


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_tokens_of_every_rsa_algorithm_pass(algorithm: str) -> None:
    digest = {"RS256": RSAAlgorithm.SHA256, "RS384": RSAAlgorithm.SHA384, "RS512": RSAAlgorithm.SHA512}[algorithm]
    token = make_token(None, make_header(alg=algorithm), sign_with(digest=digest))
    assert make_gateway().with_token(token).status == 200


@pytest.mark.parametrize("header", ["{}", "Bearer {}", "Bearer   {}", " {} "])
def test_the_word_bearer_is_optional(header: str) -> None:
    assert make_gateway().with_token(header.format(make_token())).status == 200


def test_a_bearer_in_small_letters_is_no_bearer() -> None:
    assert make_gateway().with_token(f"bearer {make_token()}").status == 401


@pytest.mark.parametrize("headers", [[], [("Authorization", "")], [("X-Authorization", "x")]])
def test_without_a_token_the_challenge_is_plain(headers: list[tuple[str, str]]) -> None:
    reply = make_gateway().get(headers=headers)
    assert (reply.status, reply.body) == UNAUTHORIZED
    assert ("www-authenticate", "Bearer") in reply.headers


def test_a_token_may_come_in_the_query_string() -> None:
    gateway = make_gateway(api=make_api(make_authorizer(identity_sources=("$request.querystring.auth",))))
    assert gateway.get(f"/items?auth={make_token()}").status == 200
    assert gateway.get(f"/items?AUTH={make_token()}").status == 401
    assert gateway.get(f"/items?auth={make_token()}&auth={make_token()}").status == 401
    assert gateway.with_token(make_token()).status == 401


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION"])
def test_the_name_of_the_header_has_no_case(name: str) -> None:
    assert make_gateway().get(headers=[(name, make_token())]).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["other", AUDIENCE]},
        {"aud": REMOVED, "client_id": AUDIENCE},
        {"aud": AUDIENCE, "client_id": "other"},
        {"nbf": int(NOW)},
        {"iat": int(NOW)},
        {"iat": REMOVED},
        {"exp": int(NOW) + 1},
        {"exp": NOW + 0.5},
        {"name": "Zo\u00eb \U0001f600"},
    ],
    ids=str,
)
def test_valid_tokens_pass(changes: dict[str, Any]) -> None:
    assert make_gateway().with_token(make_token(make_claims(**changes))).status == 200


def test_a_token_expires_at_its_exp() -> None:
    now = [NOW]
    gateway = make_gateway(clock=lambda: now[0])
    token = make_token(make_claims(exp=int(NOW) + 10))
    assert gateway.with_token(token).status == 200
    now[0] += 10
    assert gateway.with_token(token).status == 401


def test_an_authorizer_without_an_audience_takes_no_token() -> None:
    api = make_api(make_authorizer(audience=()))
    gateway = make_gateway(api=api, stage=make_stage(auth={"auth": StageAuth(ISSUER)}))
    assert gateway.with_token(make_token()).status == 401
    assert gateway.with_token(make_token(make_claims(aud=REMOVED))).status == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "cart:write"},
        {"scope": "openid cart:write email"},
        {"scope": ["openid", "cart:write"]},
        {"scp": "cart:write"},
        {"scp": ["cart:write"]},
        {"scope": "openid", "scp": ["cart:write"]},
    ],
    ids=str,
)
def test_one_of_the_routes_scopes_is_enough(claims: dict[str, Any]) -> None:
    gateway = gateway_asking_for("cart:read", "cart:write")
    assert gateway.with_token(make_token(make_claims(**claims))).status == 200
    assert found(gateway).scopes == ("cart:write",)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"scope": ""},
        {"scope": "cart"},
        {"scope": "cart:write:all"},
        {"scope": "CART:WRITE"},
        {"scope": "cart:write,openid"},
        {"scope": ["cart:write", 1]},
        {"scope": None},
        {"scope": {"cart:write": True}},
        {"scopes": "cart:write"},
        {"permissions": ["cart:write"]},
    ],
    ids=str,
)
def test_a_token_without_a_scope_of_the_route_is_forbidden(claims: dict[str, Any]) -> None:
    gateway = gateway_asking_for("cart:write")
    reply = gateway.with_token(make_token(make_claims(**claims)))
    assert (reply.status, reply.body, gateway.passed) == (403, b'{"message":"Forbidden"}', [])
    challenge = dict(reply.headers)["www-authenticate"]
    assert challenge.startswith('Bearer scope="cart:write" error="insufficient_scope" error_description="')


def test_a_scope_that_no_token_can_have_stays_out_of_the_challenge() -> None:
    gateway = gateway_asking_for('a"b', "caf\u00e9", "cart:write")
    challenge = dict(gateway.with_token(make_token()).headers)["www-authenticate"]
    assert challenge.startswith('Bearer scope="cart:write" error=')


def test_a_scope_does_not_make_an_invalid_token_pass() -> None:
    gateway = gateway_asking_for("cart:write")
    assert gateway.with_token(make_token(make_claims(scope="cart:write", exp=1))).status == 401


def test_a_scheme_named_twice_asks_for_any_of_all_its_scopes() -> None:
    security = (Security("auth", ("a",)), Security("auth", ("b",)))
    gateway = make_gateway(api=make_api(operations=[make_operation(security=security)]))
    assert gateway.with_token(make_token(make_claims(scope="b"))).status == 200
    assert gateway.with_token(make_token(make_claims(scope="c"))).status == 403
