"""Rules for CORS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import check_problems, document, operation, report, write_project


@pytest.mark.parametrize(
    ("cors", "lines"),
    [
        ({"allowOrigins": ["https://a.example"], "allowCredentials": True}, []),
        (
            {"allowOrigins": ["*"], "allowCredentials": True},
            [
                "error: API Gateway refuses allowCredentials for the origin '*' "
                "(name the origins, or set allowCredentials: false)"
            ],
        ),
        (
            {"allowOrigins": ["a.example", "https://a.example/"]},
            [
                f"error: {origin!r} is no origin (write it as https://example.com, without a path or a final slash)"
                for origin in ("a.example", "https://a.example/")
            ],
        ),
        ({"allowOrigins": ["*", "http://localhost:3000", "https://*"], "allowMethods": ["*", "GET"]}, []),
        ({"allowOrigins": ["*"], "allowMethods": ["get"]}, ["error: 'get' is no method of API Gateway (write GET)"]),
        ({"allowMethods": ["GET"]}, ["warning: CORS allows no origin, so browsers will refuse (add allowOrigins)"]),
    ],
)
def test_cors_that_browsers_or_aws_would_refuse_is_reported(
    tmp_path: Path, cors: dict[str, Any], lines: list[str]
) -> None:
    spec = document({"/a": {"get": operation()}}, **{"x-amazon-apigateway-cors": cors})
    assert report(tmp_path, spec) == lines


def test_cors_of_the_stage_is_reported_in_the_stage(tmp_path: Path) -> None:
    stages = "stages:\n  local:\n    cors:\n      allowOrigins: [example.com]\n"
    assert [str(problem) for problem in check_problems(write_project(tmp_path, stages=stages))] == [
        "deploy/stages.yaml:4: error: 'example.com' is no origin "
        "(write it as https://example.com, without a path or a final slash)"
    ]


FIRST = "put the most important origin first, or set its own headers in x-amazon-apigateway-gateway-responses"


@pytest.mark.parametrize(
    ("origins", "lines"),
    [
        (["https://a.example"], []),
        (["*"], []),
        (["https://a.example", "*"], []),
        (
            ["https://a.example", "https://b.example", "http://*"],
            [
                "warning: errors of the REST API itself (401, 403, 429, …) allow https://a.example: "
                f"pages of https://b.example, http://* see a network error instead of the status ({FIRST})"
            ],
        ),
        (
            ["https://*"],
            [
                "warning: errors of the REST API itself (401, 403, 429, …) allow no origin: "
                f"pages of https://* see a network error instead of the status ({FIRST})"
            ],
        ),
    ],
)
def test_origins_that_can_not_read_the_errors_of_a_rest_api_are_named(
    tmp_path: Path, origins: list[str], lines: list[str]
) -> None:
    spec = document({"/a": {"get": operation()}}, **{"x-amazon-apigateway-cors": {"allowOrigins": origins}})
    assert report(tmp_path, spec, "rest") == lines
    assert report(tmp_path / "http", spec) == []


@pytest.mark.parametrize(
    ("allow_credentials", "headers", "how"),
    [
        (False, {}, ""),
        (True, {}, ", with credentials"),
        (False, {"gatewayresponse.header.Access-Control-Allow-Credentials": "'true'"}, ", with credentials"),
    ],
)
def test_a_gateway_response_that_allows_every_origin_is_reported(
    tmp_path: Path, allow_credentials: bool, headers: dict[str, str], how: str
) -> None:
    cors = {"allowOrigins": ["https://a.example"], "allowCredentials": allow_credentials}
    echo = {"gatewayresponse.header.access-control-allow-origin": "method.request.header.origin", **headers}
    responses = {"UNAUTHORIZED": {"responseParameters": echo}}
    spec = document(
        {"/a": {"get": operation()}},
        **{"x-amazon-apigateway-cors": cors, "x-amazon-apigateway-gateway-responses": responses},
    )
    assert report(tmp_path, spec, "rest") == [
        f"warning: the gateway response UNAUTHORIZED allows every origin{how}: it returns the Origin of the request "
        "(write one origin in single quotes)"
    ]
