"""Integrations in the document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.project.load import read_project
from tests.support.spec import document, operation, report, write_project

INTEGRATION = "x-amazon-apigateway-integration"


@pytest.mark.parametrize(
    ("flavor", "integration", "lines"),
    [
        ("http", {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn", "payloadFormatVersion": "2.0"}, []),
        ("http", {"type": "aws_proxy", "payloadFormatVersion": 2.0}, []),
        ("rest", {"type": "aws_proxy", "passthroughBehavior": "when_no_match", "responses": {}}, []),
        (
            "http",
            {"type": "mock"},
            [
                "error: an HTTP API has no mock integrations "
                "(leave the integration out: the kit makes it, a Lambda proxy)"
            ],
        ),
        ("rest", {"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": "https://example.com"}, []),
        ("rest", {"type": "aws_prox"}, ["error: an integration can't be of type 'aws_prox' (did you mean aws_proxy?)"]),
        (
            "rest",
            {"type": "aws_proxy", "connectionType": "VPC_LINK"},
            ["error: VPC links are not emulated (remove it)"],
        ),
        (
            "http",
            {"type": "aws_proxy", "cacheKeyParameters": ["method.request.path.id"]},
            ["error: an HTTP API caches no responses (remove it, or set flavor: rest)"],
        ),
        (
            "rest",
            {"type": "aws_proxy", "httpMethod": "GET"},
            ["warning: Lambda is invoked with POST: with GET every call fails with 500 (write POST)"],
        ),
        (
            "http",
            {"type": "aws_proxy", "payloadFormatVersion": "1.0"},
            [
                "error: payloadFormatVersion is 1.0 here and 2.0 in stage 'local' "
                "(set payloadFormat in deploy/stages.yaml)"
            ],
        ),
        (
            "rest",
            {
                "type": "aws_proxy",
                "requestParameters": {"integration.request.header.TE": "'a'", "integration.request.path.a": "'b'"},
            },
            ["warning: mapping the header te makes every call fail with 500 (remove it)"],
        ),
        (
            "rest",
            {"type": "aws_proxy", "integrationSubtype": "SQS-SendMessage"},
            ["error: a REST API has no integrationSubtype (set flavor: http, or write type: aws)"],
        ),
        (
            "http",
            {"type": "aws_proxy", "httpMethod": "ANY", "timeoutInMillis": 1000},
            [],
        ),
        (
            "http",
            {"type": "aws_proxy", "urii": "x"},
            [f"error: unknown key 'urii' in {INTEGRATION} (did you mean uri?)"],
        ),
        (
            "http",
            {"$ref": "#/components/x-amazon-apigateway-integrations/a"},
            [
                "error: an HTTP API has no integrations of type http "
                "(leave the integration out: the kit makes it, a Lambda proxy)"
            ],
        ),
    ],
)
def test_integrations_other_than_the_kits_own_are_errors(
    tmp_path: Path, flavor: str, integration: Any, lines: list[str]
) -> None:
    spec = document(
        {"/a": {"post": operation(**{INTEGRATION: integration})}},
        components={"x-amazon-apigateway-integrations": {"a": {"type": "http"}}},
    )
    assert report(tmp_path, spec, flavor) == lines


def refused(tmp_path: Path, integration: Any, flavor: str = "http") -> list[str]:
    """The errors of a route that has no handler."""
    spec = document({"/a": {"post": {INTEGRATION: integration, "responses": {}}}})
    write_project(tmp_path, spec=json.dumps(spec), stages=json.dumps({"stages": {"local": {"flavor": flavor}}}))
    _, problems = read_project(tmp_path, environ={})
    return [f"{problem.message} ({problem.hint})" for problem in problems if problem.severity == "error"]


PROXY = {
    "type": "http_proxy",
    "httpMethod": "ANY",
    "uri": "https://backend.example.com",
    "payloadFormatVersion": "1.0",
}
STARTS = {
    "type": "aws_proxy",
    "integrationSubtype": "StepFunctions-StartExecution",
    "credentials": "arn:aws:iam::000000000000:role/start",
    "requestParameters": {"StateMachineArn": "arn"},
}


@pytest.mark.parametrize("integration", [PROXY, STARTS, {**PROXY, "payloadFormatVersion": 1.0}])
def test_backends_of_http_apis_need_no_handler(tmp_path: Path, integration: Any) -> None:
    assert refused(tmp_path, integration) == []


def test_a_backend_of_an_http_api_streams_nothing(tmp_path: Path) -> None:
    streamed = {**PROXY, "responseTransferMode": "STREAM"}
    responses = {"200": {"description": "All of it."}, "400": {"description": "No."}}
    spec = document({"/a": {"post": {INTEGRATION: streamed, "responses": responses}}})
    assert report(tmp_path, spec) == ["error: an HTTP API streams no responses (remove it, or set flavor: rest)"]


def test_a_service_that_does_not_run_here_is_a_warning(tmp_path: Path) -> None:
    asks = {
        "type": "aws_proxy",
        "integrationSubtype": "AppConfig-GetConfiguration",
        "credentials": "arn:aws:iam::000000000000:role/read",
        "requestParameters": {"Application": "a", "Environment": "e", "Configuration": "c", "ClientId": "i"},
    }
    responses = {"200": {"description": "The configuration."}, "400": {"description": "No."}}
    assert report(tmp_path, document({"/a": {"post": {INTEGRATION: asks, "responses": responses}}})) == [
        "warning: AppConfig-GetConfiguration is deployed, but the service does not run here: each call of POST /a "
        "fails (call the deployed API)"
    ]


@pytest.mark.parametrize(
    ("integration", "lines"),
    [
        (
            {**PROXY, "uri": "backend.example.com"},
            ["an HTTP proxy integration needs the URL of its backend (write uri: https://…)"],
        ),
        (
            {key: value for key, value in PROXY.items() if key != "httpMethod"},
            ["an HTTP proxy integration needs the method of its backend (write httpMethod: ANY)"],
        ),
        (
            {**PROXY, "payloadFormatVersion": "2.0"},
            ['payloadFormatVersion is 2.0, which is for functions (write "1.0")'],
        ),
        (
            {**PROXY, "requestParameters": {"append:header.Via": "x"}},
            ["the header Via is reserved and can't be mapped (use a header of your own)"],
        ),
        (
            {**PROXY, "requestParameters": {"overwrite:statuscode": "200"}},
            [
                "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid Request "
                "Actioned Parameter destination specified: overwrite:statuscode] (write append, overwrite or remove, "
                "then :header.NAME or :querystring.NAME; or overwrite:path)"
            ],
        ),
        (
            {**PROXY, "requestParameters": {"overwrite:header.h": "$request.body..a"}},
            ["$request.body..a: .. and filters are not for HTTP APIs (name each step of the path)"],
        ),
        (
            {**PROXY, "responseParameters": {"200": {"overwrite:statuscode": "1000"}}},
            ["'1000' is no status code of a response (write one from 200 to 599)"],
        ),
        (
            {**PROXY, "responseParameters": {"2XX": {}}},
            ["'2XX' is no status code whose responses can be mapped (write one from 200 to 599)"],
        ),
        (
            {**PROXY, "requestParameters": {"append:header.x-a": "$response.header.a"}},
            [
                "$response.header.a has no value in a mapping of requests (known: $request.header, "
                "$request.querystring, $request.body, $request.path, $context.NAME)"
            ],
        ),
        (
            {**PROXY, "requestParameters": {"append:header.x-a": "${request.body..a}"}},
            ["$request.body..a: .. and filters are not for HTTP APIs (name each step of the path)"],
        ),
        (
            {**STARTS, "requestParameters": {"stateMachineArn": "arn"}},
            [
                "Parameter: stateMachineArn does not fit schema for Operation: StepFunctions-StartExecution. "
                "(did you mean StateMachineArn?)",
                "StepFunctions-StartExecution needs the parameter StateMachineArn (add it to requestParameters)",
            ],
        ),
        (
            {**STARTS, "integrationSubtype": "SQS-SendMessages"},
            ["API Gateway has no integration 'SQS-SendMessages' (did you mean SQS-SendMessage?)"],
        ),
        (
            {key: value for key, value in STARTS.items() if key != "credentials"},
            [
                "an AWS service integration needs credentials, the role that API Gateway assumes "
                "(write the ARN of a role, or {Fn::GetAtt: [ROLE, Arn]} for one of deploy/resources.yaml)"
            ],
        ),
    ],
)
def test_a_backend_that_api_gateway_refuses_is_an_error(tmp_path: Path, integration: Any, lines: list[str]) -> None:
    assert refused(tmp_path, integration) == lines


@pytest.mark.parametrize(
    ("integration", "lines"),
    [
        (
            {"type": "HTTP_PROXY"},
            [
                "Enumeration value for HttpMethod must be non-empty (name the backend's method in httpMethod)",
                "Invalid HTTP endpoint specified for URI (write the backend's URL, as https://example.com/{id})",
            ],
        ),
        (
            {"type": "http", "httpMethod": "GET"},
            ["Invalid HTTP endpoint specified for URI (write the backend's URL, as https://example.com/{id})"],
        ),
        (
            {"type": "aws", "httpMethod": "POST"},
            ["Invalid ARN specified in the request (write arn:aws:apigateway:REGION:SERVICE:path/… or :action/…)"],
        ),
    ],
)
def test_a_backend_of_a_rest_api_that_api_gateway_refuses_is_an_error(
    tmp_path: Path, integration: Any, lines: list[str]
) -> None:
    assert refused(tmp_path, integration, "rest") == lines
