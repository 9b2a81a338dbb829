"""``homeport render``: the mappings of a described request, step by step, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.cli import main
from homeport.errors import HomeportError
from homeport.gateway.sample import Sample, SampleInputs
from homeport.gateway.sample_mapping import SampleAnswer, sample_mapping
from homeport.project.load import load_project
from homeport.project.project import Project
from tests.support.gateway import RECEIVED
from tests.support.made_project import Made, Route, write_project

INPUTS = SampleInputs(RECEIVED, bytes)
_INTEGRATION = "x-amazon-apigateway-integration"
_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:store"
_HANDLER = "def handler(event, context):\n    return event\n"


def route(path: str, integration: dict[str, Any], handler: str | None = None) -> Route:
    """Return a POST whose method declares the statuses 200, 404 and 500."""
    declared = {"responses": {status: {"description": status} for status in ("200", "404", "500")}}
    parameter = {"name": "X-From", "in": "header", "schema": {"type": "string"}}
    extra = {**declared, "parameters": [parameter], _INTEGRATION: integration}
    return Route("POST", path, handler, extra) if handler else Route("POST", path, extra=extra)


_MOCK = {
    "type": "mock",
    "requestTemplates": {
        "application/json": "#set($context.responseOverride.header.X-Seen = 'yes'){statusCode: $input.path('$.code')}"
    },
    "responses": {
        "default": {"statusCode": "200", "responseTemplates": {"application/json": '{"ok": true}'}},
        "4\\d{2}": {"statusCode": "404", "responseTemplates": {"application/json": '{"missing": true}'}},
    },
}
_LAMBDA = {
    "type": "aws",
    "httpMethod": "POST",
    "uri": f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{_FUNCTION}/invocations",
    "requestTemplates": {"application/json": '{"name": $input.json(\'$.name\'), "q": "$input.params(\'q\')"}'},
    "responses": {
        "default": {"statusCode": "200"},
        "\\[404\\].*": {
            "statusCode": "404",
            "responseTemplates": {"application/json": '{"message": "$input.path(\'$.errorMessage\')"}'},
        },
    },
}
_QUEUE = {
    "type": "aws",
    "httpMethod": "POST",
    "uri": "arn:aws:apigateway:eu-west-1:sqs:path/000000000000/jobs",
    "credentials": "arn:aws:iam::000000000000:role/sends",
    "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
    "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    "responses": {"default": {"statusCode": "200"}},
}
_HTTP = {
    "type": "http",
    "httpMethod": "PUT",
    "uri": "https://backend.example.com/orders",
    "requestParameters": {"integration.request.querystring.from": "method.request.header.X-From"},
    "responses": {"default": {"statusCode": "200"}},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    routes = (
        route("/mock", _MOCK),
        route("/lambda", _LAMBDA, _HANDLER),
        route("/queue", _QUEUE),
        route("/http", _HTTP),
        Route("GET", "/proxy"),
    )
    root = write_project(tmp_path_factory.mktemp("render") / "project", Made(routes, flavor="rest", stage_name="dev"))
    return load_project(root, environ={})


def steps(project: Project, operation: str, answer: SampleAnswer | None = None, **sample: Any) -> dict[str, str]:
    """Return the texts of the steps by their titles."""
    found = project.api.operations_by_id[operation]
    return {step.title: step.text for step in sample_mapping(project, found, Sample(**sample), INPUTS, answer)}


def test_mock_is_rendered_to_the_end(project: Project) -> None:
    rendered = steps(project, "route0", body=b'{"code": 404}')
    assert rendered == {
        "request template for application/json": "{statusCode: 404}",
        "overrides of the request template": "responseOverride.header.X-Seen: yes",
        "status of the mock": "404",
        "integration response": "selectionPattern 4\\d{2}: 404",
        "response template for application/json": '{"missing": true}',
        "response to the client": rendered["response to the client"],
    }
    assert rendered["response to the client"].startswith("404\n")
    assert "X-Seen: yes" in rendered["response to the client"]


def test_event_of_a_function_is_what_the_template_makes(project: Project) -> None:
    rendered = steps(project, "route1", body=b'{"name": "a\\"b"}', query=[("q", "x y")])
    assert rendered["event of the function route1"] == '{"name": "a\\"b", "q": "x y"}'
    assert "response to the client" not in rendered


def test_error_of_a_function_selects_its_integration_response(project: Project) -> None:
    answer = SampleAnswer(b'{"errorMessage": "[404] no such item"}')
    rendered = steps(project, "route1", answer, body=b'{"name": "a"}')
    assert rendered["integration response"] == "selectionPattern \\[404\\].*: 404"
    assert rendered["response template for application/json"] == '{"message": "[404] no such item"}'


def test_request_to_a_service_is_shown_with_its_headers(project: Project) -> None:
    rendered = steps(project, "route2", body=b'{"a": 1}')
    assert rendered["request template for application/json"] == "Action=SendMessage&MessageBody=%7B%22a%22%3A+1%7D"
    head = rendered["request to sqs in eu-west-1"].split("\n")
    assert head[0] == "POST /000000000000/jobs"
    assert "Content-Type: application/x-www-form-urlencoded" in head


def test_request_to_an_http_backend_has_its_mapped_parameters(project: Project) -> None:
    rendered = steps(project, "route3", SampleAnswer(b"done"), body=b"{}", headers=[("X-From", "a b")])
    assert rendered["request body, passed through"] == "{}"
    assert rendered["request to the backend"].startswith("PUT https://backend.example.com/orders?from=a%20b\n")
    assert rendered["integration response"] == "the default one: 200"
    assert rendered["response body, passed through"] == "done"


def test_call_that_ends_with_an_error_says_which(project: Project) -> None:
    with pytest.raises(HomeportError, match="BAD_REQUEST: Invalid JSON in request body"):
        steps(project, "route0", body=b"{broken")
    with pytest.raises(HomeportError, match="makes no integer statusCode"):
        steps(project, "route0", body=b'{"code": "x"}')
    with pytest.raises(HomeportError, match="without mapping templates"):
        steps(project, "route4")


def test_command_prints_the_steps(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", "route1", "--project", str(project.root), "--body", '{"name": "a"}', "--answer", "{}"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        '── request template for application/json\n{"name": "a", "q": ""}\n\n── event of the function'
    )
    assert "── integration response\nthe default one: 200\n" in printed
