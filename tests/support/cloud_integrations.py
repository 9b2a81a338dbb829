"""A stage with an integration of each kind that the emulator of AWS executes, deployed and called there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from homeport.cloud.deploy import deploy, url_of
from homeport.cloud.deploy_target import find_target
from homeport.cloud.destroy import DestroyOptions, destroy
from homeport.contract.fixtures.stack import running_stack
from homeport.project.load import load_project
from tests.support.backend import running_backend
from tests.support.cloud import YES, RecordedPrompt
from tests.support.made_project import Made, Route, write_project

INTEGRATION = "x-amazon-apigateway-integration"
STAGE = "dev"
_RESPONSES: Mapping[str, Any] = {"responses": {"200": {"description": "ok"}}}
_OK = {"default": {"statusCode": "200"}}
_LAMBDA = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function"
_PROXIED = {"integration.request.path.proxy": "method.request.path.proxy"}
_PACKAGES = {"service/__init__.py": "", "service/handlers/__init__.py": ""}
_ECHO = "def handler(event, context):\n    return {'asked': event}\n"


def rest_project(backend: str) -> Made:
    """A REST API whose routes lead to a mock, a function with mappings, and a URL in both ways."""
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": '{"fixed": true}'}}},
    }
    mapped = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": f"{_LAMBDA}:route1/invocations",
        "requestTemplates": {"application/json": '{"task": $input.json("$.task"), "stage": "$context.stage"}'},
        "responses": _OK,
    }
    custom = {"type": "http", "httpMethod": "GET", "uri": f"{backend}/pages", "responses": _OK}
    proxy = {
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": f"{backend}/site/{{proxy}}",
        "requestParameters": _PROXIED,
    }
    routes = (
        Route("GET", "/fixed", extra={**_RESPONSES, INTEGRATION: mock}),
        Route("POST", "/tasks", code=_ECHO, extra={**_RESPONSES, INTEGRATION: mapped}),
        Route("GET", "/pages", extra={**_RESPONSES, INTEGRATION: custom}),
        Route("GET", "/site/{proxy+}", extra={INTEGRATION: proxy}),
    )
    return Made(routes=routes, flavor="rest", stage_key=STAGE, stage={"stackName": "kinds-rest"}, files=_PACKAGES)


def http_project(backend: str) -> Made:
    """An HTTP API whose route leads to a URL."""
    proxy = {
        "type": "http_proxy",
        "httpMethod": "ANY",
        "uri": f"{backend}/site/{{proxy}}",
        "payloadFormatVersion": "1.0",
        "requestParameters": {"append:header.x-call": "seen"},
    }
    routes = (Route("ANY", "/site/{proxy+}", extra={INTEGRATION: proxy}), Route("GET", "/own"))
    return Made(routes=routes, stage_key=STAGE, stage={"stackName": "kinds-http"})


CALLS: Mapping[str, Mapping[str, tuple[str, str | None]]] = {
    "rest": {
        "/fixed": ("GET", None),
        "/tasks": ("POST", '{"task": 1}'),
        "/pages": ("GET", None),
        "/site/a/b": ("GET", None),
    },
    "http": {"/site/a/b": ("GET", None)},
}
"""Calls of the projects: paths with a method and a body."""

_WITHOUT_TEMPLATES = ("/fixed", "/tasks")
"""The emulator renders no mapping templates: of these routes it shows the status alone."""


def check_kinds(flavor: str, root: Path) -> list[str]:
    """Deploy the project of a flavor and call it, there and here; what was called. Raises AssertionError."""
    calls = CALLS[flavor]
    with running_backend() as backend:
        backend.headers, backend.body = [("Content-Type", "application/json")], b'{"backend": true}'
        made = (rest_project if flavor == "rest" else http_project)(backend.url)
        there = _answers(_deployed_url(root / "deployed", made), calls)
        seen_there = [(each.method, each.values("x-call")) for each in backend.seen]
        backend.seen.clear()
        local = write_project(root / "local", made)
        with running_stack(local, ("--stage", STAGE, "--no-data", "--dynamodb", "none")) as stack:
            here = _answers(stack.url, calls)
        seen_here = [(each.method, each.values("x-call")) for each in backend.seen]
    destroy(load_project(root / "deployed", STAGE), DestroyOptions(yes=True), RecordedPrompt().prompt)
    assert {path: status for path, (status, _) in there.items()} == {path: status for path, (status, _) in here.items()}
    left_out = dict.fromkeys(_WITHOUT_TEMPLATES)
    assert {**there, **left_out} == {**here, **left_out}
    assert seen_there == seen_here
    return [f"{method} {path}: {here[path][0]}" for path, (method, _) in calls.items()]


def _deployed_url(root: Path, made: Made) -> str:
    project = load_project(write_project(root, made), STAGE)
    assert deploy(project, YES, RecordedPrompt().prompt) == 0
    target = find_target(project)
    url = url_of(target.stack.outputs(), target)
    assert url is not None
    return url.rstrip("/")


def _answers(url: str, calls: Mapping[str, tuple[str, str | None]]) -> dict[str, tuple[int, Any]]:
    """Status and JSON of each call."""
    found = {}
    for path, (method, body) in calls.items():
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer = requests.request(method, url + path, data=body, headers=headers, timeout=60)
        found[path] = (answer.status_code, answer.json())
    return found
