"""Functions, roles, logs, permissions, versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from tests.support.made_project import Made, Route
from tests.support.template import (
    ACCESS,
    AUTHORIZER,
    FEATURES,
    LAYER_ARN,
    TABLE,
    TABLES,
    changed,
    made,
    project_of,
    route,
)

EXECUTE = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}"


def resources_of(root: Path, made: Made) -> dict[str, Any]:
    return dict(build_template(project_of(root / "project", made))["Resources"])


def test_a_function_has_the_settings_of_its_stage_and_its_own(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, FEATURES["settings"])
    assert resources["Route0Function"] == {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": {"Fn::Sub": "${AWS::StackName}-route0"},
            "Runtime": "python3.12",
            "Handler": "service.handlers.route0.handler",
            "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}},
            "Role": {"Fn::GetAtt": ["Route0Role", "Arn"]},
            "MemorySize": 512,
            "Timeout": 20,
            "Architectures": ["arm64"],
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": "Route0LogGroup"}},
            "Environment": {"Variables": {"LEVEL": "info"}},
            "ReservedConcurrentExecutions": 5,
            "TracingConfig": {"Mode": "Active"},
        },
    }
    assert resources["Route0LogGroup"]["Properties"] == {
        "LogGroupName": {"Fn::Sub": "/aws/lambda/${AWS::StackName}-route0"},
        "RetentionInDays": 90,
    }


def test_a_function_with_code_of_its_own_has_its_zip_its_layers_and_its_settings(tmp_path: Path) -> None:
    template = build_template(project_of(tmp_path / "project", FEATURES["own code"]))
    keys = {"CodeKey", "CodeSrcOrdersKey", "LayerLayersSharedKey"}
    assert set(template["Parameters"]) == {"CodeBucket", *keys, "EnvironmentWord"}
    properties = template["Resources"]["Route0Function"]["Properties"]
    assert properties["Code"] == {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeSrcOrdersKey"}}
    assert properties["Handler"] == "app.lambda_handler"
    assert properties["Layers"] == [{"Ref": "LayerLayersShared"}, LAYER_ARN]
    assert (properties["Runtime"], properties["Architectures"]) == ("python3.12", ["x86_64"])
    assert properties["Environment"]["Variables"] == {
        "THINGS_TABLE": {"Ref": "ThingsTable"},
        "TABLE": {"Ref": "ThingsTable"},
        "LEVEL": "debug",
        "WORD": {"Ref": "EnvironmentWord"},
        "MODE": "fast",
    }
    assert template["Resources"]["LayerLayersShared"]["Properties"] == {
        "LayerName": {"Fn::Sub": "${AWS::StackName}-layers-shared"},
        "Content": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "LayerLayersSharedKey"}},
    }
    assert template["Resources"]["Route1Function"]["Properties"]["Code"]["S3Key"] == {"Ref": "CodeKey"}


def test_a_new_version_is_published_when_own_code_or_a_layer_changes(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, FEATURES["own code"])
    description = resources["Route0Version"]["Properties"]["Description"]["Fn::Sub"]
    assert description.startswith("${CodeSrcOrdersKey} ${LayerLayersSharedKey} ")
    assert resources["Route1Version"]["Properties"]["Description"]["Fn::Sub"].startswith("${CodeKey} ")


def test_a_project_without_functions_in_service_has_no_zip_of_it(tmp_path: Path) -> None:
    template = build_template(project_of(tmp_path / "project", FEATURES["own code alone"]))
    assert {name for name in template["Parameters"] if name.startswith("Code")} == {"CodeBucket", "CodeSrcOrdersKey"}


def test_a_role_allows_what_access_says_and_nothing_else(tmp_path: Path) -> None:
    role = resources_of(tmp_path, FEATURES["tables"])["Route0Role"]["Properties"]
    assert set(role) == {"AssumeRolePolicyDocument", "Policies"}
    [policy] = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["Route0LogGroup", "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
            "Resource": {"Fn::GetAtt": ["ThingsTable", "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:Query"],
            "Resource": {"Fn::Sub": "${ThingsTable.Arn}/index/byStatus"},
        },
    ]


def test_policies_are_added_as_they_are(tmp_path: Path) -> None:
    [policy] = resources_of(tmp_path, FEATURES["further resources"])["Route0Role"]["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"][3:] == [
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Sub": "${Files.Arn}/*"}},
    ]


@pytest.mark.parametrize("traced", [True, False])
def test_only_traced_functions_may_write_traces(tmp_path: Path, traced: bool) -> None:
    role = resources_of(tmp_path, made(stage={"tracing": traced}))["Route0Role"]
    assert ("xray:PutTraceSegments" in str(role)) == traced


def test_a_group_is_one_function_with_the_access_of_all_its_operations(tmp_path: Path) -> None:
    resources = resources_of(tmp_path, FEATURES["groups"])
    assert [name for name, it in resources.items() if it["Type"] == "AWS::Lambda::Function"] == ["ThingsFunction"]
    properties = resources["ThingsFunction"]["Properties"]
    assert properties["Handler"] == "service._functions.things.handler"
    assert properties["Environment"] == {"Variables": {"THINGS_TABLE": {"Ref": "ThingsTable"}}}


@pytest.mark.parametrize(
    ("routes", "pattern"),
    [
        (["GET /things/{id}"], "prod/GET/things/*"),
        (["GET /"], "prod/GET/"),
        (["ANY /things"], "prod/*/things"),
        (["ANY /{proxy+}"], "prod/*/*"),
        (["ANY /$default"], "prod/$default"),
        (["ANY /$default", "GET /a"], "prod/*"),
        (["GET /things", "POST /things"], "prod/*/things"),
        (["GET /things/{id}", "GET /things/{id}/parts"], "prod/GET/things/*"),
        (["GET /things", "GET /things/{id}"], "prod/GET/things*"),
        (["GET /things/a", "DELETE /things/b/c"], "prod/*/things/*"),
        (["GET /a", "GET /b"], "prod/GET/*"),
    ],
)
def test_only_its_own_routes_may_invoke_a_function(tmp_path: Path, routes: list[str], pattern: str) -> None:
    named = [key.split() for key in routes]
    project = made(*(route(method, path, ours={"function": "all"}) for method, path in named), stage_name="prod")
    permission = resources_of(tmp_path, project)["AllPermission"]
    assert permission == {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Fn::GetAtt": ["AllFunction", "Arn"]},
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": f"{EXECUTE}/{pattern}"},
        },
    }


@pytest.mark.parametrize(
    ("feature", "source"),
    [("simple authorizer", "authorizers/${AskedAuthorizer}"), ("token authorizer", "authorizers/*")],
)
def test_only_its_own_authorizer_may_invoke_an_authorizers_function(tmp_path: Path, feature: str, source: str) -> None:
    permission = resources_of(tmp_path, FEATURES[feature])["AskedPermission"]["Properties"]
    assert permission["SourceArn"]["Fn::Sub"].endswith(f":${{Api}}/{source}")


@pytest.mark.parametrize("feature", ["http snap start", "rest snap start"])
def test_with_snap_start_the_alias_is_invoked(tmp_path: Path, feature: str) -> None:
    resources = resources_of(tmp_path, FEATURES[feature])
    assert resources["Route0Function"]["Properties"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert resources["Route0Alias"]["Properties"] == {
        "FunctionName": {"Ref": "Route0Function"},
        "FunctionVersion": {"Fn::GetAtt": ["Route0Version", "Version"]},
        "Name": "live",
    }
    assert resources["Route0Permission"]["Properties"]["FunctionName"] == {"Ref": "Route0Alias"}
    called = resources.get("Route0Integration") or resources["Api"]
    assert "Route0Alias" in str(called)
    assert "Route0Function" not in str(called)


def test_a_version_is_published_for_what_makes_one_and_only_then(tmp_path: Path) -> None:
    def description(name: str, tables: Any = TABLES, **changes: Any) -> str:
        ours = {**ACCESS, **changes.pop("ours", {})}
        project = made(route(ours=ours), resources=tables, stage={"snapStart": True, **changes})
        return str(resources_of(tmp_path / name, project)["Route0Version"]["Properties"]["Description"])

    def keyed(**properties: Any) -> dict[str, Any]:
        return {"Resources": {"ThingsTable": {**TABLE, "Properties": {**TABLE["Properties"], **properties}}}}

    plain = description("plain")
    assert "${CodeKey}" in plain
    assert description("reserved", ours={"reservedConcurrency": 3}) == plain
    assert description("retention", logRetentionDays=90) == plain
    assert description("recovered", keyed(StreamSpecification={"StreamViewType": "KEYS_ONLY"})) == plain
    assert description("memory", ours={"memory": 512}) != plain
    assert description("variables", environment={"WORD": "b"}) != plain
    sorted_by_status = {
        "KeySchema": [*TABLE["Properties"]["KeySchema"], {"AttributeName": "status", "KeyType": "RANGE"}]
    }
    assert description("key", keyed(**sorted_by_status)) != plain


def test_names_that_are_too_long_are_cut_and_told_apart_by_a_hash(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", FEATURES["long names"])
    name = build_template(project)["Resources"][f"F{'f' * 59}Function"]["Properties"]["FunctionName"]
    assert len(name) == 64
    assert name.startswith("s" * 55 + "-")
    assert project.stage.function_name("f" * 59) != name


def test_names_that_are_too_alike_get_ids_of_their_own(tmp_path: Path) -> None:
    routes = [
        Route("GET", f"/{name}", extra={"operationId": "route0", "x-homeport": {"function": name}})
        for name in ("a1", "a-1", "access", "api-log")
    ]
    named = [
        Route(it.method, it.path, extra={**it.extra, "operationId": f"route{number}"})
        for number, it in enumerate(routes)
    ]
    resources = resources_of(tmp_path, changed(made(*named), flavor="rest"))
    functions = [name for name, it in resources.items() if it["Type"] == "AWS::Lambda::Function"]
    assert len(functions) == 4
    assert [it["Type"] for it in resources.values()].count("AWS::Logs::LogGroup") == 6


def test_an_authorizers_function_has_access_too(tmp_path: Path) -> None:
    scheme = dict(FEATURES["token authorizer"].schemes["asked"])
    scheme["x-homeport"] = {"access": {"ThingsTable": ["GetItem"]}}
    project = changed(
        FEATURES["token authorizer"], schemes={"asked": scheme}, resources=TABLES, modules={"asked": AUTHORIZER}
    )
    resources = resources_of(tmp_path, project)
    assert "dynamodb:GetItem" in str(resources["AskedRole"])
    assert resources["AskedFunction"]["Properties"]["Handler"] == "service.handlers.asked.handler"
