"""Credentials are masked wherever they stand; everything else stays as it was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from homeport.gateway.http.message import Reply
from homeport.recordings.build_recording import RecordingRules, build_recording
from homeport.recordings.recording import Recording, to_json
from homeport.recordings.redaction import _IN_JSON, MASK, CredentialNames, Redaction, build_redaction
from tests.support.gateway import make_exchange, make_invocation, make_operation, make_request
from tests.support.inspector import exchange_frame

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2lnbmF0dXJl"


def redaction_of(
    *, names: CredentialNames | None = None, target: str = "/", headers: tuple[tuple[str, str], ...] = ()
) -> Redaction:
    return build_redaction(names or CredentialNames(), target, headers, "", (), "")


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (("Authorization", "Bearer abc.def"), "Bearer ***"),
        (("authorization", "Basic dXNlcjpwYXNz"), "Basic ***"),
        (("Authorization", "abcdefghij"), "***"),
        (("X-Api-Key", "k-1234567"), "***"),
        (("Cookie", "sid=abc; theme=dark"), "sid=***; theme=***"),
        (("Set-Cookie", "sid=abc; Path=/; HttpOnly"), "sid=***; Path=/; HttpOnly"),
        (("X-Amz-Security-Token", "IQoJb3"), "***"),
        (("X-Session-Token", "s"), "***"),
        (("Accept", "text/html"), "text/html"),
        (("Idempotency-Key", "5e36ec4f"), "5e36ec4f"),
        (("X-Amzn-Trace-Id", "Root=1-2-3"), "Root=1-2-3"),
    ],
)
def test_headers_that_carry_credentials_are_redacted(header: tuple[str, str], kept: str) -> None:
    assert redaction_of(headers=(header,)).headers((header,)) == ((header[0], kept),)


def test_credentials_under_the_project_s_own_names_are_redacted() -> None:
    names = CredentialNames(frozenset({"x-tenant"}), frozenset({"pass"}))
    found = redaction_of(names=names, target="/a?pass=open-sesame", headers=(("X-Tenant", "tenant-77"),))
    assert found.headers((("X-Tenant", "tenant-77"),)) == (("X-Tenant", "***"),)
    assert found.target("/a?pass=open-sesame&page=2") == "/a?pass=***&page=2"
    assert found.text("tenant-77 said open-sesame") == "*** said ***"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/a?access_token=abcdef12&q=1", "/a?access_token=***&q=1"),
        ("/a?q=a%20b&sig=zzz", "/a?q=a%20b&sig=***"),
        ("/a?nextToken=abcdef12", "/a?nextToken=abcdef12"),
        ("/a?cursor=abc&flag", "/a?cursor=abc&flag"),
        ("/a", "/a"),
        (f"/a?x={JWT}", "/a?x=***"),
    ],
)
def test_query_parameters_that_carry_credentials_are_redacted(target: str, kept: str) -> None:
    assert redaction_of(target=target).target(target) == kept


@pytest.mark.parametrize(
    ("body", "kind", "kept"),
    [
        ('{"user": "a", "password": "hunter22"}', "application/json", '{"user": "a", "password": "***"}'),
        ('{"accessToken":"abcdef12"}', "application/json", '{"accessToken":"***"}'),
        ('{"token":"next-page-7"}', "application/json", '{"token":"next-page-7"}'),
        ("user=a&password=hunter22", "application/x-www-form-urlencoded", "user=a&password=***"),
        ("the password is a secret", "text/plain", "the password is a secret"),
    ],
)
def test_fields_of_a_body_that_carry_credentials_are_redacted(body: str, kind: str, kept: str) -> None:
    assert build_redaction(CredentialNames(), "/", (), body, (), "").body(body, kind) == kept


def recorded(*, headers: tuple[tuple[str, str], ...], body: bytes, event: dict[str, object], log: str) -> Recording:
    request = make_request(method="POST", target="/items/1", headers=headers, body=body)
    exchange = make_exchange(request=request, operation=make_operation(method="POST"))
    exchange.trace.event = json.dumps(event).encode()
    exchange.trace.invocation = replace(make_invocation({"statusCode": 200}), log=log.encode())
    return build_recording(exchange_frame(exchange, Reply(200, ())), RecordingRules())


def test_a_stored_recording_has_no_credential() -> None:
    secret = 'sk-live-"quoted"-1'
    kept = recorded(
        headers=(("Authorization", f"Bearer {secret}"),),
        body=json.dumps({"password": "hunter22"}).encode(),
        event={"headers": {"authorization": f"Bearer {secret}"}, "body": json.dumps({"password": "hunter22"})},
        log=f"[INFO] called with {secret} and hunter22 and {JWT}\n",
    )
    stored = to_json(kept)
    for word in ("sk-live", "hunter22", JWT, "quoted"):
        assert word not in stored
    assert MASK in stored


def test_a_form_is_redacted_in_the_event_s_base64_too() -> None:
    body = b"user=a&password=hunter22"
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    event = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    kept = recorded(headers=form, body=body, event=event, log="")
    assert kept.function is not None
    found = json.loads(kept.function.event.text)
    assert base64.b64decode(found["body"]) == b"user=a&password=***"


@pytest.mark.parametrize("name", ["apiKey", "api_key", "X-Api-Key", "accessToken", "refresh.token", "client_secret"])
@pytest.mark.parametrize("spell", [str, str.upper])
def test_a_secret_field_is_redacted_in_any_spelling(name: str, spell: Callable[[str], str]) -> None:
    body = json.dumps({spell(name): "hunter2", "note": "kept"})
    assert json.loads(redaction_of().body(body, "application/json")) == {spell(name): MASK, "note": "kept"}


@pytest.mark.parametrize("name", sorted(_IN_JSON))
def test_every_name_of_a_secret_field_is_redacted(name: str) -> None:
    assert redaction_of().body(f'{{"{name}":"hunter2"}}', "") == f'{{"{name}":"***"}}'
