"""Rules for what operations say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.spec import document, operation, report


def test_responses_are_documented_under_their_statuses(tmp_path: Path) -> None:
    assert report(tmp_path, document({"/a": {"get": {"operationId": "act"}}})) == [
        'error: GET /a has no responses (add them, such as "200": {description: …})'
    ]
    assert report(tmp_path, document({"/a": {"get": operation(responses={})}})) == [
        "warning: the responses of GET /a are empty: the contract run has nothing to hold it to (document them)"
    ]
    odd = {
        "2xx": {"description": "a"},
        "999": {"description": "a"},
        "4XX": {"description": "a"},
        "default": {"description": "a"},
    }
    assert report(tmp_path, document({"/a": {"get": operation(responses=odd)}})) == [
        'error: \'2xx\' is no status of a response (write it as "200", "4XX" or default)',
        'error: \'999\' is no status of a response (write it as "200", "4XX" or default)',
    ]


def test_a_get_has_no_body(tmp_path: Path) -> None:
    body: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
    assert report(tmp_path, document({"/a": {"get": operation(requestBody=body)}})) == [
        "warning: GET with a body has no meaning in HTTP, and CloudFront refuses it (use POST, or query parameters)"
    ]
    assert report(tmp_path, document({"/a": {"post": operation(requestBody={"content": {}})}})) == [
        "error: the request body of POST /a has no content (add its media type, such as application/json)"
    ]


def test_functions_that_run_longer_than_the_gateway_waits_are_named_together(tmp_path: Path) -> None:
    slow = {"x-homeport": {"timeout": 60}}
    spec = document({"/a": {"get": operation(**slow)}, "/b": {"get": operation(**{**slow, "operationId": "actAgain"})}})
    handler = tmp_path / "service/handlers/act_again.py"
    handler.parent.mkdir(parents=True, exist_ok=True)
    handler.write_text("def handler(event, context): ...\n")
    assert report(tmp_path, spec) == [
        "warning: the functions act, act-again may run 60 s, but the gateway waits 30 s (set a timeout of at most 30)"
    ]


def test_a_function_may_not_run_longer_than_the_gateway_waits(tmp_path: Path) -> None:
    spec = document({"/a": {"get": operation(**{"x-homeport": {"timeout": 60}})}})
    assert report(tmp_path, spec) == [
        "warning: the function act may run 60 s, but the gateway waits 30 s (set a timeout of at most 30)"
    ]


def test_a_wrapper_script_of_a_function_in_python_is_named(tmp_path: Path) -> None:
    own = {"x-homeport": {"handler": "act", "environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument"}}}
    assert report(tmp_path, document({"/a": {"get": operation(**own)}})) == [
        "warning: AWS_LAMBDA_EXEC_WRAPPER of act is deployed, but not emulated: python3.13 starts without it here "
        "(functions must do without it)"
    ]
