from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from homeport.project.stages.log_format import VARIABLE, log_format, log_format_faults


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_the_default_format_is_json_and_has_no_problem(flavor: Literal["http", "rest"]) -> None:
    text = log_format({}, flavor)
    fields = json.loads(text)
    assert fields["requestId"] == "$context.requestId"
    assert fields["status"] == "$context.status"
    assert log_format_faults(text, flavor) == []


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"format": "$context.requestId $context.status", "retention": 7}, "$context.requestId $context.status"),
        ({"format": {"id": "$context.requestId", "é": "1"}}, '{"id": "$context.requestId", "é": "1"}'),
    ],
)
def test_a_format_is_text_or_a_map(setting: dict[str, Any], text: str) -> None:
    assert log_format(setting, "http") == text


@pytest.mark.parametrize(
    ("text", "flavor", "faults"),
    [
        ("$context.requestId $context.authorizer.claims.sub $context.authorizer.tenant", "http", []),
        (
            "$context.requestId $context.routeKye",
            "http",
            [("an access log of this kind of API has no $context.routeKye", "did you mean $context.routeKey?")],
        ),
        (
            "$context.extendedRequestId $context.zzz $context.zzz",
            "rest",
            [("an access log of this kind of API has no $context.zzz", "remove it")],
        ),
        ("$context.status", "http", []),
        ("$context.status", "rest", [("an access log's format needs the request's id", "add $context.requestId")]),
        (
            "$context.requestId\n$context.status",
            "rest",
            [("an access log's format must be one line", "join its lines")],
        ),
        (
            "$context.requestId" + " x" * 1536,
            "http",
            [("an access log's format may have 3072 bytes", "shorten it")],
        ),
    ],
)
def test_problems_of_a_format_name_unknown_variables(
    text: str, flavor: Literal["http", "rest"], faults: list[tuple[str, str]]
) -> None:
    assert log_format_faults(text, flavor) == faults


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[$context.requestTime] $context.status.", ["requestTime", "status"]),
        ("$context.identity.sourceIp-$context.path$context.stage", ["identity.sourceIp", "path", "stage"]),
        ("$contextual.x $context $context. ${context.path}", []),
        ("$context.authorizer.claims.custom:tenant: $context.status:", ["authorizer.claims.custom:tenant", "status"]),
        ("$context.authorizer.claims.sub:$context.stage", ["authorizer.claims.sub", "stage"]),
    ],
)
def test_variables_are_found_in_text(text: str, names: list[str]) -> None:
    assert VARIABLE.findall(text) == names
