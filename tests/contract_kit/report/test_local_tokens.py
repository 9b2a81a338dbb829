"""Commands of a report name the tokens of the local issuer, and mint them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jwt
import pytest

from homeport.contract.report.local_tokens import curl_lines
from homeport.issuer.trust import ISSUER
from tests.support.contract import make_exchange


def _token(sub: str, issuer: str = ISSUER, **claims: str) -> str:
    return jwt.encode({"iss": issuer, "sub": sub, **claims}, "a key of 32 bytes or more, for a test")


def test_each_user_s_token_is_a_variable() -> None:
    made = make_exchange(method="POST", headers=(("Authorization", f"Bearer {_token('ada')}"),), body=b'{"a": "$b"}')
    others = make_exchange(url=f"http://h/a?token={_token('grace', scope='read write')}")
    lines = curl_lines([made, others, make_exchange()])
    assert lines.tokens == (
        "TOKEN=$(homeport token --sub ada)",
        "TOKEN_2=$(homeport token --sub grace --scope 'read write')",
    )
    assert '-H "Authorization: Bearer ${TOKEN}"' in lines.requests[0]
    assert """'{"a": "$b"}'""" in lines.requests[0]
    assert lines.requests[1].endswith('"http://h/a?token=${TOKEN_2}"')
    assert lines.requests[2] == make_exchange().as_curl()


@pytest.mark.parametrize("token", [_token("ada", "https://login.example.com"), "eyJhbGciOiJub25lIn0.eyJ.x"])
def test_token_of_another_issuer_stays(token: str) -> None:
    lines = curl_lines([make_exchange(headers=(("Authorization", token),))])
    assert lines.tokens == ()
    assert token in lines.requests[0]


@pytest.mark.stack
def test_shell_puts_the_minted_token_into_the_request(tmp_path: Path) -> None:
    odd = 'a"b`c\\d$e'
    headers = (("Authorization", f"Bearer {_token('ada')} {odd}"),)
    lines = curl_lines([make_exchange(headers=headers)])
    command = lines.requests[0].replace("curl ", "printf '%s\\n' ", 1)
    said = subprocess.run(["sh", "-c", command], env={"TOKEN": "minted"}, capture_output=True, text=True, check=True)
    assert f"Authorization: Bearer minted {odd}" in said.stdout.splitlines()
