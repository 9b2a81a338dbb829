"""A run whose every answer is a rejection: it is no pass, and it says what to do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.fuzz.rejections import is_rejected, rejection_lines
from homeport.contract.fuzz.results import Statistics
from homeport.project.project import Project
from tests.support.commands import homeport
from tests.support.spec import document, load, operation, scheme, write_document

JWT: dict[str, Any] = {
    "type": "oauth2",
    "flows": {},
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "jwtConfiguration": {"issuer": "https://id.example.com", "audience": ["things"]},
    },
}
DOOR = scheme("request", authorizerPayloadFormatVersion="2.0", identitySource="$request.header.Authorization")
KEY = {"type": "apiKey", "in": "header", "name": "x-api-key"}


def statistics(*statuses: int, operation: str = "GET /a") -> Statistics:
    return Statistics({}, {}, {(operation, status): 3 for status in statuses}, {}, ())


def secured(root: Path, *names: str, **schemes: Any) -> Project:
    paths = {"/a": {"get": operation(security=[{name: []} for name in names])}}
    flavor = "rest" if "key" in schemes else "http"
    door = {"door": {**DOOR, "x-homeport": {"handler": "act"}}} if "door" in names else {}
    found = {**schemes, **door}
    stages = f"stages: {{local: {{flavor: {flavor}}}, prod: {{flavor: {flavor}}}}}"
    return load(write_document(root, document(paths, components={"securitySchemes": found}), stages=stages))


@pytest.mark.parametrize("statuses", [(401,), (403,), (401, 403), (429,), (403, 429)])
def test_run_with_rejections_alone_is_no_pass(tmp_path: Path, statuses: tuple[int, ...]) -> None:
    found = statistics(*statuses)
    assert is_rejected(found)
    codes = " or ".join(map(str, statuses))
    assert next(rejection_lines(found, secured(tmp_path, "people", people=JWT))) == (
        f"not a pass: each of the {3 * len(statuses)} answers was a rejection ({codes}), nothing behind it was tested"
    )


@pytest.mark.parametrize("statuses", [(200, 401), (404,), (500,), (400, 403)])
def test_run_with_another_answer_is_judged_by_its_findings(tmp_path: Path, statuses: tuple[int, ...]) -> None:
    found = statistics(*statuses)
    assert not is_rejected(found)
    assert list(rejection_lines(found, secured(tmp_path, "people", people=JWT))) == []


def test_run_without_an_answer_is_no_pass(tmp_path: Path) -> None:
    assert is_rejected(statistics())
    lines = list(rejection_lines(statistics(), secured(tmp_path, "people", people=JWT)))
    assert lines == ["not a pass: no operation of the document was asked"]


def test_operation_behind_rejections_alone_is_named(tmp_path: Path) -> None:
    statuses = {("GET /a", 403): 2, ("GET /b", 200): 1, ("GET /b", 401): 1}
    found = Statistics({}, {}, statuses, {}, ())
    assert not is_rejected(found)
    lines = list(rejection_lines(found, secured(tmp_path, "people", people=JWT)))
    assert lines == ["not tested, every answer was a rejection (401 or 403): GET /a"]


def hints(project: Project, *statuses: int) -> list[str]:
    return [line.strip() for line in list(rejection_lines(statistics(*statuses), project))[1:]]


def test_cure_follows_from_what_the_api_asks_for(tmp_path: Path) -> None:
    local = secured(tmp_path / "local", "people", people=JWT)
    assert hints(local, 401) == [
        'give it a token for people: --header "Authorization: Bearer $(homeport token)"',
    ]
    prod = load(local.root, "prod")
    assert hints(prod, 401) == [
        "give it a token of https://id.example.com for people: --header 'Authorization: Bearer TOKEN'"
    ]
    assert hints(secured(tmp_path / "door", "door"), 403) == [
        "give it what door lets in: --header 'NAME: VALUE', or [auth.openapi.door] in tests/contract/schemathesis.toml"
    ]
    keyed = secured(tmp_path / "key", "key", key=KEY)
    assert hints(keyed, 403)[0] == "give it an API key: --header 'x-api-key: KEY'"
    assert hints(keyed, 429) == [
        "raise the throttle or the quota of the stage or of the key's usage plan, or test a stage without them"
    ]


class Refusing(BaseHTTPRequestHandler):
    """Answers as an HTTP API does to a request without a token."""

    def do_GET(self) -> None:
        """Answer with 401."""
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("www-authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(b'{"message":"Unauthorized"}')

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""


@contextlib.contextmanager
def refusing_api() -> Iterator[str]:
    """An API that refuses every request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.stack
def test_contract_run_against_an_api_that_lets_nobody_in_exits_with_1(tmp_path: Path) -> None:
    responses = {"200": {"description": "Done."}, "401": {"description": "No good token."}}
    paths = {"/a": {"get": operation(responses=responses, security=[{"people": []}])}}
    root = write_document(tmp_path, document(paths, components={"securitySchemes": {"people": JWT}}))
    with refusing_api() as url:
        done = homeport(root, "test", "--url", url, "--max-examples", "2", "--report", str(tmp_path))
    assert "not a pass: each of the" in done.stdout
    assert done.returncode == 1
