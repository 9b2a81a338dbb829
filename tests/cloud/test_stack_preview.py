"""``homeport deploy --plan``: what a deployment would make, without credentials, without a client of AWS."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.cli import main
from homeport.cloud.preview.costs import costs
from homeport.cloud.preview.report import preview_lines
from homeport.cloud.preview.stack_preview import PlannedRole, StackPreview, preview_stack
from homeport.cloud.preview.values import TemplateWords, external_references
from homeport.cloud.template.build import build_template, render_template
from homeport.terminal import Palette
from tests.support.made_project import Made, write_project
from tests.support.template import (
    ACCESS,
    FEATURES,
    QUEUE_AND_ROLE,
    SEND_ORDER,
    TABLES,
    integrated,
    made,
    project_of,
    route,
)


def preview_of(root: Path, project: Made, region: str = "eu-west-1") -> StackPreview:
    read = project_of(root / "project", project)
    return preview_stack(read, build_template(read), region)


def lines_of(root: Path, project: Made) -> list[str]:
    return list(preview_lines(preview_of(root, project), Palette()))


def test_a_function_is_named_with_the_rights_of_its_role(tmp_path: Path) -> None:
    preview = preview_of(tmp_path, made(route(ours=ACCESS), resources=TABLES))
    [function] = preview.functions
    assert function.role is not None
    assert function.role.rights == (
        "dynamodb:GetItem, dynamodb:PutItem on ThingsTable",
        "dynamodb:Query on ThingsTable/byStatus",
    )
    assert function.name.startswith(preview.stack)
    assert [each.target for each in preview.routes] == [function.name]


def test_a_table_says_what_becomes_of_its_items(tmp_path: Path) -> None:
    mortal = preview_of(tmp_path / "a", made(resources=TABLES)).tables[0]
    assert (mortal.key, mortal.indexes, mortal.on_demand, mortal.kept) == (("id",), ("byStatus (status)",), True, False)
    protected = made(resources=TABLES, stage={"deletionProtection": True})
    assert preview_of(tmp_path / "b", protected).tables[0].kept


def test_a_role_that_is_no_functions_says_who_assumes_it(tmp_path: Path) -> None:
    project = made(route("POST", "/orders", **integrated(SEND_ORDER)), resources=QUEUE_AND_ROLE)
    preview = preview_of(tmp_path, project)
    assert preview.roles == (PlannedRole("Sender", ("apigateway.amazonaws.com",), ("sqs:SendMessage on Orders",)),)
    assert [each.target for each in preview.routes] == ["SQS-SendMessage"]


VARIOUS = ("http backends", "rest integrations", "rest cache", "rest alarms", "own code", "rest domain with record")


@pytest.mark.parametrize("name", VARIOUS)
def test_every_resource_of_a_template_is_in_the_plan(tmp_path: Path, name: str) -> None:
    read = project_of(tmp_path / "project", FEATURES[name])
    template = build_template(read)
    preview = preview_stack(read, template, "us-east-1")
    assert {each.logical_id: each.kind for each in preview.resources} == {
        logical_id: each["Type"] for logical_id, each in template["Resources"].items()
    }
    # What the kit itself puts into a template has a known price.
    own = {each.kind for each in preview.costs if each.basis == "unknown"}
    assert own <= {each["Type"] for each in (read.resources.document.get("Resources") or {}).values()}
    text = "\n".join(preview_lines(preview, Palette()))
    assert "Fn::" not in text
    shown = (*(each.name for each in preview.functions), *(each.logical_id for each in preview.others))
    assert [name for name in shown if name not in text] == []


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def test_costs_per_use_and_costs_per_time_are_told_apart() -> None:
    stack = {
        "Steady": resource("AWS::DynamoDB::Table", ProvisionedThroughput={"ReadCapacityUnits": 5}),
        "Lively": resource("AWS::DynamoDB::Table", BillingMode="PAY_PER_REQUEST"),
        "Stage": resource("AWS::ApiGateway::Stage", CacheClusterEnabled=True, CacheClusterSize="1.6"),
        "Role": resource("AWS::IAM::Role"),
        "Robot": resource("AWS::RoboMaker::Fleet"),
    }
    found = [(each.logical_id, each.basis, each.charged) for each in costs(stack)]
    assert found == [
        ("Steady", "time", "per hour for its provisioned capacity, and GB stored"),
        ("Lively", "use", "reads and writes, and GB stored"),
        ("Stage", "free", ""),
        ("Stage", "time", "per hour for its cache of 1.6 GB, $0.038 in us-east-1"),
        ("Role", "free", ""),
        ("Robot", "unknown", ""),
    ]


def test_values_that_cloudformation_looks_up_are_listed() -> None:
    words = TemplateWords("shop-dev", "eu-west-1")
    template = {
        "Token": "{{resolve:ssm:/shop/token:3}}",
        "Key": ["{{resolve:secretsmanager:shop/key:SecretString:value}}"],
        "Table": {"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-table"}},
    }
    assert list(external_references(template, words)) == [
        "the parameter /shop/token (ssm)",
        "the secret shop/key (secretsmanager)",
        "the export shop-dev-table of another stack",
    ]


def test_an_open_route_and_a_guarded_one_are_told_apart(tmp_path: Path) -> None:
    text = "\n".join(lines_of(tmp_path, FEATURES["jwt"]))
    assert "JWT " in text


@pytest.mark.stack
def test_the_plan_needs_no_client_of_aws_and_no_credentials(tmp_path: Path) -> None:
    """The command runs here without boto3, which the extra ``deploy`` brings, and prints all of its keys as JSON."""
    root = write_project(tmp_path / "project", made(route(ours=ACCESS), resources=TABLES))
    blocked = (
        "import sys\n"
        "for name in ('boto3', 'botocore'): sys.modules[name] = None\n"
        "from homeport.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    call = [sys.executable, "-c", blocked, "deploy", "--project", str(root), "--stage", "prod", "--plan", "--json"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=False, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stage"] == "prod"


@pytest.mark.stack
def test_the_template_is_written_where_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path / "project", made())
    file = tmp_path / "template.json"
    assert main(["deploy", "--project", str(root), "--stage", "prod", "--plan", "--write-template", str(file)]) == 0
    assert file.read_text() == render_template(build_template(project_of(tmp_path / "again", made())))
    assert f"the template is in {file}" in capsys.readouterr().out


def test_a_plan_s_options_without_a_plan_deploy_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path / "project", made())
    assert main(["deploy", "--project", str(root), "--stage", "prod", "--json"]) == 2
    assert "--json is for a plan (homeport deploy --stage prod --plan --json)" in capsys.readouterr().err
