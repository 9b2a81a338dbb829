"""Integrations in the document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import document, operation, report

INTEGRATION = "x-amazon-apigateway-integration"


@pytest.mark.parametrize(
    ("flavor", "integration", "lines"),
    [
        ("http", {"type": "AWS_PROXY", "httpMethod": "POST", "uri": "arn", "payloadFormatVersion": "2.0"}, []),
        ("http", {"type": "aws_proxy", "payloadFormatVersion": 2.0}, []),
        ("rest", {"type": "aws_proxy", "passthroughBehavior": "when_no_match", "responses": {}}, []),
        (
            "rest",
            {"type": "mock"},
            ["error: MOCK integrations are not emulated (leave the integration out: the kit makes it, a Lambda proxy)"],
        ),
        (
            "http",
            {"type": "HTTP_PROXY"},
            [
                "error: HTTP proxy integrations are not emulated "
                "(leave the integration out: the kit makes it, a Lambda proxy)"
            ],
        ),
        (
            "rest",
            {"type": "aws"},
            [
                "error: non-proxy Lambda and AWS service integrations are not emulated "
                "(leave the integration out: the kit makes it, a Lambda proxy)"
            ],
        ),
        ("rest", {"type": "aws_prox"}, ["error: an integration can't be of type 'aws_prox' (did you mean aws_proxy?)"]),
        (
            "rest",
            {"type": "aws_proxy", "connectionType": "VPC_LINK"},
            ["error: VPC links are not emulated (remove it)"],
        ),
        (
            "rest",
            {"type": "aws_proxy", "cacheKeyParameters": ["a"]},
            ["error: response caching is not emulated (remove it)"],
        ),
        (
            "rest",
            {"type": "http", "httpMethod": "GET"},
            ["error: HTTP integrations are not emulated (leave the integration out: the kit makes it, a Lambda proxy)"],
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
            "http",
            {"type": "aws_proxy", "integrationSubtype": "SQS-SendMessage"},
            ["error: AWS service integrations are not emulated (call the service from the function)"],
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
            ["error: HTTP integrations are not emulated (leave the integration out: the kit makes it, a Lambda proxy)"],
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
