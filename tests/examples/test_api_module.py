"""``service/api.py`` of the projects ``crud`` and ``blank``: who calls, and what is no JSON in UTF-8."""

from __future__ import annotations

import base64
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.unit

EXAMPLES = Path(__file__).parents[2] / "examples"
V2: Mapping[str, Any] = {"version": "2.0", "rawPath": "/notes", "headers": {}, "requestContext": {}}
V1: Mapping[str, Any] = {"headers": {}, "requestContext": {"path": "/local/notes"}}

Handle = Callable[[Mapping[str, Any]], Any]


@pytest.fixture(params=["crud", "blank"])
def handle(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Return a function that gives an event to a handler, and returns its call and its response."""
    service = ModuleType("service")
    service._validators = SimpleNamespace(  # type: ignore[attr-defined]
        parameters=lambda name, **given: ({"path": given["path"], "query": {}}, []),
        missing_body=lambda name: [],
        media_types=lambda name: ("application/json",),
        body=lambda name, body, media_type: [],
    )
    monkeypatch.setitem(sys.modules, "service", service)
    module = runpy.run_path(str(EXAMPLES / request.param / "service" / "api.py"))
    calls: list[Any] = []

    def answer(call: Any) -> Any:
        calls.append(call)
        return module["Response"](204)

    def run(event: Mapping[str, Any]) -> Any:
        response = module["operation"]("noteIt")(answer)(event, None)
        return SimpleNamespace(call=calls[-1] if calls else None, status=response["statusCode"])

    return run


@pytest.mark.parametrize(
    ("event", "authorizer", "found"),
    [
        (V2, {"jwt": {"claims": {"sub": "ann"}, "scopes": None}}, {"sub": "ann"}),
        (V2, {"lambda": {"user": "ann"}}, {"user": "ann"}),
        (V1, {"claims": {"sub": "ann"}, "scopes": ["read"]}, {"sub": "ann"}),
        (V1, {"principalId": "ann", "user": "ann"}, {"principalId": "ann", "user": "ann"}),
        (V2, None, {}),
        (V1, {}, {}),
    ],
)
def test_handler_learns_who_calls_from_each_authorizer(
    handle: Handle, event: Mapping[str, Any], authorizer: Any, found: Mapping[str, Any]
) -> None:
    context = {**event["requestContext"], **({} if authorizer is None else {"authorizer": authorizer})}
    assert handle({**event, "requestContext": context}).call.authorizer == found


def test_parts_of_a_path_are_decoded_once(handle: Handle) -> None:
    assert handle({**V2, "pathParameters": {"id": "a%2Fb"}}).call.path == {"id": "a%2Fb"}
    assert handle({**V1, "pathParameters": {"id": "a%2Fb"}}).call.path == {"id": "a/b"}


@pytest.mark.parametrize(
    ("body", "encoded"),
    [('{"a": "\ufffd"}', False), ('{"a": "\\ud800"}', False), (base64.b64encode(b'{"a": "\xff"}').decode(), True)],
)
def test_body_that_is_no_utf_8_is_refused(handle: Handle, body: str, encoded: bool) -> None:
    assert handle({**V2, "body": body, "isBase64Encoded": encoded}).status == 400


def test_body_in_utf_8_is_taken(handle: Handle) -> None:
    assert handle({**V2, "body": '{"a": "é😀"}', "isBase64Encoded": False}).call.body == {"a": "é😀"}
