"""The policy of a deployer: what the recorded calls need, and what CloudFormation does in his name."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from homeport.cloud.template.build import build_template
from homeport.project.stages.keys import STAGE
from tests.cloud.deployer_policy import (
    FOR_UNUSED_PROPERTIES,
    actions_for,
    deployer_policy,
    needed_actions,
    references_in,
)
from tests.cloud.policy import FILE, documented_resources, recorded_policy, text_of
from tests.support.cloud import at_ministack
from tests.support.resource_schemas import resource_schema
from tests.support.template import (
    ACCESS,
    CERTIFICATE,
    CORS,
    FEATURES,
    JWT,
    POOL,
    TABLES,
    made,
    project_of,
    route,
    secured,
)


def test_a_policy_allows_the_recorded_calls_on_their_resources_only() -> None:
    assert deployer_policy([("s3", "HeadBucket"), ("s3", "PutObject"), ("sts", "GetCallerIdentity")], []) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "DeployEverywhere", "Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]},
            {
                "Sid": "DeployS3",
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": ["arn:aws:s3:::homeport-ACCOUNT-REGION"],
            },
            {
                "Sid": "DeployS3Objects",
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": ["arn:aws:s3:::homeport-ACCOUNT-REGION/STACK/*"],
            },
        ],
    }


def test_the_actions_of_a_resource_follow_from_its_type() -> None:
    assert "iam:PassRole" in actions_for("AWS::Lambda::Function")
    assert "lambda:CreateAlias" in actions_for("AWS::Lambda::Alias")
    with pytest.raises(KeyError):
        actions_for("AWS::Satellite::GroundStation")


def allowed_actions() -> set[str]:
    """The actions of docs/deployer-policy.json."""
    return {action for statement in json.loads(FILE.read_text())["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_documented_policy_allows_all_that_a_template_needs(tmp_path: Path, feature: str) -> None:
    project = project_of(tmp_path / "project", FEATURES[feature])
    assert needed_actions({"Resources": documented_resources(project)}) <= allowed_actions()


SAMPLES: dict[str, Any] = {
    "accessLog": {"retention": 30},
    "alarms": {"topic": "{{resolve:ssm:/topic}}"},
    "apiKeys": {"partner": {"value": "{{resolve:secretsmanager:partner}}"}},
    "architecture": "x86_64",
    "iam": {"callers": {"ann": {"accessKeyId": "AKIA1", "secretAccessKey": "s", "allow": "*"}}},
    "auth": {"people": {"issuer": "https://id.example.com", "audience": ["{{resolve:ssm:/audience}}"]}},
    "cache": {"cacheTtlInSeconds": 60},
    "canary": {"percent": 5, "variables": {"colour": "{{resolve:ssm:/colour}}"}},
    "cors": {"allowOrigins": ["https://example.com"]},
    "deletionProtection": True,
    "domain": {"name": "api.example.com", "certificateArn": CERTIFICATE, "hostedZoneId": "Z2FDTNDATAQYW2"},
    "environment": {"PASSWORD": "{{resolve:secretsmanager:password}}", "LEVEL": "{{resolve:ssm:/level}}"},
    "flavor": "rest",
    "logFormat": "JSON",
    "logRetentionDays": 30,
    "memory": 512,
    "payloadFormat": "1.0",
    "region": "us-east-1",
    "reservedConcurrency": 1,
    "runtime": "python3.12",
    "snapStart": True,
    "stackName": "things",
    "stageName": "v1",
    "tables": {"ThingsTable": "things-of-another-stack"},
    "throttle": {"rate": 1, "burst": 1},
    "timeout": 5,
    "tracing": True,
    "usagePlans": {"basic": {}},
    "variables": {"colour": "{{resolve:ssm:/colour}}"},
}
"""A value of each setting of deploy/stages.yaml."""


def test_each_setting_of_a_stage_has_a_sample() -> None:
    assert set(SAMPLES) == set(STAGE.names)


@pytest.mark.parametrize("flavor", ["http", "rest"])
@pytest.mark.parametrize("setting", SAMPLES)
def test_the_documented_policy_allows_all_that_a_setting_needs(tmp_path: Path, setting: str, flavor: str) -> None:
    chosen = "rest" if setting in ("flavor", "apiKeys", "cache", "canary", "usagePlans") else flavor
    payload = {} if chosen == "rest" and setting == "payloadFormat" else {setting: SAMPLES[setting]}
    schemes = {"people": JWT if chosen == "http" else POOL}
    stage = {} if setting == "auth" and chosen == "rest" else payload
    feature = made(
        route(**secured("people"), ours=ACCESS),
        flavor=chosen,
        stage=stage,
        schemes=schemes,
        spec={"x-amazon-apigateway-cors": CORS},
        resources=TABLES,
    )
    template = build_template(project_of(tmp_path / "project", feature))
    assert needed_actions(template) <= allowed_actions()
    used = {service for service in ("ssm", "secretsmanager") if f"resolve:{service}:" in str(stage)}
    assert references_in(template) == used


def test_actions_are_left_out_for_properties_that_no_template_has(tmp_path: Path) -> None:
    used = {
        f"{each['Type']}.{name}"
        for feature, made in FEATURES.items()
        for each in documented_resources(project_of(tmp_path / feature, made)).values()
        for name in each.get("Properties", {})
    }
    assert used.isdisjoint(FOR_UNUSED_PROPERTIES)
    named = [name.partition(".") for name in FOR_UNUSED_PROPERTIES]
    assert [name for kind, _, name in named if name not in resource_schema(kind)["properties"]] == []


def test_the_documented_policy_covers_the_names_of_all_log_groups(tmp_path: Path) -> None:
    policy = json.loads(FILE.read_text())["Statement"]
    places = {
        place.partition(":log-group:")[2].replace("STACK", "made")
        for statement in policy
        if "logs:CreateLogGroup" in statement["Action"]
        for place in statement["Resource"]
    }
    for feature in ("plain http", "plain rest"):
        project = project_of(tmp_path / feature, FEATURES[feature])
        groups = [
            each for each in build_template(project)["Resources"].values() if each["Type"] == "AWS::Logs::LogGroup"
        ]
        for group in groups:
            name = group["Properties"]["LogGroupName"]
            text = (name["Fn::Sub"] if isinstance(name, dict) else name).replace("${AWS::StackName}", "made")
            assert any(fnmatchcase(text, place) for place in places), text


def test_a_deployer_may_not_read_or_write_items() -> None:
    items = {action for action in allowed_actions() if action.startswith("dynamodb:")}
    assert not [action for action in items if action.endswith(("Item", "Items", "Query", "Scan")) or "*" in action]


@pytest.mark.slow
def test_the_documented_policy_is_what_the_recorded_calls_need(tmp_path: Path) -> None:
    with at_ministack(tmp_path):
        assert text_of(recorded_policy(tmp_path)) == FILE.read_text(), "renew it: python -m tests.cloud.policy"


def test_the_documented_policy_fits_into_a_managed_policy() -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 6,144 characters, whitespace aside.
    filled = FILE.read_text().replace("STACK", "a-stack-of-30-characters-prod-").replace("ACCOUNT", "123456789012")
    assert len("".join(filled.replace("REGION", "ap-southeast-1").split())) <= 6144
