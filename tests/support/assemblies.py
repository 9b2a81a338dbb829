"""Assemblies of the AWS CDK as an app writes them, and the projects that are read from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeport.project.load import read_project
from homeport.project.project import Project, ProjectInputs

HASH = "1ef8be12075a7e2fbeb20ac82c05d9454ce09ebe0ef157a5e369f0fff2614400"
BUCKET = {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
ROLE = "arn:aws:iam::000000000000:role/hello"
HANDLER = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"


def function(asset: str = HASH, path: str = "Api/Hello/Resource", **properties: Any) -> dict[str, Any]:
    """Return a function of an app, whose code is an asset."""
    usual = {
        "Code": {"S3Bucket": BUCKET, "S3Key": f"{asset}.zip"},
        "Handler": "app.handler",
        "Role": ROLE,
        "Runtime": "python3.13",
    }
    metadata = {"aws:cdk:path": path, "aws:asset:path": f"asset.{asset}", "aws:asset:property": "Code"}
    return {"Type": "AWS::Lambda::Function", "Properties": {**usual, **properties}, "Metadata": metadata}


def api(function_id: str = "Hello", **method: Any) -> dict[str, Any]:
    """Return the resources of a REST API with ``GET /``, which invokes a function."""
    arn = {"Fn::GetAtt": [function_id, "Arn"]}
    uri = {"Fn::Join": ["", ["arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", arn, "/invocations"]]}
    integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri}
    settings = {"HttpMethod": "GET", "ResourceId": {"Fn::GetAtt": ["Rest", "RootResourceId"]}, **method}
    settings |= {"RestApiId": {"Ref": "Rest"}, "Integration": integration, "AuthorizationType": "NONE"} | method
    deployment = {"RestApiId": {"Ref": "Rest"}}
    return {
        "Rest": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "rest"}},
        "RestGET": {"Type": "AWS::ApiGateway::Method", "Properties": settings},
        "RestDeployment5ab3f8": {"Type": "AWS::ApiGateway::Deployment", "Properties": deployment},
        "RestStage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {**deployment, "DeploymentId": {"Ref": "RestDeployment5ab3f8"}, "StageName": "prod"},
        },
    }


def table() -> dict[str, Any]:
    """Return a table."""
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    }


def stack_artifact(name: str, **more: Any) -> dict[str, Any]:
    """Return the entry of a stack in a manifest."""
    return {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{name}.template.json"}, **more}


def write_assembly(
    folder: Path, stacks: Mapping[str, Mapping[str, Any]], artifacts: Mapping[str, Any] | None = None, **manifest: Any
) -> Path:
    """Write an assembly with templates of ``stacks`` by the stacks' names; each value is a map of resources."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, template in stacks.items():
        content = template if "Resources" in template else {"Resources": template}
        (folder / f"{name}.template.json").write_text(json.dumps(content, indent=1))
    entries = {name: stack_artifact(name) for name in stacks} if artifacts is None else artifacts
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": entries, **manifest}))
    return folder


def read_messages(root: Path, stage: str = "local", template: str = "") -> tuple[Project, list[str]]:
    """Read a project, which must be one, and return it with the lines of its problems, but for the functions' role."""
    project, problems = read_project(root, stage, {}, ProjectInputs(template=template))
    assert project is not None, problems
    return project, [str(problem) for problem in problems if ROLE not in problem.message]
