"""Reports have none of the credentials that a run was given."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from homeport.contract.finding import Finding
from homeport.contract.fuzz.schemathesis_settings import CONFIG
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.report.given_credentials import GivenCredentials
from homeport.project.load import load_project
from tests.support.project import notes_project

SETTINGS = """
[auth.openapi.desk]
api_key = "Bearer desk-word/1"
[auth]
basic = {username = "ada", password = "lovelace"}
"""
SECRETS = ("desk-word/1", "desk-word%2F1", "lovelace", b64encode(b"ada:lovelace").decode(), "tok-en-of-mine")


@pytest.fixture
def given(tmp_path: Path) -> GivenCredentials:
    root = notes_project(tmp_path)
    (root / CONFIG).parent.mkdir(parents=True, exist_ok=True)
    (root / CONFIG).write_text(SETTINGS)
    return GivenCredentials(load_project(root), ["Authorization:Bearer tok-en-of-mine", "X-Trace: visible-value"])


@pytest.mark.parametrize("secret", SECRETS)
def test_a_credential_stands_nowhere_in_a_finding(given: GivenCredentials, secret: str) -> None:
    exchange = HttpExchange(
        "POST",
        f"http://127.0.0.1/notes?key={secret}",
        (("Authorization", f"Bearer {secret}"),),
        f"body {secret}".encode(),
        400,
        (("X-Echo", secret),),
        f"reply {secret}".encode(),
    )
    finding = Finding("check", "rest", "POST /notes", "It holds", "a document", f"it said {secret}", (exchange,))
    found = given.hide_in_finding(finding)
    assert secret not in repr(found)
    assert found.exchanges[0].headers == (("Authorization", "Bearer ***"),)
    logged = {"1": {"event": {"headers": {"x": secret}, "list": [secret, 1, None, True]}, "log": f"got {secret}"}}
    hidden = {"1": {"event": {"headers": {"x": "***"}, "list": ["***", 1, None, True]}, "log": "got ***"}}
    assert given.hide_in_value(logged) == hidden


def test_other_headers_of_a_command_line_stay(given: GivenCredentials) -> None:
    assert given.hide("visible-value eyJhbGciOi.of.the-issuer") == "visible-value eyJhbGciOi.of.the-issuer"


@pytest.mark.parametrize("text", ['a+b/"c==', "a%2Bb%2F%22c%3D%3D", "a%2Bb/%22c%3D%3D", '{"key": "a+b/\\"c=="}'])
def test_a_credential_is_hidden_in_a_url_and_in_json(tmp_path: Path, text: str) -> None:
    given = GivenCredentials(load_project(notes_project(tmp_path)), ['x-api-key:a+b/"c=='])
    assert given.hide(text) in ("***", '{"key": "***"}')
