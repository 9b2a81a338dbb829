"""Attacks on token authorizers: each row is refused, in the words of its flavor, without a traceback.

Everything a row does not say is right: a fresh token of the right issuer for the right audience, by the right key.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm, RSAPSSAlgorithm

from homeport.gateway.auth.jwks import usable_keys
from tests.support.auth import (
    AUDIENCE,
    ISSUER,
    KEY_ID,
    NOW,
    REMOVED,
    FixedKeys,
    Gateway,
    base64url,
    make_api,
    make_authorizer,
    make_claims,
    make_gateway,
    make_header,
    make_stage,
    make_token,
    public_key,
    rsa_key,
    sign_with,
)


@dataclass(frozen=True)
class Attack:
    """``header`` is the whole Authorization header. ``on_cognito`` is false where a Cognito pool takes the token."""

    name: str
    header: str
    on_cognito: bool = True


def by_hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.new(secret, message, sha256).digest()


def signed(claims: Any = None, **header: Any) -> str:
    return make_token(claims, make_header(**header))


def claiming(**changes: Any) -> str:
    return make_token(make_claims(token_use="id", **changes))


def raw_payload(text: str | bytes) -> str:
    return make_token(text if isinstance(text, bytes) else text.encode())


def with_claim_text(name: str, text: str) -> str:
    """A token whose claim is this very JSON text."""
    claims = json.dumps(make_claims(**{"token_use": "id", name: REMOVED}))
    return raw_payload(claims[:-1] + f', "{name}": {text}}}')


GOOD = make_token(make_claims(token_use="id"))
HEAD, BODY, TAIL = GOOD.split(".")


def unsigned(algorithm: str) -> str:
    return make_token(make_claims(token_use="id"), make_header(alg=algorithm), lambda message: b"")


def no_signature() -> Iterator[Attack]:
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        yield Attack(f"alg {algorithm!r} and no signature", unsigned(algorithm))
    yield Attack("no alg", make_token(make_claims(token_use="id"), make_header(alg=REMOVED), lambda message: b""))
    yield Attack("alg null", unsigned_with(None))
    yield Attack("alg is a list", unsigned_with(["RS256"]))
    yield Attack("alg is a number", unsigned_with(256))
    yield Attack(
        "alg none, the good signature kept", f"{base64url(json.dumps(make_header(alg='none')).encode())}.{BODY}.{TAIL}"
    )
    yield Attack("RS256 and no signature", unsigned("RS256"))


def unsigned_with(algorithm: Any) -> str:
    return make_token(make_claims(token_use="id"), make_header(alg=algorithm), lambda message: b"")


def wrong_algorithm() -> Iterator[Attack]:
    key = public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = RSAAlgorithm.to_jwk(key, as_dict=True)
    secrets = {
        "PEM": pem,
        "PEM without its last newline": pem.rstrip(),
        "PKCS1 PEM": key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "DER": key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "PKCS1 DER": key.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "JWK modulus as text": jwk["n"].encode(),
        "JWK modulus": key.public_numbers().n.to_bytes(256, "big"),
        "JWK as JSON": json.dumps(jwk).encode(),
        "nothing": b"",
    }
    for name, secret in secrets.items():
        yield Attack(
            f"HS256 by the public key: {name}", make_token(make_claims(), make_header(alg="HS256"), by_hmac(secret))
        )
    yield Attack("RS256 in name, HMAC in fact", make_token(make_claims(), make_header(), by_hmac(pem)))
    pss = RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256)
    yield Attack("PS256 by the right key", make_token(None, make_header(alg="PS256"), lambda m: pss.sign(m, rsa_key())))
    yield Attack("RS256 in name, PSS in fact", make_token(None, make_header(), lambda m: pss.sign(m, rsa_key())))
    curve = ec.generate_private_key(ec.SECP256R1())
    es256 = ECAlgorithm(ECAlgorithm.SHA256)
    yield Attack("ES256 by a foreign key", make_token(None, make_header(alg="ES256"), lambda m: es256.sign(m, curve)))
    yield Attack("RS256 in name, ECDSA in fact", make_token(None, make_header(), lambda m: es256.sign(m, curve)))
    yield Attack("RS384 in name, RS256 in fact", signed(alg="RS384"))
    yield Attack("lower-case rs256", signed(alg="rs256"))
    yield Attack("an algorithm that breaks out of the challenge", signed(alg='RS256"\r\nset-cookie: a=b'))


def wrong_key() -> Iterator[Attack]:
    foreign = sign_with(rsa_key("attacker"))
    own = RSAAlgorithm.to_jwk(public_key("attacker"), as_dict=True)
    yield Attack("the attacker's key under the right kid", make_token(None, make_header(), foreign))
    yield Attack("no kid", signed(kid=REMOVED))
    for kid in ("", "key-2", "KEY-1", "key-1 ", "../../dev/null", "/etc/passwd", "key-1' OR '1'='1", "key-1\x00", "*"):
        yield Attack(f"kid {kid!r}", signed(kid=kid))
        yield Attack(f"kid {kid!r} by the attacker's key", make_token(None, make_header(kid=kid), foreign))
    for kid in (1, None, True, ["key-1"], {"a": "key-1"}, "k" * 9000):
        yield Attack(f"kid {str(kid)[:20]}", signed(kid=kid))
    yield Attack("jwk in the header", make_token(None, make_header(jwk={**own, "kid": KEY_ID}), foreign))
    yield Attack("jwk in the header, no kid", make_token(None, make_header(kid=REMOVED, jwk=own), foreign))
    yield Attack("jku", make_token(None, make_header(kid="evil", jku="https://attacker.example/jwks.json"), foreign))
    yield Attack("x5u", make_token(None, make_header(kid="evil", x5u="https://attacker.example/x5u.pem"), foreign))
    yield Attack("x5c", make_token(None, make_header(x5c=["MIIB"]), foreign))


def wrong_shape() -> Iterator[Attack]:
    yield Attack("a word", "not-a-token")
    yield Attack("two segments", f"{HEAD}.{BODY}")
    yield Attack("four segments", f"{GOOD}.{TAIL}")
    yield Attack("five segments, as in a JWE", f"{HEAD}.{TAIL}.{TAIL}.{BODY}.{TAIL}")
    yield Attack("only dots", "..")
    yield Attack("many dots", "." * 5000)
    yield Attack("cut short", GOOD[:-1])
    yield Attack("cut in the middle", GOOD[: len(GOOD) // 2])
    yield Attack("signature cut short", f"{HEAD}.{BODY}.{TAIL[:-8]}")
    yield Attack("signature twice", f"{HEAD}.{BODY}.{TAIL}{TAIL}")
    yield Attack("first byte of the signature changed", f"{HEAD}.{BODY}.{'A' if TAIL[0] != 'A' else 'B'}{TAIL[1:]}")
    yield Attack("another spelling of the signature", f"{HEAD}.{BODY}.{TAIL[:-1]}{sibling(TAIL[-1])}")
    yield Attack("padding", f"{HEAD}.{BODY}.{TAIL}==")
    yield Attack("a character outside of base64url in the signature", f"{HEAD}.{BODY}.{TAIL[:9]}!{TAIL[9:]}")
    yield Attack("a space in the signature", f"{HEAD}.{BODY}.{TAIL[:9]} {TAIL[9:]}")
    yield Attack("a character beyond ASCII", f"{HEAD}.{BODY}.{TAIL[:-1]}\xe9")
    yield Attack(
        "payload changed, signature kept", f"{HEAD}.{base64url(json.dumps(make_claims(sub='admin')).encode())}.{TAIL}"
    )
    yield Attack(
        "header changed, signature kept", f"{base64url(json.dumps(make_header(typ='at+jwt')).encode())}.{BODY}.{TAIL}"
    )
    yield Attack("header and payload swapped", f"{BODY}.{HEAD}.{TAIL}")
    yield Attack("header is no base64", f"!!!!.{BODY}.{TAIL}")
    yield Attack("header is no JSON", make_token(None, b"RS256"))
    yield Attack("header is a list", make_token(None, b'["RS256"]'))
    yield Attack("header is no UTF-8", make_token(None, b'{"alg": "RS256", "kid": "\xff"}'))
    yield Attack("header nested beyond any reader", make_token(None, b"[" * 100_000))
    yield Attack("crit with an unknown extension", signed(crit=["exp"], exp=1))
    yield Attack("crit, empty", signed(crit=[]))
    yield Attack("b64 false", signed(b64=False))
    yield Attack("another token inside", make_token(GOOD.encode(), make_header(cty="JWT")))
    yield Attack("8 KB of nothing", "A" * 8192)
    yield Attack("1 MB of nothing", "A" * 1_000_000)
    yield Attack(
        "1 MB payload by the attacker's key",
        make_token(make_claims(x="A" * 750_000), None, sign_with(rsa_key("attacker"))),
    )


def sibling(character: str) -> str:
    """Another last character of 256 bytes in base64url that decodes to the same bytes, if padding bits are ignored."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) ^ 1]


