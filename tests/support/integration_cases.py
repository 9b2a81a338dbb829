"""The recorded cases of tests/gateway/fidelity/integrations: REST integrations and mappings, each a whole document.

``openapi`` is the case's document, with placeholders for its backend; ``lambda``, ``backend`` and ``service`` say what
answers behind the gateway, ``expect_integration_request`` what must reach it. Only what a case lists is compared.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from homeport.runtime.api import Invocation
from tests.support.auth import FakeRuntime
from tests.support.backend import Backend, BackendSaw
from tests.support.gateway import make_invocation
from tests.support.wire import Answer

Case = Mapping[str, Any]

FOLDER = Path(__file__).parent.parent / "gateway" / "fidelity" / "integrations"
HANDLER = "def handler(event, context):\n    return event\n"


def load_cases(*names: str) -> list[Case]:
    """The cases of these files, in their order."""
    return [case for name in names for case in json.loads((FOLDER / f"{name}.json").read_text("utf-8"))]


def write_case(root: Path, case: Case, backend_url: str) -> Path:
    """Write the case's project: its document, and a stage of its name with its variables."""
    stage = {"flavor": "rest", "stageName": case["stage"], "variables": case.get("stage_variables", {})}
    files = {
        "openapi.yaml": _filled(case["openapi"], backend_url),
        "deploy/stages.yaml": {"stages": {"local": _filled(stage, backend_url)}},
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    handler = root / "service" / "handlers" / "fn.py"
    handler.parent.mkdir(parents=True)
    handler.write_text(HANDLER, encoding="utf-8")
    return root


def _filled(value: Any, backend_url: str) -> Any:
    text = json.dumps(value)
    text = text.replace("{{BACKEND_URL}}", backend_url).replace("{{BACKEND_HOST}}", urlsplit(backend_url).netloc)
    return json.loads(text.replace("{{CLIENT_IP}}", "127.0.0.1"))


class CaseRuntime(FakeRuntime):
    """A Lambda whose every function behaves as the case says."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self._behavior: Mapping[str, Any] = case.get("lambda", {})

    def invoke(self, function: str, event: bytes, *, trace_id: str | None = None) -> Invocation:
        self.calls.append((function, json.loads(event)))
        match self._behavior.get("behavior"):
            case "returns":
                return make_invocation(self._behavior["value"])
            case "raises":
                error = {
                    "errorMessage": self._behavior["error_message"],
                    "errorType": self._behavior["error_type"],
                    "requestId": "0f1e2d3c-4b5a-4697-8877-665544332211",
                    "stackTrace": ["  File"],
                }
                return make_invocation(error, error="Unhandled")
        return make_invocation(event)


def set_up_backend(backend: Backend, case: Case) -> None:
    """Have a backend, or what stands for a service of AWS, answer as the case says."""
    said = case.get("backend") or case.get("service", {}).get("answers", {})
    backend.status = said.get("status", 200)
    backend.headers = [(name, value) for name, value in said.get("headers", ())]
    backend.body = b64decode(said["body_base64"]) if "body_base64" in said else (said.get("body") or "").encode()
    backend.echo_body = bool(said.get("echo_body"))
    backend.chunks = [chunk.encode() for chunk in said.get("chunks", ())]
    backend.pause = said.get("pause_between_seconds", 0)


def request_of(case: Case) -> tuple[str, str, list[tuple[str, str]], bytes | None]:
    """The case's request: method, target, headers and body."""
    wire = case["request"]
    body = b64decode(wire["body_base64"]) if wire.get("body_base64") else None
    if body is None and wire.get("body") is not None:
        body = wire["body"].encode()
    return wire["method"], wire["path"], [(name, value) for name, value in wire["headers"]], body


def assert_integration_request(case: Case, seen: list[BackendSaw], calls: list[tuple[str, Any]]) -> None:
    """What reached the function, the backend or the service is what the case recorded."""
    if case.get("expect_integration_called") is False:
        assert seen == [] and calls == []
    expected = case.get("expect_integration_request")
    if expected is None:
        return
    if "lambda_event" in expected or "lambda_event_partial" in expected:
        ((_, event),) = calls
        if "lambda_event" in expected:
            assert event == expected["lambda_event"]
        if "lambda_event_partial" in expected:
            _assert_part(expected["lambda_event_partial"], event)
        return
    (request,) = seen
    _assert_line(expected, request)
    _assert_headers(case, expected, request)
    _assert_body(expected, request)
    if "service" in expected:
        _assert_service(expected, request)


def _assert_line(expected: Mapping[str, Any], request: BackendSaw) -> None:
    assert request.method == expected.get("method", request.method)
    assert request.path == expected.get("path", request.path)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(request.target).query, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    for name, values in expected.get("query", {}).items():
        assert sorted(_split(query.get(name, []))) == sorted(_split(values)), (name, query)
    for name, values in expected.get("query_values_all", {}).items():
        assert sorted(_split(query.get(name, []))) == sorted(_split(values)), (name, query)
    for name in expected.get("query_absent", ()):
        assert name not in query, query


def _split(values: Iterable[str]) -> list[str]:
    return [part for value in values for part in value.split(",")]


def _assert_headers(case: Case, expected: Mapping[str, Any], request: BackendSaw) -> None:
    sent = {name.lower(): value for name, value in case["request"]["headers"]}
    for name, value in expected.get("headers", {}).items():
        assert request.values(name) == [value], (name, request.headers)
    for name in expected.get("headers_present", ()):
        assert request.values(name), (name, request.headers)
    for name in expected.get("headers_absent", ()):
        assert not request.values(name), (name, request.headers)
    for name, pattern in expected.get("header_patterns", {}).items():
        assert re.search(pattern, ", ".join(request.values(name))), (name, request.headers)
    for name, values in expected.get("header_all_values", {}).items():
        assert sorted(map(str.strip, _split(request.values(name)))) == sorted(values), (name, request.headers)
    for name, value in expected.get("header_not_equal", {}).items():
        assert request.values(name) != [value], name
    for name, of_client in expected.get("header_equals_request_header", {}).items():
        if of_client.lower() in sent:
            assert request.values(name) == [sent[of_client.lower()]], name
        else:
            assert request.values(name), name


def _assert_body(expected: Mapping[str, Any], request: BackendSaw) -> None:
    if "body" in expected:
        assert request.body.decode() == expected["body"]
    if "body_base64" in expected:
        assert request.body == b64decode(expected["body_base64"])
    if "body_json" in expected:
        assert json.loads(request.body) == expected["body_json"]
    if "body_json_partial" in expected:
        _assert_part(expected["body_json_partial"], json.loads(request.body))
    for path, keys in expected.get("body_json_keys_exact", {}).items():
        assert sorted(_at(json.loads(request.body), path)) == sorted(keys), path
    if "body_pattern" in expected:
        assert re.search(expected["body_pattern"], request.body.decode())
    for name, value in expected.get("form", {}).items():
        assert dict(parse_qsl(request.body.decode(), keep_blank_values=True)).get(name) == value


def _assert_service(expected: Mapping[str, Any], request: BackendSaw) -> None:
    assert any(f"/{expected['service']}/aws4_request" in value for value in request.values("authorization"))
    params = service_params(request)
    target = "".join(request.values("x-amz-target")).partition(".")[2]
    if "action" in expected:
        assert expected["action"] in (target, params.get("Action"))
    _assert_part(expected.get("params", {}), params)
    for path, value in expected.get("params_embedded_json", {}).items():
        assert json.loads(_at(params, path)) == value
    if "message_attributes" in expected:
        assert _message_attributes(params) == expected["message_attributes"]


def service_params(request: BackendSaw) -> dict[str, Any]:
    """The parameters of an action, whatever the wire protocol."""
    params: dict[str, Any] = dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    if request.values("x-amz-target"):
        return {**params, **json.loads(request.body or b"{}")}
    if request.values("content-type")[:1] == ["application/x-www-form-urlencoded"]:
        params |= dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return params


def _message_attributes(params: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, dict[str, str]] = {}
    for key, value in params.items():
        part = re.fullmatch(r"MessageAttributes?\.(?:entry\.)?(\d+)\.(Name|Value\.(\w+))", key)
        if part is not None:
            found.setdefault(part[1], {})[part[3] or part[2]] = value
    return {entry.pop("Name"): entry for entry in found.values()}


def assert_answer(case: Case, answer: Answer) -> None:
    """The response is the one that the case recorded, in the parts that ``fidelity.assert_response`` does not know."""
    expected = case.get("expect_response") or {}
    text = answer.body.decode("utf-8", "replace")
    if "body_collapsed" in expected:
        assert " ".join(text.split()) == expected["body_collapsed"]
    if "body_contains" in expected:
        assert expected["body_contains"] in text
    for part in expected.get("body_contains_all", ()):
        assert part in text
    if "body_json_partial" in expected:
        _assert_part(expected["body_json_partial"], answer.json())
    assert set(expected.get("body_json_keys_include", ())) <= set(
        answer.json() if "body_json_keys_include" in expected else ()
    )
    if "body_not_json_partial" in expected:
        found = answer.json()
        assert any(found.get(name) != value for name, value in expected["body_not_json_partial"].items())
    if "body_length" in expected:
        assert len(answer.body) == expected["body_length"]


def _assert_part(expected: Any, actual: Any) -> None:
    if isinstance(expected, Mapping):
        assert isinstance(actual, Mapping), actual
        for key, value in expected.items():
            assert key in actual, (key, actual)
            _assert_part(value, actual[key])
    else:
        assert actual == expected


def _at(value: Any, path: str) -> Any:
    for key in () if path == "$" else path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value
