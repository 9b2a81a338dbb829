from __future__ import annotations

import json
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm

from homeport.gateway.auth.jwt import TokenError
from homeport.gateway.auth.keys import IssuerKeys, RemoteKeys, usable_keys
from homeport.issuer.keys import LocalKeys, signing_key
from homeport.issuer.trust import ISSUER as LOCAL_ISSUER
from tests.support.auth import make_gateway
from tests.support.tokens import ISSUER, KEY_ID, NOW, FixedKeys, make_claims, make_header, make_token, public_key

CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"
JWKS = "https://keys.example/jwks"


def jwk(name: str = "issuer", **changes: Any) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(public_key(name), as_dict=True), "kid": KEY_ID, "use": "sig", **changes}


class Issuer:
    """An issuer's two documents, how often they were asked for, and a clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.keys: Any = [jwk()]
        self.documents: dict[str, Any] = {CONFIGURATION: {"jwks_uri": JWKS}}
        self.down = False
        self.asked: list[str] = []
        self.source = RemoteKeys(self.fetch, lambda: self.now)

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.down:
            raise ConnectionRefusedError("connection refused")
        document = {"keys": self.keys} if url == JWKS and url not in self.documents else self.documents[url]
        return document if isinstance(document, bytes) else json.dumps(document).encode()

    def knows(self, kid: str = KEY_ID) -> bool:
        return self.source.find(ISSUER, kid) is not None


def description(issuer: Issuer) -> str:
    with pytest.raises(TokenError) as error:
        issuer.knows()
    return error.value.description


def test_the_keys_are_where_the_discovery_document_says() -> None:
    issuer = Issuer()
    assert issuer.source.find(ISSUER, KEY_ID) == public_key()
    assert issuer.asked == [CONFIGURATION, JWKS]


def test_known_keys_are_not_asked_for_again_for_two_hours() -> None:
    issuer = Issuer()
    issuer.knows()
    issuer.now += 7199
    assert issuer.knows() and len(issuer.asked) == 2
    issuer.now += 1
    assert issuer.knows() and len(issuer.asked) == 4


def test_a_key_that_was_not_seen_before_is_asked_for() -> None:
    issuer = Issuer()
    issuer.knows()
    issuer.keys = [jwk(), jwk("next", kid="key-2")]
    issuer.now += 10
    assert issuer.knows("key-2") and issuer.knows() and len(issuer.asked) == 4


def test_unknown_keys_are_asked_for_once_in_ten_seconds_only() -> None:
    issuer = Issuer()
    issuer.knows()
    for number in range(100):
        assert not issuer.knows(f"evil-{number}")
    assert len(issuer.asked) == 2
    issuer.now += 10
    for number in range(100):
        assert not issuer.knows(f"evil-{number}")
    assert len(issuer.asked) == 4


def test_a_key_that_is_no_longer_published_is_forgotten() -> None:
    issuer = Issuer()
    issuer.knows()
    issuer.keys = [jwk("next", kid="key-2")]
    issuer.now += 7200
    assert not issuer.knows() and issuer.knows("key-2")


def test_while_the_issuer_is_down_its_last_keys_count() -> None:
    issuer = Issuer()
    issuer.knows()
    issuer.down = True
    issuer.now += 100_000
    assert issuer.knows() and issuer.knows() and not issuer.knows("key-2")
    assert len(issuer.asked) == 3
    issuer.down = False
    issuer.now += 10
    assert issuer.knows() and len(issuer.asked) == 5


def test_an_issuer_that_never_answered_is_asked_again_after_ten_seconds() -> None:
    issuer = Issuer()
    issuer.down = True
    assert description(issuer) == description(issuer) == "OIDC discovery endpoint communication error"
    assert issuer.asked == [CONFIGURATION]
    issuer.down = False
    issuer.now += 10
    assert issuer.knows()


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b"{}", b'{"jwks_uri": 1}', b"[" * 100_000, b"\xff\xfe"])
def test_a_broken_discovery_document_is_a_communication_error(document: bytes) -> None:
    issuer = Issuer()
    issuer.documents[CONFIGURATION] = document
    assert description(issuer) == "OIDC discovery endpoint communication error"


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b"null"])
def test_a_broken_key_set_is_a_communication_error(document: bytes) -> None:
    issuer = Issuer()
    issuer.documents[JWKS] = document
    assert description(issuer) == "JWKS communication error"


@pytest.mark.parametrize("keys", [None, {}, "keys", [None, 1, "x", []], []])
def test_a_key_set_without_usable_keys_knows_no_key(keys: Any) -> None:
    issuer = Issuer()
    issuer.keys = keys
    assert not issuer.knows()


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": None},
        {"kid": ""},
        {"kid": 1},
        {"kty": "EC"},
        {"kty": None},
        {"use": "enc"},
        {"alg": "RSA-OAEP"},
        {"alg": "HS256"},
        {"alg": ["RS256"]},
        {"n": ""},
        {"n": None},
        {"n": "AQAB"},
        {"n": "*"},
        {"e": "AA"},
        {"e": 65537},
    ],
    ids=str,
)
def test_a_key_that_can_not_check_rsa_signatures_is_passed_over(changes: dict[str, Any]) -> None:
    good = jwk("next", kid="key-2")
    assert usable_keys([jwk(**changes), good]) == {"key-2": public_key("next")}


def test_of_two_keys_with_one_id_the_first_counts() -> None:
    assert usable_keys([jwk(), jwk("next")]) == {KEY_ID: public_key()}


def test_a_published_private_key_is_used_as_its_public_half() -> None:
    assert usable_keys([jwk(d="AQAB", p="AQAB")]) == {KEY_ID: public_key()}


def test_a_dead_issuer_makes_tokens_unauthorized() -> None:
    issuer = Issuer()
    issuer.down = True
    reply = make_gateway(keys=issuer.source).with_token(make_token())
    assert (reply.status, reply.body) == (401, b'{"message":"Unauthorized"}')
    assert 'error_description="OIDC discovery endpoint communication error"' in dict(reply.headers)["www-authenticate"]


def test_a_token_of_another_issuer_causes_no_fetch() -> None:
    issuer = Issuer()
    gateway = make_gateway(keys=issuer.source)
    assert gateway.with_token(make_token(make_claims(iss="https://attacker.example"))).status == 401
    assert gateway.with_token(make_token(None, make_header(alg="none"))).status == 401
    assert issuer.asked == []


def test_many_threads_ask_once() -> None:
    issuer, start = Issuer(), Barrier(8)

    def ask() -> None:
        start.wait()
        issuer.knows()

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert issuer.asked == [CONFIGURATION, JWKS]


def test_only_the_local_issuers_key_is_read_from_the_folder(tmp_path: Path) -> None:
    own = signing_key(tmp_path)
    keys = IssuerKeys(LocalKeys(tmp_path), FixedKeys({(ISSUER, KEY_ID): public_key()}))
    assert keys.find(LOCAL_ISSUER, own.id) == own.private.public_key()
    assert keys.find(ISSUER, KEY_ID) == public_key()
    assert keys.find(ISSUER, own.id) is None
    assert keys.find(LOCAL_ISSUER, KEY_ID) is None


def test_a_broken_key_file_rejects_tokens_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")
    keys = IssuerKeys(LocalKeys(tmp_path), FixedKeys({}))
    with pytest.raises(TokenError, match="is no private key"):
        keys.find(LOCAL_ISSUER, KEY_ID)
