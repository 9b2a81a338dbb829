"""The recorded cases of tests/gateway/fidelity: how to read one, and what it asserts.

``request`` is as on the wire (REST: the path with its stage), ``route`` the template, stage and configuration,
``handler_behavior`` what the function does. What is expected of the event and the response is partial: only what a
case lists is compared, exactly; ``<…>`` stands for any value.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from homeport.gateway.context import Deployment
from homeport.gateway.http.message import Request
from homeport.http_headers import Header
from homeport.project.cors import Cors
from homeport.project.model import Operation
from tests.support.gateway import make_deployment, make_operation, make_request

Case = Mapping[str, Any]

FOLDER = Path(__file__).parent.parent / "gateway" / "fidelity"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")


def load_cases() -> list[Case]:
    """Every recorded case, in file order."""
    return [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text("utf-8"))]


def flavor(case: Case) -> Literal["http", "rest"]:
    """The case's kind of API."""
    return "http" if case["product"] == "HTTP API" else "rest"


def stage(case: Case) -> str:
    """The stage that the case's API has; a REST case that names none has it as its path's first segment."""
    route = case["route"]
    named: str | None = route.get("stage") or next(iter(route.get("stages", ())), None)
    if named:
        return named
    return "$default" if flavor(case) == "http" else case["request"]["path"].split("?")[0].split("/")[1]


def deployment(case: Case) -> Deployment:
    """The case's API as deployed."""
    return make_deployment(
        flavor=flavor(case),
        payload_format=case["payload_format"],
        stage=stage(case),
        binary_media_types=tuple(case["route"].get("binaryMediaTypes", ())),
    )


def request(case: Case) -> Request:
    """The case's request; the body as text, base64, or none."""
    wire = case["request"]
    body = b64decode(wire["body_base64"]) if wire.get("body_base64") else (wire.get("body") or "").encode()
    headers = [(name, value.encode().decode("latin-1")) for name, value in wire["headers"]]
    return make_request(method=wire["method"], target=wire["path"], headers=headers, body=body)


def operations(case: Case) -> list[Operation]:
    """The case's routes. A case that says nothing about them has one route for whatever it requests."""
    route, wire = case["route"], case["request"]
    if "resources" in route:
        pairs = [resource.rsplit(" ", 1) for resource in route["resources"]]
        return [make_operation(method=method, path=path) for path, method in pairs]
    template = route.get("template")
    if template is None:
        inside = wire["path"].split("?")[0].removeprefix(f"/{stage(case)}")
        return [make_operation(method=wire["method"], path=inside or "/")]
    if template == "$default":
        return [make_operation(method="ANY", path="/$default")]
    first, _, path = template.partition(" ")
    if first in _METHODS and path:
        return [make_operation(method=first, path=path)]
    methods = route.get("methods") or [route.get("method", "ANY")]
    return [make_operation(method=method, path=template) for method in methods]


def cors(case: Case) -> Cors | None:
    """The case's CORS configuration, None where it has none. Its keys are those of AWS's API for HTTP APIs."""
    configured = case["route"].get("cors")
    return None if configured is None else Cors(allow_origins=tuple(configured["AllowOrigins"]))


def assert_event(case: Case, event: Mapping[str, Any]) -> None:
    """The event that the function got is the one that the case recorded."""
    if case.get("expect_event") and not case.get("event_is_shape_only"):
        _assert_part(case["expect_event"], event, "$")
    for path in case.get("expect_event_absent", ()):
        assert not _has(event, path), f"{path} is {_at(event, path)!r}, expected absent"
    for path in case.get("expect_event_absent_or_null", ()):
        assert not _has(event, path) or _at(event, path) is None, f"{path} is {_at(event, path)!r}"
    for path in case.get("expect_event_present", ()):
        assert _has(event, path), f"{path} is absent"
    for path, keys in case.get("expect_event_keys_exact", {}).items():
        assert sorted(_at(event, path)) == sorted(keys), path
    for path, pattern in case.get("expect_event_patterns", {}).items():
        assert re.search(pattern, str(_at(event, path))), f"{path} is {_at(event, path)!r}, expected {pattern}"


def assert_authorizer_event(case: Case, event: Mapping[str, Any]) -> None:
    """The event that the authorizer got is the one that the case recorded; absent parts are not required."""
    _assert_part(case["expect_authorizer_event"], event, "$")
    assert set(event) <= set(case.get("expect_authorizer_event_keys", event))


def assert_response(case: Case, status: int, headers: Iterable[Header], body: bytes) -> None:
    """The response is the one that the case recorded. ``headers`` without Content-Length get it from ``body``."""
    expected = case.get("expect_response") or {}
    lines = list(headers)
    if not any(name.lower() == "content-length" for name, _ in lines):
        lines.append(("Content-Length", str(len(body))))
    if "status" in expected:
        assert status == expected["status"]
    _assert_headers(expected, lines)
    if "body" in expected:
        assert body.decode() == expected["body"]
    if "body_json" in expected:
        assert json.loads(body) == expected["body_json"]
    if "body_base64" in expected:
        assert body == b64decode(expected["body_base64"])
    if "body_pattern" in expected:
        assert re.search(expected["body_pattern"], body.decode())


def _assert_headers(expected: Mapping[str, Any], lines: list[Header]) -> None:
    values: dict[str, list[str]] = {}
    for name, value in lines:
        values.setdefault(name.lower(), []).append(value)
    for name, value in expected.get("headers", {}).items():
        assert ", ".join(values.get(name.lower(), [])) == value, name
    for name, several in expected.get("header_values", {}).items():
        assert values.get(name.lower()) == several, name
    for name in expected.get("headers_present", ()):
        assert name.lower() in values, name
    for name in expected.get("headers_absent", ()):
        assert name.lower() not in values, name
    for name, pattern in expected.get("header_patterns", {}).items():
        assert re.search(pattern, ", ".join(values.get(name.lower(), []))), name
    assert set(expected.get("header_names_exact", ())) <= {name for name, _ in lines}


def _assert_part(expected: Any, actual: Any, path: str) -> None:
    if isinstance(expected, str) and expected.startswith("<") and expected.endswith(">"):
        return
    if isinstance(expected, Mapping) and expected:
        assert isinstance(actual, Mapping), f"{path} is {actual!r}, expected {expected!r}"
        for key, value in expected.items():
            assert key in actual, f"{path}.{key} is absent, expected {value!r}"
            _assert_part(value, actual[key], f"{path}.{key}")
        return
    assert actual == expected, f"{path} is {actual!r}, expected {expected!r}"


def _at(event: Any, path: str) -> Any:
    for key in () if path == "$" else path.split("."):
        event = event[key]
    return event


def _has(event: Any, path: str) -> bool:
    *parents, last = path.split(".")
    for key in parents:
        event = event.get(key) or {}
    return last in event
