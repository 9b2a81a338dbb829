"""``homeport token`` in real project directories, and gateways that accept its tokens."""

from __future__ import annotations

import argparse
import stat
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from homeport.commands.token import add_arguments, run
from homeport.errors import HomeportError
from homeport.gateway.auth import Authorization
from homeport.gateway.steps.authorize import project_keys
from homeport.issuer.trust import ISSUER
from homeport.project.load import load_project
from tests.support.auth import Gateway, make_gateway
from tests.support.tokens import give_issuer_key

SPEC = """\
openapi: 3.0.3
info: {title: Shop, version: "1.0"}
paths:
  /cart:
    get:
      operationId: getCart
      security: [{users: [%(read)s]}]
      responses: {"200": {description: The cart.}}
    put:
      operationId: putCart
      security: [{users: [cart/write]}]
      responses: {"200": {description: The cart.}}
components:
  securitySchemes:
    users: %(scheme)s
"""

JWT = """
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration: {issuer: "https://login.example", audience: [shop, shop-admin]}
"""

COGNITO = """
      type: apiKey
      in: header
      name: Authorization
      x-amazon-apigateway-authtype: cognito_user_pools
      x-amazon-apigateway-authorizer:
        type: cognito_user_pools
        providerARNs: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc"]
"""

STAGES = """\
defaults: {flavor: %s}
stages:
  local: {}
  dev: {}
"""


def make_project(folder: Path, scheme: str = JWT, flavor: str = "http") -> Path:
    """Write a project that has a key already."""
    return give_issuer_key(make_project_without_key(folder, scheme, flavor))


def make_project_without_key(folder: Path, scheme: str = JWT, flavor: str = "http") -> Path:
    handlers = folder / "service" / "handlers"
    handlers.mkdir(parents=True)
    for name in ("__init__", "get_cart", "put_cart"):
        (handlers / f"{name}.py").write_text("def handler(event, context):\n    return {'statusCode': 200}\n")
    (folder / "service" / "__init__.py").write_text("")
    (folder / "openapi.yaml").write_text(SPEC % {"scheme": scheme, "read": ""})
    (folder / "deploy").mkdir()
    (folder / "deploy" / "stages.yaml").write_text(STAGES % flavor)
    return folder


def options(project: Path, *arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--stage", default="local")
    add_arguments(parser)
    return parser.parse_args(["--project", str(project), *arguments])


def token(capsys: pytest.CaptureFixture[str], project: Path, *arguments: str) -> str:
    assert run(options(project, *arguments)) == 0
    printed = capsys.readouterr()
    assert printed.err == "" and printed.out.count("\n") == 1
    return printed.out.strip()


def claims(text: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    return found


def gateway_of(project: Path) -> Gateway:
    loaded = load_project(project)
    keys = project_keys(project, time.time)()
    return make_gateway(api=loaded.api, stage=loaded.stage, keys=keys, clock=time.time)


def test_the_local_gateway_takes_the_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path)
    gateway = gateway_of(project)
    text = token(capsys, project, "--sub", "user-7", "--scope", "cart/write", "--claim", "k=v")
    assert gateway.get("/cart", [("Authorization", f"Bearer {text}")]).status == 200
    assert gateway.get("/cart", [("Authorization", text)], method="PUT").status == 200
    found = gateway.passed[1].context.authorization
    assert found == Authorization("jwt", claims(text), scopes=("cart/write",))
    assert claims(text).items() >= {"iss": ISSUER, "sub": "user-7", "aud": "shop", "k": "v"}.items()


def test_a_token_without_the_scope_is_forbidden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path)
    text = token(capsys, project)
    gateway = gateway_of(project)
    assert gateway.get("/cart", [("Authorization", text)]).status == 200
    assert gateway.get("/cart", [("Authorization", text)], method="PUT").status == 403


def test_the_token_of_another_project_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = token(capsys, make_project(tmp_path / "one"))
    project = make_project_without_key(tmp_path / "two")
    token(capsys, project)
    assert gateway_of(project).get("/cart", [("Authorization", text)]).status == 401


def test_a_user_pools_tokens_are_of_two_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path, COGNITO, "rest")
    gateway = gateway_of(project)
    identity, access = token(capsys, project), token(capsys, project, "--scope", "cart/write openid")
    assert (claims(identity)["token_use"], claims(access)["token_use"]) == ("id", "access")
    assert claims(access)["scope"] == "cart/write openid"
    statuses = [
        gateway.get("/local/cart", [("Authorization", text)], method=method).status
        for method in ("GET", "PUT")
        for text in (identity, access)
    ]
    assert statuses == [200, 401, 401, 200]
    forced = token(capsys, project, "--use", "access")
    assert claims(forced)["token_use"] == "access"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("15m", 900), ("1h", 3600), ("2d", 172_800), ("0s", 0), ("-1h", -3600)]
)
def test_expires_sets_the_lifetime(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, seconds: int) -> None:
    made = claims(token(capsys, make_project(tmp_path), f"--expires={text}"))
    assert made["exp"] - made["iat"] == seconds


def test_a_token_that_has_expired_already_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path)
    text = token(capsys, project, "--expires=-1s")
    assert gateway_of(project).get("/cart", [("Authorization", text)]).status == 401


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("k=v", "v"),
        ("k=", ""),
        ("k=a=b", "a=b"),
        ("k=7", 7),
        ("k=007", "007"),
        ("k=true", True),
        ("k=null", None),
        ("k=NaN", "NaN"),
        ('k="7"', "7"),
        ('k=["a", 1]', ["a", 1]),
        ('k={"a": {}}', {"a": {}}),
    ],
)
def test_claims_are_json_or_else_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, value: Any
) -> None:
    assert claims(token(capsys, make_project(tmp_path), "--claim", written))["k"] == value


def test_the_audience_may_be_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project(tmp_path)
    assert claims(token(capsys, project, "--audience", "a"))["aud"] == "a"
    assert claims(token(capsys, project, "--audience", "a", "--audience", "b"))["aud"] == ["a", "b"]


@pytest.mark.parametrize(
    "arguments", [["--expires", "1"], ["--expires", "1w"], ["--expires", "1h30m"], ["--claim", "k"], ["--claim", "=v"]]
)
def test_arguments_that_can_not_be_read_are_errors_with_an_example(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(argparse.ArgumentError, match=r"write 30s|NAME=VALUE"):
        options(tmp_path, *arguments)


@pytest.mark.parametrize("more", [[], ["--audience", "shop"]])
def test_a_stage_with_another_issuer_is_an_error_and_makes_no_key(tmp_path: Path, more: list[str]) -> None:
    project = make_project_without_key(tmp_path)
    with pytest.raises(HomeportError, match=r"'users' takes tokens of https://login\.example in stage 'dev'"):
        run(options(project, "--stage", "dev", *more))
    assert not (project / ".homeport").exists()


def test_an_unknown_authorizer_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match=r"no JWT or Cognito authorizer 'admins' \(openapi\.yaml has: users\)"):
        run(options(make_project(tmp_path), "--authorizer", "admins"))


def test_the_key_is_the_owners_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = make_project_without_key(tmp_path)
    token(capsys, project, "--authorizer", "users")
    assert stat.S_IMODE((project / ".homeport" / "issuer" / "key.pem").stat().st_mode) == 0o600