def wrong_payload() -> Iterator[Attack]:
    for text in ("", "null", "true", "1", '"text"', "[]", "{", "{} {}", "{'a': 1}", '{"a": 01}', "\ufeff{}"):
        yield Attack(f"payload {text!r}", raw_payload(text))
    yield Attack("payload in UTF-16", raw_payload(json.dumps(make_claims()).encode("utf-16")))
    yield Attack("payload is no UTF-8", raw_payload(b'{"sub": "\xc3\x28"}'))
    yield Attack("half of a surrogate pair", with_claim_text("name", '"\\ud800"'))
    yield Attack("payload nested beyond any reader", raw_payload("[" * 100_000))
    yield Attack("a claim nested beyond any reader", with_claim_text("deep", "[" * 100_000 + "]" * 100_000))
    yield Attack("a number with 10,000 digits", with_claim_text("big", "9" * 10_000))
    yield Attack("NaN", with_claim_text("odd", "NaN"))


def wrong_times() -> Iterator[Attack]:
    now = int(NOW)
    yield Attack("expired an hour ago", claiming(exp=now - 3600))
    yield Attack("expired this second", claiming(exp=now))
    yield Attack("no exp", claiming(exp=REMOVED))
    for text in (
        "null",
        "true",
        '"9999999999"',
        '"١٧٩"',
        "[9999999999]",
        "{}",
        "-1",
        "-9999999999",
        "0",
        "1e999",
        "-1e999",
    ):
        yield Attack(f"exp {text}", with_claim_text("exp", text))
    for text in ("Infinity", "NaN", "1e15", "99999999999999999999", "9" * 400, "١٧٩"):
        yield Attack(f"exp {text[:20]}", with_claim_text("exp", text))
    yield Attack("exp twice, the past one last", with_claim_text("exp", f'{now + 3600}, "exp": {now - 3600}'))
    yield Attack("nbf in an hour", claiming(nbf=now + 3600))
    yield Attack("nbf in two seconds", claiming(nbf=now + 2))
    yield Attack("iat in an hour", claiming(iat=now + 3600))
    for name in ("nbf", "iat"):
        for value in (str(now), None, True, [now], -1):
            yield Attack(f"{name} {value!r}", claiming(**{name: value}))


