"""Tokens that the issuer never made: unsigned, signed by another key or algorithm, tampered with, taken apart."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm, RSAPSSAlgorithm

from tests.support.attacks import (
    BODY,
    CRITICAL,
    GOOD,
    HEAD,
    NO_KEY_ID,
    NOT_JSON,
    SEGMENTS,
    SIGNATURE,
    TAIL,
    UNAVAILABLE,
    UNKNOWN_KEY,
    UNSPECIFIED,
    Attack,
    illegal,
    sign_header,
)
from tests.support.tokens import (
    KEY_ID,
    REMOVED,
    base64url,
    make_claims,
    make_header,
    make_token,
    public_key,
    rsa_key,
    sign_with,
)


def by_hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.new(secret, message, sha256).digest()


def token_without_signature(algorithm: Any) -> str:
    return make_token(make_claims(), make_header(alg=algorithm), lambda message: b"")


def no_signature() -> Iterator[Attack]:
    yield Attack("alg none and no signature", token_without_signature("none"), "signing method none is invalid")
    odd: tuple[Any, ...] = ("None", "NONE", "nOnE", "", ["RS256"], 256)
    for algorithm in odd:
        yield Attack(f"alg {algorithm!r} and no signature", token_without_signature(algorithm), UNAVAILABLE)
    for algorithm in (None, REMOVED):
        yield Attack(f"alg {algorithm!r} and no signature", token_without_signature(algorithm), UNSPECIFIED)
    none = base64url(json.dumps(make_header(alg="none")).encode())
    yield Attack("alg none, a good signature kept", f"{none}.{BODY}.{TAIL}", "signing method none is invalid")
    yield Attack("RS256 and no signature", token_without_signature("RS256"), SIGNATURE)


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
        token = make_token(make_claims(), make_header(alg="HS256"), by_hmac(secret))
        yield Attack(f"HS256 by the public key: {name}", token, "signing method HS256 is invalid")
    pss = RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256)
    curve = ec.generate_private_key(ec.SECP256R1())
    es256 = ECAlgorithm(ECAlgorithm.SHA256)
    others: dict[str, Callable[[bytes], bytes]] = {
        "HS256": by_hmac(pem),
        "PS256": lambda message: pss.sign(message, rsa_key()),
        "ES256": lambda message: es256.sign(message, curve),
        "RS384": sign_with(digest=RSAAlgorithm.SHA384),
    }
    for name, sign in others.items():
        yield Attack(f"RS256 in name, {name} in fact", make_token(None, make_header(), sign), SIGNATURE)
    for name in ("PS256", "ES256"):
        token = make_token(None, make_header(alg=name), others[name])
        yield Attack(f"{name} in name and in fact", token, f"signing method {name} is invalid")
    yield Attack("RS384 in name, RS256 in fact", sign_header(alg="RS384"), SIGNATURE)
    yield Attack("lower-case rs256", sign_header(alg="rs256"), UNAVAILABLE)
    yield Attack("an alg that breaks out of the challenge", sign_header(alg='RS256"\r\nset-cookie: a=b'), UNAVAILABLE)


def wrong_key() -> Iterator[Attack]:
    foreign = sign_with(rsa_key("attacker"))
    own = RSAAlgorithm.to_jwk(public_key("attacker"), as_dict=True)
    yield Attack("the attacker's key under the right kid", make_token(None, make_header(), foreign), SIGNATURE)
    for kid in ("key-2", "KEY-1", "key-1 ", "../../dev/null", "/etc/passwd", "key-1' OR '1'='1", "key-1\x00", "*"):
        yield Attack(f"kid {kid!r}", sign_header(kid=kid), UNKNOWN_KEY)
        token = make_token(None, make_header(kid=kid), foreign)
        yield Attack(f"kid {kid!r} by the attacker's key", token, UNKNOWN_KEY)
    yield Attack("a kid of 9 KB", sign_header(kid="k" * 9000), UNKNOWN_KEY)
    odd: tuple[Any, ...] = (REMOVED, "", 1, None, True, ["key-1"], {"a": "key-1"})
    for value in odd:
        yield Attack(f"kid {value!r}", sign_header(kid=value), NO_KEY_ID)
    jwk = make_token(None, make_header(jwk={**own, "kid": KEY_ID}), foreign)
    yield Attack("jwk in the header", jwk, SIGNATURE)
    yield Attack("jwk in the header, no kid", make_token(None, make_header(kid=REMOVED, jwk=own), foreign), NO_KEY_ID)
    jku = make_token(None, make_header(kid="evil", jku="https://attacker.example/jwks.json"), foreign)
    yield Attack("jku", jku, UNKNOWN_KEY)
    x5u = make_token(None, make_header(kid="evil", x5u="https://attacker.example/x5u.pem"), foreign)
    yield Attack("x5u", x5u, UNKNOWN_KEY)
    yield Attack("x5c", make_token(None, make_header(x5c=["MIIB"]), foreign), SIGNATURE)


def wrong_segments() -> Iterator[Attack]:
    yield Attack("a word", "not-a-token", SEGMENTS)
    yield Attack("two segments", f"{HEAD}.{BODY}", SEGMENTS)
    yield Attack("four segments", f"{GOOD}.{TAIL}", SEGMENTS)
    yield Attack("five segments, as in a JWE", f"{HEAD}.{TAIL}.{TAIL}.{BODY}.{TAIL}", SEGMENTS)
    yield Attack("many dots", "." * 5000, SEGMENTS)
    yield Attack("only two dots", "..", "the token's header is not JSON")
    yield Attack("cut in the middle", GOOD[: len(HEAD) + 9], SEGMENTS)
    yield Attack("8 KB of nothing", "A" * 8192, SEGMENTS)
    yield Attack("1 MB of nothing", "A" * 1_000_000, SEGMENTS)
    yield Attack("another token inside", make_token(GOOD.encode(), make_header(cty="JWT")), NOT_JSON)
    big = make_token(make_claims(x="A" * 750_000), None, sign_with(rsa_key("attacker")))
    yield Attack("1 MB by the attacker's key", big, SIGNATURE)


def wrong_base64() -> Iterator[Attack]:
    """The signature of a 2048-bit key is 342 characters long."""
    start = f"{HEAD}.{BODY}."
    yield Attack("cut short", GOOD[:-1], illegal(341))
    yield Attack("signature cut short", start + TAIL[:-5], illegal(337))
    yield Attack("another spelling of the signature", start + TAIL[:-1] + sibling(TAIL[-1]), illegal(341))
    yield Attack("padding", f"{GOOD}==", illegal(342))
    yield Attack("a character outside of base64url", f"{start}{TAIL[:9]}!{TAIL[9:]}", illegal(9))
    yield Attack("a space in the signature", f"{start}{TAIL[:9]} {TAIL[9:]}", illegal(9))
    yield Attack("a character beyond ASCII", f"{start}{TAIL[:-1]}\xe9", illegal(341))
    yield Attack("header is no base64", f"!!!!.{BODY}.{TAIL}", illegal(0))


def tampered_tokens() -> Iterator[Attack]:
    start = f"{HEAD}.{BODY}."
    yield Attack("signature twice", start + TAIL + TAIL, SIGNATURE)
    yield Attack("signature changed", f"{start}{'A' if TAIL[0] != 'A' else 'B'}{TAIL[1:]}", SIGNATURE)
    body = base64url(json.dumps(make_claims(sub="admin")).encode())
    yield Attack("payload changed, signature kept", f"{HEAD}.{body}.{TAIL}", SIGNATURE)
    head = base64url(json.dumps(make_header(typ="at+jwt")).encode())
    yield Attack("header changed, signature kept", f"{head}.{BODY}.{TAIL}", SIGNATURE)
    yield Attack("header and payload swapped", f"{BODY}.{HEAD}.{TAIL}", UNSPECIFIED)


def sibling(character: str) -> str:
    """Another last character of 256 bytes in base64url that decodes to the same bytes, if padding bits are ignored."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) ^ 1]


def wrong_header() -> Iterator[Attack]:
    for text in (b"RS256", b'{"alg": "RS256", "kid": "\xff"}', b"[" * 100_000):
        yield Attack(f"token header {text[:40]!r}", make_token(None, text), "the token's header is not JSON")
    yield Attack("header is a list", make_token(None, b'["RS256"]'), "the token's header is not a JSON object")
    yield Attack("crit with an unknown extension", sign_header(crit=["exp"], exp=1), CRITICAL)
    yield Attack("crit, empty", sign_header(crit=[]), CRITICAL)
    yield Attack("b64 false", sign_header(b64=False), CRITICAL)


FORGED = [
    *no_signature(),
    *wrong_algorithm(),
    *wrong_key(),
    *wrong_segments(),
    *wrong_base64(),
    *tampered_tokens(),
    *wrong_header(),
]
