"""The recorded cases of HTTP APIs' integrations, in tests/gateway/fidelity/integrations: what each one asserts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from homeport.http_headers import Header
from tests.support.fidelity import FOLDER, Case
from tests.support.recording_backend import Backend, BackendCallSeen

FILES = ("http_api_parameter_mapping.json", "http_api_service_integrations.json")


def load_http_cases() -> list[Case]:
    """Every case, in file order."""
    folder: Path = FOLDER / "integrations"
    return [case for name in FILES for case in json.loads((folder / name).read_text("utf-8"))]


def document_of(case: Case, backend: Backend) -> Any:
    """The case's document, with the backend in place of its placeholders."""
    text = json.dumps(case["openapi"])
    text = text.replace("{{BACKEND_URL}}", backend.url).replace("{{BACKEND_HOST}}", backend.url.partition("//")[2])
    return json.loads(text)


def stage_of(case: Case) -> dict[str, Any]:
    """The settings of the case's stage."""
    variables = case.get("stage_variables")
    return {"stageName": case["stage"], "region": "us-east-1", **({"variables": variables} if variables else {})}


def prepare(backend: Backend, answer: Mapping[str, Any]) -> None:
    """Have a backend answer as a case says."""
    backend.status = answer["status"]
    backend.headers = tuple((name, value) for name, value in answer["headers"])
    backend.body = answer["body"].encode()


def request_headers(case: Case) -> tuple[Header, ...]:
    """The headers of the case's request."""
    return tuple((name, value) for name, value in case["request"]["headers"])


def assert_integration_request(expected: Mapping[str, Any], seen: BackendCallSeen) -> None:
    """What the backend got is what the case says."""
    if "service" in expected:
        _assert_service_request(expected, seen)
    if "path" in expected:
        assert seen.path == expected["path"]
    for name, value in expected.get("headers", {}).items():
        assert seen.header(name) == value, name
    for name in expected.get("headers_absent", ()):
        assert seen.header(name) is None, name
    for name, values in expected.get("header_all_values", {}).items():
        assert _split(seen.values(name)) == values, name
    for name, pattern in expected.get("header_patterns", {}).items():
        assert re.search(pattern, seen.header(name) or ""), name
    for name, value in expected.get("header_not_equal", {}).items():
        assert seen.header(name) != value, name
    for name, values in expected.get("query_values_all", {}).items():
        assert _split(seen.query.get(name, [])) == values, name


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",")]


def _assert_service_request(expected: Mapping[str, Any], seen: BackendCallSeen) -> None:
    authorization = seen.header("authorization") or ""
    assert f"/{expected['service']}/aws4_request" in authorization
    if seen.header("x-amz-target") is not None:
        action, params = (seen.header("x-amz-target") or "").rpartition(".")[2], json.loads(seen.body)
    else:
        params = dict(parse_qsl(seen.body.decode()))
        action = params["Action"]
    assert action == expected["action"]
    _assert_part(expected["params"], params)
    for path, document in expected.get("params_embedded_json", {}).items():
        assert json.loads(_at(params, path)) == document


def _assert_part(expected: Any, actual: Any) -> None:
    if isinstance(expected, Mapping):
        for key, value in expected.items():
            _assert_part(value, actual[key])
    elif isinstance(expected, list):
        assert len(actual) == len(expected)
        for one, other in zip(expected, actual, strict=True):
            _assert_part(one, other)
    else:
        assert actual == expected


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value