def wrong_issuer() -> Iterator[Attack]:
    issuers = (
        f"{ISSUER}/",
        f"{ISSUER}.attacker.example",
        f"{ISSUER}@attacker.example",
        ISSUER.removesuffix("pool"),
        ISSUER.upper(),
        ISSUER.replace("https", "http"),
        f" {ISSUER}",
        f"{ISSUER}\x00",
        "https://attacker.example/pool",
        "",
    )
    for issuer in (*issuers, REMOVED, None, 1, [ISSUER], {ISSUER: 1}):
        yield Attack(f"iss {str(issuer)[:50]!r}", claiming(iss=issuer))


def wrong_audience() -> Iterator[Attack]:
    for audience in ("other", "sho", "shop2", "SHOP", "shop,other", "other shop", "", None, 1, True, {"shop": 1}):
        yield Attack(f"aud {audience!r}", claiming(aud=audience), on_cognito=False)
    for audience in ([], ["other"], [1], [["shop"]], ["shop", 1], [None]):
        yield Attack(f"aud {audience!r}", claiming(aud=audience), on_cognito=False)
    yield Attack("no aud and no client_id", claiming(aud=REMOVED), on_cognito=False)
    yield Attack("a client_id beside a wrong aud", claiming(aud="other", client_id=AUDIENCE), on_cognito=False)
    yield Attack("a client_id beside aud null", claiming(aud=None, client_id=AUDIENCE), on_cognito=False)
    yield Attack("a wrong client_id", claiming(aud=REMOVED, client_id="other"), on_cognito=False)


