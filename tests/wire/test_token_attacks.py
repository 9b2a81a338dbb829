"""The attacks on token authorizers, sent to a JWT-protected HTTP API and a Cognito-protected REST API.

Keys come from an issuer over HTTP, found by discovery. Nothing gets through; each API refuses in its own words.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from homeport.http_headers import Header
from tests.support.attacks import EXPIRED, Attack
from tests.support.commands import homeport_here
from tests.support.made_project import Made, Route
from tests.support.token_table import TokenTable, token_table
from tests.support.tokens import AUDIENCE
from tests.support.wire import Answer
from tests.wire.conftest import Serve, Served

# Beyond what either API takes as headers: refused before anyone looks at tokens.
LONGEST = 10_240
# Becomes good while the others are tried.
SOON_GOOD = "nbf in two seconds"
UNAUTHORIZED = b'{"message":"Unauthorized"}'


class Issuer(ThreadingHTTPServer):
    """Publishes keys as OpenID Connect's discovery says; ``table`` is set once the port, and so the name, is known."""

    table: TokenTable

    @property
    def name(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/pool"


class Documents(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Issuer)
        documents = {
            "/pool/.well-known/openid-configuration": {
                "issuer": self.server.name,
                "jwks_uri": f"{self.server.name}/keys",
            },
            "/pool/keys": self.server.table.jwks,
        }
        found = documents.get(self.path)
        body = json.dumps(found).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer(("127.0.0.1", 0), Documents) as server:
        server.table = token_table(server.name, time.time())
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


ECHO_CLAIMS = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"])}
"""


def protected(scheme: dict[str, object]) -> tuple[Route, ...]:
    return (
        Route("GET", "/items", ECHO_CLAIMS, {"security": [{"auth": []}]}),
        Route("GET", "/cart", ECHO_CLAIMS, {"security": [{"auth": ["cart/write", "cart/read"]}]}),
    )


@pytest.fixture(scope="module")
def http(serve: Serve, issuer: Issuer) -> Served:
    settings = {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": "https://elsewhere.example", "audience": [AUDIENCE]},
    }
    scheme: dict[str, object] = {"type": "oauth2", "flows": {}, "x-amazon-apigateway-authorizer": settings}
    stage = {"auth": {"auth": {"issuer": issuer.name, "audience": [AUDIENCE]}}}
    return serve(Made(protected(scheme), schemes={"auth": scheme}, stage=stage))


@pytest.fixture(scope="module")
def rest(serve: Serve, issuer: Issuer) -> Served:
    pool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI"
    scheme: dict[str, object] = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [pool]},
    }
    stage = {"auth": {"auth": {"issuer": issuer.name}}}
    return serve(Made(protected(scheme), flavor="rest", stage_name="prod", schemes={"auth": scheme}, stage=stage))


def attacks(issuer: Issuer) -> list[Attack]:
    return [attack for attack in issuer.table.attacks if attack.name != SOON_GOOD]


def with_token(served: Served, target: str, token: str) -> Answer:
    return served.ask("GET", target, [("Authorization", token)])


def test_nothing_gets_into_an_http_api(http: Served, issuer: Issuer) -> None:
    tried = attacks(issuer)
    assert len(tried) > 150
    for attack in tried:
        answer = with_token(http, "/items", attack.header)
        assert answer.values("x-amzn-ErrorType") == [], attack.name
        if len(attack.header) > LONGEST:
            assert (answer.status, answer.body) == (431, b'{"message":"Request Header Fields Too Large"}'), attack.name
            continue
        challenge = "Bearer"
        if attack.why is not None:
            challenge = f'Bearer scope="" error="invalid_token" error_description="{attack.why}"'
        assert (answer.status, answer.body) == (401, UNAUTHORIZED), attack.name
        assert answer.header("www-authenticate") == challenge, attack.name


def test_nothing_gets_into_a_rest_api(rest: Served, issuer: Issuer) -> None:
    for attack in attacks(issuer):
        answer = with_token(rest, "/prod/items", attack.header)
        assert answer.values("www-authenticate") == [], attack.name
        if len(attack.header) > LONGEST:
            assert answer.status == 431, attack.name
            continue
        if not attack.on_cognito:
            assert answer.status == 200, attack.name
            continue
        message = "The incoming token has expired" if attack.why == EXPIRED else "Unauthorized"
        assert (answer.status, answer.json()) == (401, {"message": message}), attack.name
        assert answer.header("x-amzn-ErrorType") == "UnauthorizedException", attack.name


def test_no_attack_leaves_a_trace_back(http: Served, rest: Served, issuer: Issuer) -> None:
    for served in (http, rest):
        assert with_token(served, "/prod/items" if served is rest else "/items", issuer.table.identity).status == 200
        assert "Traceback" not in served.stack.read_output()
        assert issuer.table.identity not in served.stack.read_output()


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_a_good_token_gets_in_with_its_claims_as_text(http: Served, rest: Served, issuer: Issuer, prefix: str) -> None:
    claims = with_token(http, "/items", prefix + issuer.table.identity).json()["jwt"]
    assert claims["scopes"] is None
    assert claims["claims"]["exp"].isdecimal() and claims["claims"]["aud"] == AUDIENCE
    found = with_token(rest, "/prod/items", prefix + issuer.table.identity).json()["claims"]
    assert found["sub"] == "user-1" and " UTC " in found["exp"]


def test_scopes_decide_where_a_route_has_some(http: Served, rest: Served, issuer: Issuer) -> None:
    identity, access = issuer.table.identity, issuer.table.access
    assert with_token(http, "/cart", access).json()["jwt"]["scopes"] == ["cart/write"]
    assert with_token(rest, "/prod/cart", access).status == 200
    lacking = with_token(http, "/cart", identity)
    assert (lacking.status, lacking.body) == (403, b'{"message":"Forbidden"}')
    assert 'error="insufficient_scope"' in (lacking.header("www-authenticate") or "")
    for target, token in (("/prod/cart", identity), ("/prod/items", access)):
        answer = with_token(rest, target, token)
        assert (answer.status, answer.body) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("headers", [[], [("Authorization", "")], [("X-Authorization", "x")]])
def test_no_token_is_a_plain_401(http: Served, rest: Served, headers: list[Header]) -> None:
    answer = http.ask("GET", "/items", headers)
    assert (answer.status, answer.body, answer.header("www-authenticate")) == (401, UNAUTHORIZED, "Bearer")
    answer = rest.ask("GET", "/prod/items", headers)
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)


def test_tokens_of_the_kit_open_a_project_without_any_issuer(serve: Serve) -> None:
    scheme = {
        "type": "oauth2",
        "flows": {},
        "x-amazon-apigateway-authorizer": {
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"audience": ["app"]},
        },
    }
    served = serve(Made(protected({}), schemes={"auth": scheme}))
    token = minted(served, "--sub", "user-7", "--scope", "cart/write", "--claim", "team=a", "--expires", "1h")
    claims = with_token(served, "/cart", f"Bearer {token}").json()["jwt"]
    assert (claims["claims"]["sub"], claims["claims"]["team"], claims["scopes"]) == ("user-7", "a", ["cart/write"])
    for other in (["--expires=-1h"], ["--audience", "other"]):
        assert with_token(served, "/items", minted(served, *other)).status == 401


def minted(served: Served, *options: str) -> str:
    done = homeport_here(served.root, "token", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
