from __future__ import annotations

import jwt

from homeport.issuer.keys import SigningKey, public_jwk
from homeport.issuer.mint import TokenRequest, mint, token_claims
from homeport.issuer.trust import ISSUER
from tests.support.tokens import public_key, rsa_key

NOW = 1790074701
KEY = SigningKey(public_jwk(public_key())["kid"], rsa_key())


def claims(request: TokenRequest) -> dict[str, object]:
    return token_claims(request, now=NOW + 0.25, token_id="id-1")


def test_a_token_for_a_jwt_authorizer() -> None:
    assert claims(TokenRequest("user-1", scopes=("cart:read", "cart:write"), audience=("shop",))) == {
        "iss": ISSUER,
        "sub": "user-1",
        "aud": "shop",
        "scope": "cart:read cart:write",
        "iat": NOW,
        "exp": NOW + 3600,
        "jti": "id-1",
    }


def test_a_token_without_scopes_has_no_scope_and_several_audiences_are_a_list() -> None:
    made = claims(TokenRequest("user-1", audience=("a", "b"), lifetime=60))
    assert ("scope" in made, made["aud"], made["exp"]) == (False, ["a", "b"], NOW + 60)


def test_an_identity_token_of_a_user_pool() -> None:
    assert claims(TokenRequest("user-1", kind="id", audience=("client",))) == {
        "iss": ISSUER,
        "sub": "user-1",
        "aud": "client",
        "token_use": "id",
        "auth_time": NOW,
        "cognito:username": "user-1",
        "iat": NOW,
        "exp": NOW + 3600,
        "jti": "id-1",
    }


def test_an_access_token_of_a_user_pool() -> None:
    assert claims(TokenRequest("user-1", kind="access", scopes=("cart/write",), audience=("client",))) == {
        "iss": ISSUER,
        "sub": "user-1",
        "client_id": "client",
        "token_use": "access",
        "auth_time": NOW,
        "username": "user-1",
        "version": 2,
        "scope": "cart/write",
        "iat": NOW,
        "exp": NOW + 3600,
        "jti": "id-1",
    }


def test_given_claims_replace_the_usual_claims() -> None:
    made = claims(TokenRequest("user-1", claims={"role": "admin", "iss": "https://other.example", "exp": 1}))
    assert (made["role"], made["iss"], made["exp"]) == ("admin", "https://other.example", 1)


def test_the_published_key_checks_the_token() -> None:
    token = mint(TokenRequest("user-1"), KEY, now=NOW, token_id="id-1")
    published = jwt.PyJWKSet.from_dict({"keys": [public_jwk(public_key())]})
    key = published[jwt.get_unverified_header(token)["kid"]]
    options: jwt.types.Options = {"verify_exp": False, "verify_iat": False}
    assert jwt.decode(token, key, algorithms=["RS256"], audience="homeport", issuer=ISSUER, options=options) == claims(
        TokenRequest("user-1")
    )


def test_the_key_set_holds_nothing_private() -> None:
    assert sorted(public_jwk(public_key())) == ["alg", "e", "kid", "kty", "n", "use"]
