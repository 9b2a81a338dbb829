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
