"""What API Gateway was recorded to render, template by template; ``tests/wire`` sends the same cases over a socket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from homeport.gateway.mapping import BodyNotReadable, TemplateScope, render
from homeport.vtl import parse

_FILE = Path(__file__).parents[1] / "fidelity" / "integrations" / "rest_vtl.json"
_CASES: list[dict[str, Any]] = json.loads(_FILE.read_text("utf-8"))


def _integration(case: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    (path, methods), *_ = case["openapi"]["paths"].items()
    operation = next(iter(methods.values()))
    return path, operation["x-amazon-apigateway-integration"]


def _scope(case: dict[str, Any], path: str) -> TemplateScope:
    target, _, query = case["request"]["path"].partition("?")
    names, values = path.strip("/").split("/"), target.split("/")[2:]
    return TemplateScope(
        body=case["request"].get("body") or "",
        path={name[1:-1]: unquote(value) for name, value in zip(names, values, strict=True) if name[0] == "{"},
        querystring=dict(parse_qsl(query)),
        header=dict(case["request"]["headers"]),
        stage_variables=case.get("stage_variables") or {},
    )


def _assert_text(text: str, expected: dict[str, Any], whole: str, parts: tuple[str, ...]) -> int:
    """Compare a rendered text with what a case expects of it; return how many expectations there were."""
    checks = 0
    if whole in expected:
        assert text == expected[whole]
        checks += 1
    for part in parts:
        if part in expected:
            assert json.loads(text or "{}") == expected[part]
            checks += 1
    return checks


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["id"])
def test_template_renders_as_recorded(case: dict[str, Any]) -> None:
    path, integration = _integration(case)
    scope, checks, text = _scope(case, path), 0, ""
    request_template = integration.get("requestTemplates", {}).get("application/json", "$input.body")
    if case.get("expect_response", {}).get("status") == 400:
        with pytest.raises(BodyNotReadable):
            render(parse(request_template), scope)
        return
    text = render(parse(request_template), scope)
    checks += _assert_text(text, case.get("expect_integration_request", {}), "body", ("body_json", "lambda_event"))
    if "util-escapejavascript" in case["id"]:
        assert json.loads(json.loads(text)["input"]) == {"test": "test-value"}
        checks += 1
    for response in integration.get("responses", {}).values():
        template = response.get("responseTemplates", {}).get("application/json")
        if template is not None:
            backend = case.get("backend", {})
            if backend:
                scope.body = text if backend.get("echo_body") else backend.get("body", "")
            checks += _assert_text(
                render(parse(template), scope), case.get("expect_response", {}), "body", ("body_json",)
            )
    assert checks, "the case expects nothing of a template"
