"""Integrations of REST APIs as they are read, and what API Gateway refuses in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from homeport.errors import Problem
from homeport.project.check import check_project
from homeport.project.integrations import Integration, LambdaProxy
from homeport.project.integrations.rest_api import (
    HttpCustom,
    HttpProxy,
    LambdaCustom,
    MappedMock,
    ServiceIntegration,
)
from homeport.project.load import load_project, read_project

INTEGRATION = "x-amazon-apigateway-integration"
LAMBDA = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function"
SQS = "arn:aws:apigateway:us-east-1:sqs:path/1/jobs"
DECLARED = {
    "parameters": [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "q", "in": "query", "schema": {"type": "string"}},
        {"name": "X-Own", "in": "header", "schema": {"type": "string"}},
    ],
    "responses": {
        "200": {"description": "ok", "headers": {"X-Id": {"schema": {"type": "string"}}}},
        "404": {"description": "none"},
    },
}


def read(root: Path, integration: Any, **stage: Any) -> tuple[Integration | None, list[Problem]]:
    """The integration as it is read, None without one, and everything that is said of it."""
    operation = {**DECLARED, INTEGRATION: integration}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a/{id}": {"post": operation}}}
    settings = {"flavor": "rest", **stage}
    handler = root / "service" / "handlers" / "work.py"
    handler.parent.mkdir(parents=True, exist_ok=True)
    handler.write_text("def handler(event, context):\n    return event\n")
    (root / "deploy").mkdir(exist_ok=True)
    (root / "deploy" / "stages.yaml").write_text(yaml.safe_dump({"stages": {"local": settings}}))
    (root / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    project, problems = read_project(root, environ={})
    assert project is not None
    found = project.api.operations[0].integration if project.api.operations else None
    return found, [*problems, *check_project(project)]


def errors(problems: list[Problem]) -> list[str]:
    return [problem.message for problem in problems if problem.severity == "error"]


def test_a_function_of_type_aws_is_named_by_its_arn(tmp_path: Path) -> None:
    found, problems = read(tmp_path, {"type": "aws", "httpMethod": "POST", "uri": f"{LAMBDA}:work/invocations"})
    assert isinstance(found, LambdaCustom)
    assert errors(problems) == []
    (function,) = load_project(tmp_path, environ={}).api.functions.values()
    assert (function.name, function.handler) == (found.function, "service.handlers.work.handler")


def test_a_stage_variable_names_the_function(tmp_path: Path) -> None:
    uri = f"{LAMBDA}:${{stageVariables.fn}}/invocations"
    found, problems = read(tmp_path, {"type": "aws", "httpMethod": "POST", "uri": uri}, variables={"fn": "work"})
    assert isinstance(found, LambdaCustom) and errors(problems) == []
    proxy, _ = read(tmp_path, {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}, variables={"fn": "work"})
    assert proxy == LambdaProxy(found.function)
    found, problems = read(tmp_path, {"type": "aws", "httpMethod": "POST", "uri": uri})
    assert found is None
    assert errors(problems) == ["the stage has no value for the variable that names the function"]


def test_a_service_is_read_with_its_role(tmp_path: Path) -> None:
    written = {"type": "AWS", "httpMethod": "post", "uri": SQS, "credentials": "arn:aws:iam::1:role/r"}
    found, problems = read(tmp_path, written)
    assert isinstance(found, ServiceIntegration)
    assert (found.service, found.method, found.credentials) == ("sqs", "POST", "arn:aws:iam::1:role/r")
    assert [problem.message for problem in problems if "credentials" in problem.message] == []


def test_a_service_of_the_stack_is_named_by_fn_sub(tmp_path: Path) -> None:
    uri = {"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/jobs"}
    role = {"Fn::GetAtt": ["Sender", "Arn"]}
    found, problems = read(tmp_path, {"type": "aws", "httpMethod": "POST", "uri": uri, "credentials": role})
    assert errors(problems) == []
    assert isinstance(found, ServiceIntegration)
    assert found.uri == "arn:aws:apigateway:us-east-1:sqs:path/000000000000/jobs"
    assert (found.service, found.written_uri, found.credentials) == ("sqs", uri, role)


def test_a_template_of_the_stack_is_worked_out(tmp_path: Path) -> None:
    written = {"Fn::Sub": "Region=${AWS::Region}&Body=${!input.body}"}
    templates = {"text/plain": "T", "application/json": written, "text/csv": {"Fn::ImportValue": "other"}}
    found, problems = read(
        tmp_path,
        {"type": "aws", "httpMethod": "POST", "uri": SQS, "credentials": "r", "requestTemplates": templates},
    )
    assert errors(problems) == []
    assert isinstance(found, ServiceIntegration)
    assert found.mapping.templates == (
        ("text/plain", "T"),
        ("application/json", "Region=us-east-1&Body=${input.body}"),
        ("text/csv", ""),
    )
    assert found.mapping.written_templates["application/json"] == written
    assert found.mapping.unknown_templates == ("text/csv",)
    assert any("the template for text/csv of the integration of" in problem.message for problem in problems)


@pytest.mark.parametrize("kind", ["http", "http_proxy"])
def test_a_url_of_the_stack_is_worked_out(tmp_path: Path, kind: str) -> None:
    uri = {"Fn::Sub": "https://${AWS::Region}.example.com/${!stageVariables.path}/{id}"}
    found, problems = read(tmp_path, {"type": kind, "httpMethod": "GET", "uri": uri})
    assert errors(problems) == []
    assert isinstance(found, HttpCustom | HttpProxy)
    assert (found.uri, found.written_uri) == ("https://us-east-1.example.com/${stageVariables.path}/{id}", uri)


@pytest.mark.parametrize(("text", "is_url"), [("ftp://${AWS::Region}", False), ("${Other}/x", True)])
def test_a_url_of_the_stack_that_is_none_of_http_is_refused(tmp_path: Path, text: str, is_url: bool) -> None:
    _, problems = read(tmp_path, {"type": "http_proxy", "httpMethod": "GET", "uri": {"Fn::Sub": text}})
    assert errors(problems) == ([] if is_url else ["Invalid HTTP endpoint specified for URI"])


def test_an_http_integration_is_read_with_all_its_mappings(tmp_path: Path) -> None:
    found, problems = read(
        tmp_path,
        {
            "type": "http",
            "httpMethod": "GET",
            "uri": "https://example.com/{id}",
            "timeoutInMillis": 2500,
            "passthroughBehavior": "never",
            "contentHandling": "CONVERT_TO_TEXT",
            "requestTemplates": {"application/json": "T", "text/csv": None},
            "requestParameters": {
                "integration.request.path.id": "method.request.path.id",
                "integration.request.querystring.qs": "method.request.multivaluequerystring.q",
                "integration.request.header.X-Own": "method.request.header.X-Own",
            },
            "responses": {
                "default": {"statusCode": 404, "contentHandling": "CONVERT_TO_BINARY"},
                "2..": {
                    "statusCode": "200",
                    "responseParameters": {"method.response.header.X-Id": "integration.response.body.id"},
                    "responseTemplates": {"text/xml": "X"},
                },
            },
        },
    )
    assert errors(problems) == []
    assert isinstance(found, HttpCustom)
    assert (found.method, found.uri) == ("GET", "https://example.com/{id}")
    made = found.mapping
    assert (made.timeout, made.passthrough, made.content_handling) == (2.5, "never", "CONVERT_TO_TEXT")
    assert made.templates == (("application/json", "T"),)
    assert [(one.place, one.name, one.value.text) for one in made.parameters] == [
        ("path", "id", "method.request.path.id"),
        ("querystring", "qs", "method.request.multivaluequerystring.q"),
        ("header", "X-Own", "method.request.header.X-Own"),
    ]
    assert made.statuses == {200, 404}
    first, default = made.responses
    assert (first.pattern, first.status, first.templates) == ("2..", 200, (("text/xml", "X"),))
    assert [(name, value.text) for name, value in first.headers] == [("X-Id", "integration.response.body.id")]
    assert (default.pattern, default.status, default.content_handling) == ("", 404, "CONVERT_TO_BINARY")


def test_an_http_proxy_and_a_mock_need_no_function(tmp_path: Path) -> None:
    uri = "http://${stageVariables.host}:81/${stageVariables.path}?{id}"
    found, problems = read(tmp_path, {"type": "http_proxy", "httpMethod": "ANY", "uri": uri})
    assert found == HttpProxy(uri, "ANY")
    assert errors(problems) == []
    found, problems = read(tmp_path, {"type": "mock", "requestTemplates": {"application/json": "{}"}})
    assert isinstance(found, MappedMock)
    assert errors(problems) == []


INVALID = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
PARAMETER = "[Invalid mapping expression parameter specified: {}]"


def http(**settings: Any) -> dict[str, Any]:
    return {"type": "http", "httpMethod": "GET", "uri": "http://a.example", **settings}


@pytest.mark.parametrize(
    ("integration", "message"),
    [
        ({"type": "http", "uri": "http://a"}, "Enumeration value for HttpMethod must be non-empty"),
        ({"type": "aws", "uri": SQS}, "Enumeration value for HttpMethod must be non-empty"),
        (http(httpMethod="FETCH"), "there is no method FETCH"),
        (http(uri="a.example"), "Invalid HTTP endpoint specified for URI"),
        (http(uri=None), "Invalid HTTP endpoint specified for URI"),
        (http(type="http_proxy", uri="ftp://a"), "Invalid HTTP endpoint specified for URI"),
        (http(type="aws", uri="https://a"), "Invalid ARN specified in the request"),
        (http(type="aws"), "Invalid ARN specified in the request"),
        (http(type="aws", uri="arn:aws:sqs:us-east-1:1:jobs"), "AWS ARN for integration must contain path or action"),
        (
            http(requestParameters={"integration.request.header.A": "method.request.header.None"}),
            INVALID + PARAMETER.format("method.request.header.None"),
        ),
        (
            http(requestParameters={"integration.request.header.A": "plain"}),
            INVALID + PARAMETER.format("plain"),
        ),
        (
            http(requestParameters={"integration.request.cookie.A": "'x'"}),
            INVALID + PARAMETER.format("integration.request.cookie.A"),
        ),
        (
            http(
                responses={"default": {"statusCode": 200, "responseParameters": {"method.response.header.None": "'1'"}}}
            ),
            INVALID + PARAMETER.format("method.response.header.None"),
        ),
        (
            http(
                responses={
                    "default": {"statusCode": 200, "responseParameters": {"method.response.header.X-Id": "plain"}}
                }
            ),
            INVALID + PARAMETER.format("plain"),
        ),
        (http(responses={"(": {"statusCode": 200}}), "the pattern '(' is no regular expression"),
        (http(responses={"default": {}}), "an integration response needs a statusCode of three digits"),
        (http(passthroughBehavior="always"), "there is no passthroughBehavior 'always'"),
        (http(contentHandling="TEXT"), "there is no contentHandling 'TEXT'"),
        (http(responseTransferMode="STREAM"), "only http_proxy and aws_proxy integrations stream their responses"),
        (http(type="aws_proxy", uri="https://a"), "Invalid ARN specified in the request"),
        (http(type="aws_proxy", uri="arn:aws:iam::1:role/r"), "AWS ARN for integration must contain path or action"),
        (http(type="aws_proxy", uri=SQS), "Integrations of type 'AWS_PROXY' currently only supports Lambda"),
        ({"type": "aws_proxy", "uri": f"{LAMBDA}:work/invocations"}, "Enumeration value for HttpMethod"),
        (http(connectionType="VPC_LINK"), "VPC links are not emulated"),
        (http(tlsConfig={"insecureSkipVerification": True}), "TLS settings of a backend"),
        (http(requestTemplate={}), "unknown key 'requestTemplate'"),
    ],
)
def test_an_integration_that_api_gateway_refuses_is_a_finding_with_its_line(
    tmp_path: Path, integration: Any, message: str
) -> None:
    _, problems = read(tmp_path, integration)
    found = [problem for problem in problems if problem.severity == "error"]
    assert [problem.message for problem in found if not problem.message.startswith(message)] == []
    assert len(found) == 1 and found[0].file == "openapi.yaml" and found[0].line


@pytest.mark.parametrize(
    ("integration", "message"),
    [
        (http(responses={"default": {"statusCode": 201}}), "the method declares no response 201"),
        ({"type": "mock"}, "a mock without a request template has no status: every call is answered with 500"),
    ],
)
def test_an_integration_that_fails_at_every_call_is_a_warning(tmp_path: Path, integration: Any, message: str) -> None:
    found, problems = read(tmp_path, integration)
    assert found is not None
    assert errors(problems) == []
    assert [problem.message for problem in problems if problem.message.startswith(message)] != []
