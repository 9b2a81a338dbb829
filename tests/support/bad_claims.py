"""Tokens with a valid signature and invalid claims, and values that are no tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.attacks import (
    AUDIENCE_DIFFERS,
    EXPIRED,
    GOOD,
    ISSUER_DIFFERS,
    NOT_AN_OBJECT,
    NOT_JSON,
    SEGMENTS,
    Attack,
    claiming,
    illegal,
    raw_payload,
    with_claim_text,
)
from tests.support.tokens import AUDIENCE, ISSUER, NOW, REMOVED, make_claims


def wrong_payload() -> Iterator[Attack]:
    for text in ("null", "true", "1", '"text"', "[]"):
        yield Attack(f"payload {text!r}", raw_payload(text), NOT_AN_OBJECT)
    for text in ("", "{", "{} {}", "{'a': 1}", '{"a": 01}', "\ufeff{}", "[" * 100_000):
        yield Attack(f"payload {text[:20]!r}", raw_payload(text), NOT_JSON)
    yield Attack("payload in UTF-16", raw_payload(json.dumps(make_claims()).encode("utf-16")), NOT_JSON)
    yield Attack("payload is no UTF-8", raw_payload(b'{"sub": "\xc3\x28"}'), NOT_JSON)
    yield Attack("half of a surrogate pair", with_claim_text("name", '"\\ud800"'), NOT_JSON)
    yield Attack("a claim nested too deep", with_claim_text("deep", "[" * 100_000 + "]" * 100_000), NOT_JSON)
    yield Attack("a number with 10,000 digits", with_claim_text("big", "9" * 10_000), NOT_JSON)
    yield Attack("NaN", with_claim_text("odd", "NaN"), NOT_JSON)


def wrong_times() -> Iterator[Attack]:
    now = int(NOW)
    yield Attack("expired an hour ago", claiming(exp=now - 3600), EXPIRED)
    yield Attack("expired this second", claiming(exp=now), EXPIRED)
    yield Attack("exp 0", claiming(exp=0), EXPIRED)
    twice = with_claim_text("exp", f'{now + 3600}, "exp": {now - 3600}')
    yield Attack("exp twice, the past one last", twice, EXPIRED)
    yield Attack("no exp", claiming(exp=REMOVED), "the token has no exp")
    for text in (
        "null",
        "true",
        '"9999999999"',
        '"١٧٩"',
        "[9999999999]",
        "{}",
        "-1",
        "1e999",
        "-1e999",
        "1e15",
        "9" * 400,
    ):
        yield Attack(f"exp {text[:20]}", with_claim_text("exp", text), "exp is not a date")
    for text in ("Infinity", "-Infinity", "NaN", "١٧٩", "0x7fffffff", "1_000_000_000_000"):
        yield Attack(f"exp {text}", with_claim_text("exp", text), NOT_JSON)
    yield Attack("nbf in an hour", claiming(nbf=now + 3600), "the token is not valid yet")
    yield Attack("nbf in two seconds", claiming(nbf=now + 2), "the token is not valid yet")
    yield Attack("iat in an hour", claiming(iat=now + 3600), "the token was issued in the future")
    for name in ("nbf", "iat"):
        for value in (str(now), None, True, [now], -1):
            yield Attack(f"{name} {value!r}", claiming(**{name: value}), f"{name} is not a date")


def wrong_issuer() -> Iterator[Attack]:
    issuers: tuple[Any, ...] = (
        f"{ISSUER}/",
        f"{ISSUER}.attacker.example",
        f"{ISSUER}@attacker.example",
        ISSUER.removesuffix("pool"),
        ISSUER.upper(),
        ISSUER.replace("https:", "http:") if ISSUER.startswith("https:") else ISSUER.replace("http:", "https:"),
        f" {ISSUER}",
        f"{ISSUER}\x00",
        "https://attacker.example/pool",
        "",
        REMOVED,
        None,
        1,
        [ISSUER],
        {ISSUER: 1},
    )
    for issuer in issuers:
        yield Attack(f"iss {issuer!r}", claiming(iss=issuer), ISSUER_DIFFERS)


def wrong_audience() -> Iterator[Attack]:
    texts: tuple[Any, ...] = (
        "other",
        "sho",
        "shop2",
        "SHOP",
        "shop,other",
        "other shop",
        "",
        None,
        1,
        True,
        {"shop": 1},
    )
    lists: tuple[Any, ...] = ([], ["other"], [1], [["shop"]], ["shop", 1], [None])
    for audience in (*texts, *lists):
        yield Attack(f"aud {audience!r}", claiming(aud=audience), AUDIENCE_DIFFERS, on_cognito=False)
    claims = {
        "no aud and no client_id": claiming(aud=REMOVED),
        "a client_id beside a wrong aud": claiming(aud="other", client_id=AUDIENCE),
        "a client_id beside aud null": claiming(aud=None, client_id=AUDIENCE),
        "a wrong client_id": claiming(aud=REMOVED, client_id="other"),
    }
    for name, token in claims.items():
        yield Attack(name, token, AUDIENCE_DIFFERS, on_cognito=False)


def wrong_authorization() -> Iterator[Attack]:
    for text in ("Bearer", "Bearer ", "Bearer  "):
        yield Attack(f"Authorization {text!r}", text, None)
    for text in ("Bearer .", "Bearer Bearer", "Basic dXNlcjpwYXNz", "undefined", "null"):
        yield Attack(f"Authorization {text!r}", text, SEGMENTS)
    yield Attack("two tokens", f"Bearer {GOOD},{GOOD}", SEGMENTS)
    yield Attack("two tokens with a space", f"Bearer {GOOD} {GOOD}", SEGMENTS)
    yield Attack("Bearer twice", f"Bearer Bearer {GOOD}", illegal(6))
    yield Attack("another scheme", f"Basic {GOOD}", illegal(5))
    yield Attack("in quotes", f'Bearer "{GOOD}"', illegal(0))


BAD_CLAIMS = [
    *wrong_payload(),
    *wrong_times(),
    *wrong_issuer(),
    *wrong_audience(),
    *wrong_authorization(),
]
