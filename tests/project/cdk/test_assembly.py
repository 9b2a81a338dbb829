"""An assembly that a CDK app wrote is a project: its stacks, references between them, its functions' sources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.project.load import read_project
from tests.support.assemblies import HANDLER, HASH, api, function, read_messages, stack_artifact, table, write_assembly
from tests.support.project import write_files

IMPORT: dict[str, Any] = {"Environment": {"Variables": {"TABLE": {"Fn::ImportValue": "Data:TableRef"}}}}


def test_functions_run_from_the_sources_that_were_copied_into_the_assembly(tmp_path: Path) -> None:
    write_files(tmp_path, {"lambda/app.py": HANDLER, "other/app.py": "other = 1\n"})
    out = write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": function(), **api()}})
    write_files(out, {f"asset.{HASH}/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    code = project.api.functions["Hello"].code
    assert code is not None and code.root == tmp_path / "lambda"
    assert [operation.label for operation in project.api.operations] == ["GET /"]
    assert problems == []


def test_code_without_sources_in_the_project_runs_from_the_assembly_and_is_named(tmp_path: Path) -> None:
    out = write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": function()}})
    write_files(out, {f"asset.{HASH}/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    code = project.api.functions["Hello"].code
    assert code is not None and code.root == out / f"asset.{HASH}"
    assert "Hello runs from cdk.out/asset.1ef8be12075a7e…: the sources of it are not found" in problems[0]


def test_code_that_is_nowhere_is_named(tmp_path: Path) -> None:
    write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": function()}})
    project, problems = read_messages(tmp_path)
    assert project.api.functions["Hello"].fault
    assert any("is not there, and its sources are not found" in line for line in problems)


def test_a_bundle_of_esbuild_is_built_from_its_entry_point(tmp_path: Path) -> None:
    write_files(tmp_path, {"src/hello.ts": "export const handler = async () => ({});\n"})
    resource = function(Runtime="nodejs22.x", Handler="index.handler")
    out = write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": resource}})
    bundle = '"use strict";\n// node_modules/x/index.js\n// src/hello.ts\nvar handler = 1;\n'
    write_files(out, {f"asset.{HASH}/index.js": bundle})
    project, problems = read_messages(tmp_path)
    found = project.api.functions["Hello"]
    assert found.code is not None and found.code.build is not None
    assert (found.handler, found.code.build.entry_points) == ("hello.handler", ("src/hello.ts",))
    assert problems == []


def test_an_export_of_another_stack_is_that_stacks_resource(tmp_path: Path) -> None:
    exported = {"Value": {"Ref": "Table"}, "Export": {"Name": "Data:TableRef"}}
    data: dict[str, Any] = {"Resources": {"Table": table()}, "Outputs": {"TableRef": exported}}
    write_assembly(tmp_path / "cdk.out", {"Data": data, "Api": {"Hello": function(**IMPORT)}})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    (name,) = (each.name for each in project.resources.tables.values())
    assert project.api.functions["Hello"].environment == {"TABLE": name}
    assert problems == []


def test_an_output_of_another_stack_is_that_stacks_resource(tmp_path: Path) -> None:
    weak = {"Fn::GetStackOutput": {"StackName": "Data", "OutputName": "TableRef"}}
    data = {"Resources": {"Table": table()}, "Outputs": {"TableRef": {"Value": {"Ref": "Table"}}}}
    hello = function(Environment={"Variables": {"TABLE": weak}})
    write_assembly(tmp_path / "cdk.out", {"Data": data, "Api": {"Hello": hello}})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, _ = read_messages(tmp_path)
    assert project.api.functions["Hello"].environment["TABLE"].endswith("Table")


def test_a_parameter_that_a_stack_of_the_app_stores_has_its_value(tmp_path: Path) -> None:
    stored = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/table", "Type": "String", "Value": {"Ref": "Table"}},
    }
    type = "AWS::SSM::Parameter::Value<String>"
    api_stack = {
        "Parameters": {"SsmTable": {"Type": type, "Default": "/table"}},
        "Resources": {"Hello": function(Environment={"Variables": {"TABLE": {"Ref": "SsmTable"}}})},
    }
    write_assembly(tmp_path / "cdk.out", {"Api": api_stack, "Data": {"Table": table(), "Stored": stored}})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    (name,) = (each.name for each in project.resources.tables.values())
    assert project.api.functions["Hello"].environment == {"TABLE": name}
    assert problems == []


def test_an_export_that_no_stack_has_is_asked_for(tmp_path: Path) -> None:
    write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": function(**IMPORT)}})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    _, problems = read_messages(tmp_path)
    assert any("the export 'Data:TableRef' has no value here" in line for line in problems)


def test_the_same_logical_id_in_two_stacks_is_two_resources(tmp_path: Path) -> None:
    export = {"Outputs": {"Ref": {"Value": {"Ref": "Table"}, "Export": {"Name": "Two:Ref"}}}}
    hello = function(Environment={"Variables": {"TABLE": {"Fn::ImportValue": "Two:Ref"}}})
    stacks = {"One": {"Table": table()}, "Two": {"Resources": {"Table": table()}, **export}, "Api": {"Hello": hello}}
    write_assembly(tmp_path / "cdk.out", stacks)
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, _ = read_messages(tmp_path)
    assert set(project.resources.tables) == {"Table", "TwoTable"}
    assert project.api.functions["Hello"].environment["TABLE"].endswith("TwoTable")


def test_a_nested_stack_is_part_of_the_one_above(tmp_path: Path) -> None:
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, "/x.json"]]},
            "Parameters": {"referencetoTable": {"Ref": "Table"}},
        },
        "Metadata": {"aws:asset:path": "Inner.nested.template.json", "aws:asset:property": "TemplateURL"},
    }
    inner = {
        "Parameters": {"referencetoTable": {"Type": "String"}},
        "Resources": {"Hello": function(Environment={"Variables": {"TABLE": {"Ref": "referencetoTable"}}})},
        "Outputs": {"HelloArn": {"Value": {"Fn::GetAtt": ["Hello", "Arn"]}}},
    }
    caller = function(Environment={"Variables": {"HELLO": {"Fn::GetAtt": ["Nested", "Outputs.HelloArn"]}}})
    out = write_assembly(tmp_path / "cdk.out", {"Api": {"Table": table(), "Nested": nested, "Caller": caller}})
    (out / "Inner.nested.template.json").write_text(json.dumps(inner))
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    functions = project.api.functions
    assert functions["Hello"].environment["TABLE"] == next(iter(project.resources.tables.values())).name
    assert functions["Caller"].environment["HELLO"].endswith(f":function:{functions['Hello'].physical_name}")
    assert problems == []


def test_a_stage_of_the_app_is_read_where_no_stack_is_outside_of_one(tmp_path: Path) -> None:
    stages = {
        f"assembly-{name}": {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": f"assembly-{name}", "displayName": name},
        }
        for name in ("Prod", "Dev")
    }
    out = write_assembly(tmp_path / "cdk.out", {}, stages)
    for name in ("Prod", "Dev"):
        variables: dict[str, Any] = {"Environment": {"Variables": {"STAGE": name, "STACK": {"Ref": "AWS::StackName"}}}}
        artifact = stack_artifact("Api")
        artifact["properties"]["stackName"] = f"{name}-Api"
        write_assembly(out / f"assembly-{name}", {"Api": {"Hello": function(**variables)}}, {"Api": artifact})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    usual, problems = read_messages(tmp_path)
    assert usual.api.functions["Hello"].environment == {"STAGE": "Dev", "STACK": "Dev-Api"}
    assert any("stages of the app that are left out: Prod (read: Dev)" in line for line in problems)
    chosen, _ = read_messages(tmp_path, "prod")
    assert chosen.api.functions["Hello"].environment["STAGE"] == "Prod"


def test_a_second_edition_of_a_stack_is_left_out_and_named(tmp_path: Path) -> None:
    resources = {"Hello": function(), **api()}
    write_assembly(tmp_path / "cdk.out", {"ProdApi": resources, "DevApi": resources})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, problems = read_messages(tmp_path)
    assert len(project.every_api) == 1
    assert "the stack ProdApi has the same resources as DevApi, and is left out" in problems[0]
    assert "--template cdk.out/ProdApi.template.json" in problems[0]
    named, _ = read_messages(tmp_path, template="cdk.out/ProdApi.template.json")
    assert "Hello" in named.api.functions


def test_arns_of_the_apps_own_account_are_those_of_the_local_one(tmp_path: Path) -> None:
    arns = {"OWN": "arn:aws:sns:us-east-1:123456789012:news", "OTHER": "arn:aws:sns:us-east-1:999999999999:news"}
    artifact = stack_artifact("Api", environment="aws://123456789012/us-east-1")
    hello = function(Environment={"Variables": arns})
    write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": hello}}, {"Api": artifact})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, _ = read_messages(tmp_path)
    found = project.api.functions["Hello"].environment
    assert found == {"OWN": "arn:aws:sns:us-east-1:000000000000:news", "OTHER": arns["OTHER"]}


def test_an_authorizer_that_is_outside_of_the_app_closes_its_route(tmp_path: Path) -> None:
    function_arn = "arn:aws:lambda:us-east-1:123456789012:function:of-others"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    properties = {"Type": "TOKEN", "Name": "x", "AuthorizerUri": uri, "RestApiId": {"Ref": "Rest"}}
    properties["IdentitySource"] = "method.request.header.Authorization"
    guarded = api(AuthorizationType="CUSTOM", AuthorizerId={"Ref": "Guard"})
    guard = {"Type": "AWS::ApiGateway::Authorizer", "Properties": properties}
    write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": function(), **guarded, "Guard": guard}})
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    project, _ = read_messages(tmp_path)
    (operation,) = project.api.operations
    assert operation.denied


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"artifacts": 7}', '{"missing": 7}', '{"artifacts": {"A": {"type": "x"}}}']
)
def test_a_manifest_that_is_none_is_a_problem(tmp_path: Path, text: str) -> None:
    write_files(tmp_path, {"cdk.out/manifest.json": text})
    project, problems = read_project(tmp_path, environ={})
    assert project is None
    assert [problem.file for problem in problems] == ["cdk.out/manifest.json"]


def test_a_lookup_on_aws_is_named(tmp_path: Path) -> None:
    missing = [{"key": "vpc-provider:account=1:region=eu-west-1", "provider": "vpc-provider", "props": {}}]
    write_assembly(tmp_path / "cdk.out", {"Api": {"Hello": function()}}, missing=missing)
    write_files(tmp_path, {"lambda/app.py": HANDLER})
    _, problems = read_messages(tmp_path)
    assert any("not asked here: vpc-provider:account=1:region=eu-west-1" in line for line in problems)
