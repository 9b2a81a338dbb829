"""API Gateway's extensions, the kit's own, and those that nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import document, errors, operation, write_document

AMAZON = "x-amazon-apigateway-"
ACT = {"/a": {"get": operation()}}
READ = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}


def report(root: Path, spec: dict[str, Any]) -> list[str]:
    """Return the problems that reading a document reports, without its lines."""
    return [line.partition("error: ")[2] for line in errors(write_document(root, spec))]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (document(ACT, **{f"{AMAZON}corz": {}}), f"unknown extension {AMAZON}corz (did you mean {AMAZON}cors?)"),
        (
            document({"/a": {"get": operation(**{"x-amazon-apigw-auth": {}})}}),
            f"unknown extension x-amazon-apigw-auth (did you mean {AMAZON}auth?)",
        ),
        (
            document({"/a": {"get": operation(**{"x-aws-apigateway-integration": {}})}}),
            f"unknown extension x-aws-apigateway-integration (did you mean {AMAZON}integration?)",
        ),
        (document(ACT, **{"x-homport": {}}), "unknown extension x-homport (did you mean x-homeport?)"),
        (
            document(ACT, servers=[{"url": "/", "x-homeport": {}}]),
            "x-homeport means nothing in this place (put it into an operation or a security scheme)",
        ),
        (
            document({"/a": {"get": operation(**{f"{AMAZON}cors": {}})}}),
            f"{AMAZON}cors means nothing in this place (put it into a document)",
        ),
        (
            document(ACT, components={"schemas": {"A": {f"{AMAZON}model": {}}}}),
            f"unknown extension {AMAZON}model (remove it: API Gateway does not know it)",
        ),
        (
            document(ACT, servers=[{"url": "/", f"{AMAZON}endpoint-configuration": {"vpcEndpointIds": ["a"]}}]),
            f"{AMAZON}endpoint-configuration: private and switched-off endpoints are neither emulated nor deployed "
            "(remove it: stages are Regional, a custom domain goes into deploy/stages.yaml)",
        ),
        (
            document({"/a": {"get": operation(**{"x-homeport": {"memry": 1}})}}),
            "unknown key 'memry' in x-homeport (did you mean memory?)",
        ),
        (
            document({"/a": {"get": operation(**{"x-homeport": []})}}),
            "'x-homeport' must be a map, not a list",
        ),
    ],
)
def test_an_unknown_misplaced_or_unsupported_extension_is_an_error(
    tmp_path: Path, spec: dict[str, Any], message: str
) -> None:
    assert report(tmp_path, spec) == [message]


def test_extensions_of_others_and_names_that_look_like_extensions_are_left_alone(tmp_path: Path) -> None:
    schema = {"properties": {f"{AMAZON}corz": {}, "x-homport": {}}, "example": {f"{AMAZON}corz": 1}, "x-order": 1}
    spec = document(
        {"/a": {"get": operation(**{"x-codegen": {"x-amazon-foo": 1}}, parameters=[])}},
        components={"schemas": {"A": schema}, "headers": {f"{AMAZON}trace": {"schema": {}}}},
        tags=[{"name": "a", f"{AMAZON}tag-value": "b"}],
        **{"x-logo": {}, f"{AMAZON}importexport-version": "1.0", f"{AMAZON}documentation": {}},
    )
    assert report(tmp_path, spec) == []


@pytest.mark.parametrize(
    ("x_homeport", "message"),
    [
        ({"memory": 64}, "'memory' must be from 128 to 10240 MB, not 64"),
        ({"timeout": 901}, "'timeout' must be from 1 to 900 seconds, not 901"),
        ({"reservedConcurrency": "5"}, "'reservedConcurrency' must be a whole number, not the text '5'"),
        (
            {"function": "my group"},
            "the function name 'my group' is not one of Lambda's "
            "(use up to 64 letters, digits, - and _, a letter first)",
        ),
        (
            {"throttle": {"rate": 1}},
            "throttle needs 'burst' (give both rate (requests a second) and burst (requests at once))",
        ),
        (
            {"throttle": {"rate": -1, "burst": 1}},
            "'rate' must be from 0 to 2147483647 requests a second, not -1",
        ),
        (
            {"policies": [{"Effect": "Allow", "Actions": "s3:*", "Resource": "*"}]},
            "unknown key 'Actions' in an IAM statement (did you mean Action?)",
        ),
        (
            {"policies": [{"Effect": "allow", "Action": "s3:*", "Resource": "*"}]},
            "'Effect' can't be 'allow' (did you mean Allow?)",
        ),
        (
            {"policies": [{**READ, "Condition": {"StringEqual": {"aws:RequestedRegion": "x"}}}]},
            "there is no condition operator 'StringEqual' (did you mean StringEquals?)",
        ),
        (
            {"policies": [{**READ, "Condition": {"StringEquals": "x"}}]},
            "'StringEquals' must be a map from condition keys to values, not the text 'x'",
        ),
        (
            {"policies": [{**READ, "Condition": ["x"]}]},
            "'Condition' must be a map from operators to keys, not a list",
        ),
        (
            {"policies": [{**READ, "Action": {"Ref": "Name"}}]},
            "{'Ref': 'Name'} is no action of IAM (write it out, as dynamodb:GetItem)",
        ),
        (
            {"policies": [{**READ, "Resource": "ItemsTable"}]},
            "the resource 'ItemsTable' is neither an ARN nor * (write it as {Fn::GetAtt: [TABLE, Arn]})",
        ),
    ],
)
def test_settings_of_a_function_are_checked(tmp_path: Path, x_homeport: dict[str, Any], message: str) -> None:
    assert report(tmp_path, document({"/a": {"get": operation(**{"x-homeport": x_homeport})}}))[0] == message


@pytest.mark.parametrize(
    "said",
    [
        {"Resource": {"Fn::GetAtt": ["ItemsTable", "Arn"]}},
        {"Resource": ["arn:aws:s3:::a/*", {"Fn::Sub": "arn:aws:s3:::${Bucket}"}], "Action": ["s3:Get*", "s3:*", "*"]},
        {"Condition": {"forAnyValue:StringLikeIfExists": {"aws:username": ["a", "b"]}, "Null": {"a:b": True}}},
        {"Condition": {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}, "Bool": {}}},
        {"Condition": {}},
    ],
    ids=["table", "lists", "quantifier", "reference", "empty"],
)
def test_statement_of_iam_s_grammar_passes(tmp_path: Path, said: dict[str, Any]) -> None:
    policies = {"policies": [{**READ, **said}]}
    assert report(tmp_path, document({"/a": {"get": operation(**{"x-homeport": policies})}})) == []
