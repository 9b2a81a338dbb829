"""Attacks on token authorizers: each is rejected, with the reply of its flavor, without a traceback."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from homeport.gateway.auth.keys import usable_keys
from tests.support.attacks import EXPIRED, GOOD, Attack, raw_payload
from tests.support.auth import Gateway, make_api, make_authorizer, make_gateway, make_stage
from tests.support.bad_claims import BAD_CLAIMS
from tests.support.forged_tokens import FORGED, by_hmac
from tests.support.logged import Logged
from tests.support.tokens import (
    ISSUER,
    KEY_ID,
    FixedKeys,
    base64url,
    make_claims,
    make_header,
    make_token,
    rsa_key,
    sign_with,
)

ATTACKS = [*FORGED, *BAD_CLAIMS]


def name_of(attack: Attack) -> str:
    return attack.name[:60].encode("ascii", "backslashreplace").decode()


def http_gateway() -> Gateway:
    return make_gateway()


def rest_gateway() -> Gateway:
    authorizer = make_authorizer(kind="cognito", identity_sources=("method.request.header.Authorization",))
    return make_gateway(api=make_api(authorizer), stage=make_stage(flavor="rest"))


@pytest.mark.parametrize("attack", ATTACKS, ids=name_of)
def test_an_http_api_rejects_the_attack(attack: Attack, logged: Logged) -> None:
    gateway = http_gateway()
    reply = gateway.with_token(attack.header)
    assert (reply.status, reply.body, gateway.passed) == (401, b'{"message":"Unauthorized"}', [])
    challenge = "Bearer"
    if attack.why is not None:
        challenge = f'Bearer scope="" error="invalid_token" error_description="{attack.why}"'
    assert [line for line in reply.headers if line[0] != "Apigw-Requestid"] == [("www-authenticate", challenge)]
    assert logged.errors == []


@pytest.mark.parametrize("attack", ATTACKS, ids=name_of)
def test_a_rest_api_rejects_the_attack(attack: Attack, logged: Logged) -> None:
    gateway = rest_gateway()
    reply = gateway.with_token(attack.header)
    if not attack.on_cognito:
        assert (reply.status, len(gateway.passed)) == (200, 1)
        return
    assert (reply.status, gateway.passed) == (401, [])
    message = "The incoming token has expired" if attack.why == EXPIRED else "Unauthorized"
    assert reply.body == f'{{"message":"{message}"}}'.encode()
    assert ("x-amzn-ErrorType", "UnauthorizedException") in reply.headers
    assert logged.errors == []


@pytest.mark.parametrize("gateway", [http_gateway(), rest_gateway()], ids=["http", "rest"])
def test_the_token_that_the_attacks_start_from_passes(gateway: Gateway) -> None:
    assert gateway.with_token(GOOD).status == 200
    assert gateway.with_token(f"Bearer {GOOD}").status == 200


def test_two_authorization_headers_are_one_value_that_is_no_token() -> None:
    gateway = http_gateway()
    reply = gateway.get(headers=[("Authorization", f"Bearer {GOOD}"), ("authorization", f"Bearer {GOOD}")])
    assert (reply.status, gateway.passed) == (401, [])


def test_a_rest_api_checks_the_last_of_two_authorization_headers() -> None:
    gateway = rest_gateway()
    forged = make_token(None, make_header(), sign_with(rsa_key("attacker")))
    assert gateway.get("/prod/items", [("Authorization", GOOD), ("authorization", forged)]).status == 401
    assert gateway.get("/prod/items", [("Authorization", forged), ("authorization", GOOD)]).status == 200


def test_a_claim_that_comes_twice_counts_as_its_last() -> None:
    gateway = http_gateway()
    token = raw_payload(json.dumps(make_claims())[:-1] + ', "sub": "second"}')
    assert gateway.with_token(token).status == 200
    authorization = gateway.passed[0].context.authorization
    assert authorization is not None and authorization.values["sub"] == "second"


def test_published_keys_of_other_kinds_do_not_verify_rs256() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    published = [
        {**ECAlgorithm.to_jwk(curve.public_key(), as_dict=True), "kid": KEY_ID},
        {"kty": "oct", "kid": KEY_ID, "k": base64url(b"secret"), "alg": "RS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": base64url(b"x" * 32), "kid": KEY_ID},
    ]
    usable = usable_keys(published)
    assert usable == {}
    gateway = make_gateway(keys=FixedKeys({(ISSUER, kid): key for kid, key in usable.items()}))
    es256 = ECAlgorithm(ECAlgorithm.SHA256)
    for algorithm in ("RS256", "ES256"):
        forged = make_token(None, make_header(alg=algorithm), lambda message: es256.sign(message, curve))
        assert gateway.with_token(forged).status == 401
    assert gateway.with_token(make_token(None, make_header(alg="HS256"), by_hmac(b"secret"))).status == 401
