"""Rules for sizes, and for what is deployed without being emulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.check import check_project
from homeport.project.check.limits import count_resources
from tests.support.spec import acts, check_problems, document, load, operation, report, write_document, write_project


def test_a_stack_that_is_too_large_is_an_error_with_a_hint_to_group(tmp_path: Path) -> None:
    paths = acts(*(f"/p{number}" for number in range(90)))
    assert report(tmp_path, document(paths)) == [
        "error: the stack would hold 543 resources, more than CloudFormation's 500 "
        "(group operations with x-homeport: {function: NAME}: there are 90 functions)"
    ]
    for item in paths.values():
        item["get"]["x-homeport"]["function"] = "all"
    assert report(tmp_path, document(paths)) == []


def test_resources_are_counted_for_both_flavors(tmp_path: Path) -> None:
    root = write_project(tmp_path, stages="stages: {rest: {flavor: rest}}")
    assert count_resources(load(root)) == 3 * 4 + 3 + 3 + 3 + 1
    assert count_resources(load(root, "rest")) == 3 * 4 + 5 + 2 + 1


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (
            "AWS::SQS::Queue",
            "warning: More (AWS::SQS::Queue) is deployed, but not emulated (locally, functions must do without it)",
        ),
        (
            "AWS::DynamoDB::GlobalTable",
            "error: AWS::DynamoDB::GlobalTable: global tables are not emulated (use AWS::DynamoDB::Table)",
        ),
        (
            "AWS::ApiGatewayV2::VpcLink",
            "error: AWS::ApiGatewayV2::VpcLink: the kit makes the API from openapi.yaml (remove it)",
        ),
        (
            "AWS::ApiGateway::Account",
            "warning: More (AWS::ApiGateway::Account) is deployed, but not emulated "
            "(locally, functions must do without it)",
        ),
        ("AWS::WAFv2::WebACL", "error: AWS::WAFv2::WebACL: AWS WAF is not emulated (keep it in a stack of its own)"),
    ],
)
def test_resources_other_than_tables_are_named(tmp_path: Path, kind: str, line: str) -> None:
    root = write_document(tmp_path, document({"/a": {"get": operation()}}))
    (root / "deploy/resources.yaml").write_text(f"Resources:\n  More:\n    Type: {kind}\n")
    assert [str(problem) for problem in check_problems(root)] == [f"deploy/resources.yaml:3: {line}"]


def test_permissions_on_other_services_are_named(tmp_path: Path) -> None:
    policies = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"},
    ]
    assert report(tmp_path, document({"/a": {"get": operation(**{"x-homeport": {"policies": policies}})}})) == [
        "warning: s3:GetObject, s3:PutObject of act is deployed, but the service is not emulated "
        "(expect no answer here)",
        "warning: act has DynamoDB rights in policies, which are not enforced here (use access)",
    ]


def test_websocket_apis_are_an_error(tmp_path: Path) -> None:
    spec = document({"/a": {"get": operation()}}, servers=[{"url": "wss://a.example"}])
    assert report(tmp_path, spec) == ["error: WebSocket APIs are not emulated (describe an HTTP or REST API)"]


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        ("environment: {DB_PASSWORD: plain}", "dev", "DB_PASSWORD looks like a secret and is written out"),
        ("environment: {DB_PASSWORD: plain}", "local", None),
        ("environment: {DB_PASSWORD: '${PASS}'}", "dev", None),
        ("environment: {DB_PASSWORD: '{{resolve:ssm:/p}}'}", "dev", None),
        (
            "environment: {DB_PASSWORD: '{{resolve:ssm:/p}}'}",
            "local",
            "DB_PASSWORD refers to a parameter of AWS, which is not looked up here: it stays as it is written",
        ),
        ("environment: {TOKEN_ISSUER: me}", "dev", None),
        ("environment: {THINGS_TABLE: x}", "dev", "THINGS_TABLE is the variable that names the table ThingsTable"),
        ("variables: {greeting: 'Hi<'}", "dev", "API Gateway refuses the value of the stage variable 'greeting'"),
        ("{snapStart: true, runtime: python3.11}", "dev", "SnapStart does not support python3.11"),
        (
            "accessLog: {format: $context.requestIdd}",
            "dev",
            "an access log of this kind of API has no $context.requestIdd",
        ),
        (f"stackName: {'s' * 60}", "dev", None),
    ],
)
def test_settings_of_a_stage_that_would_not_work_are_errors(
    tmp_path: Path, settings: str, key: str, message: str | None
) -> None:
    root = write_project(tmp_path, stages=f"stages:\n  {key}:\n    {settings}\n")
    found = check_project(load(root, key, {"PASS": "hush"}))
    assert [problem.message for problem in found][:1] == ([] if message is None else [message])


@pytest.mark.parametrize("key", ["local", "dev"])
def test_a_log_variable_that_is_not_emulated_is_a_warning_in_every_stage(tmp_path: Path, key: str) -> None:
    settings = "accessLog: {format: $context.requestId $context.identity.userArn}"
    root = write_project(tmp_path, stages=f"stages:\n  {key}:\n    {settings}\n")
    [problem] = check_project(load(root, key))
    assert problem.severity == "warning"
    assert problem.message == "$context.identity.userArn is always - here: IAM authorization is not emulated"