def wrong_header() -> Iterator[Attack]:
    for text in (
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer .",
        "Bearer Bearer",
        "Basic dXNlcjpwYXNz",
        "undefined",
        "null",
    ):
        yield Attack(f"Authorization {text!r}", text)
    yield Attack("Bearer twice", f"Bearer Bearer {GOOD}")
    yield Attack("two tokens", f"Bearer {GOOD},{GOOD}")
    yield Attack("two tokens with a space", f"Bearer {GOOD} {GOOD}")
    yield Attack("another scheme", f"Basic {GOOD}")
    yield Attack("in quotes", f'Bearer "{GOOD}"')


ATTACKS = [
    *no_signature(),
    *wrong_algorithm(),
    *wrong_key(),
    *wrong_shape(),
    *wrong_payload(),
    *wrong_times(),
    *wrong_issuer(),
    *wrong_audience(),
    *wrong_header(),
]


def http_gateway() -> Gateway:
    return make_gateway()


def rest_gateway() -> Gateway:
    authorizer = make_authorizer(kind="cognito", identity_sources=("method.request.header.Authorization",))
    return make_gateway(api=make_api(authorizer), stage=make_stage(flavor="rest"))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name[:60].encode("ascii", "replace").decode())
def test_an_http_api_refuses(attack: Attack, caplog: pytest.LogCaptureFixture) -> None:
    gateway = http_gateway()
    reply = gateway.with_token(attack.header)
    assert (reply.status, reply.body, gateway.passed) == (401, b'{"message":"Unauthorized"}', [])
    names = [name for name, _ in reply.headers]
    assert names == ["www-authenticate", "Apigw-Requestid"]
    challenge = reply.headers[0][1]
    assert challenge == "Bearer" or challenge.startswith('Bearer scope="" error="invalid_token" error_description="')
    assert challenge.isascii() and challenge.isprintable() and challenge.count('"') in (0, 6)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name[:60].encode("ascii", "replace").decode())
def test_a_rest_api_refuses(attack: Attack, caplog: pytest.LogCaptureFixture) -> None:
    gateway = rest_gateway()
    reply = gateway.with_token(attack.header)
    if not attack.on_cognito:
        assert (reply.status, len(gateway.passed)) == (200, 1)
        return
    assert (reply.status, gateway.passed) == (401, [])
    assert reply.body in (b'{"message":"Unauthorized"}', b'{"message":"The incoming token has expired"}')
    assert ("x-amzn-ErrorType", "UnauthorizedException") in reply.headers
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("gateway", [http_gateway(), rest_gateway()], ids=["http", "rest"])
def test_the_token_that_the_attacks_start_from_passes(gateway: Gateway) -> None:
    assert gateway.with_token(GOOD).status == 200
    assert gateway.with_token(f"Bearer {GOOD}").status == 200


def test_two_authorization_headers_are_one_value_that_is_no_token() -> None:
    gateway = http_gateway()
    reply = gateway.get(headers=[("Authorization", f"Bearer {GOOD}"), ("authorization", f"Bearer {GOOD}")])
    assert (reply.status, gateway.passed) == (401, [])


def test_of_two_authorization_headers_a_rest_api_checks_the_one_that_the_function_sees() -> None:
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


def test_an_issuer_that_publishes_other_kinds_of_keys_does_not_lend_them_to_rs256() -> None:
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
