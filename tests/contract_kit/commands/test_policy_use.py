"""Statements in roles, of which a run used a part, and how the rest is reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.contract.finding import Finding
from homeport.contract.fuzz.policy_use import AskedPermission, UnusedPart, parse_asked, policy_use
from homeport.contract.report.policy_findings import policy_findings, unseen_lines
from homeport.project.load import load_project
from homeport.project.project import Project
from tests.support.project import write_files

QUEUE = "arn:aws:sqs:us-east-1:000000000000:jobs"
OTHER = "arn:aws:sqs:us-east-1:000000000000:others"
SPEC: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Jobs", "version": "1"},
    "paths": {"/jobs": {"post": {"operationId": "addJob", "responses": {"200": {"description": "Done."}}}}},
}
RESOURCES = """
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref DoJobFunction}
"""
POLLING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


def allow(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def project_with(root: Path, *policies: dict[str, Any], of_job: tuple[dict[str, Any], ...] = ()) -> Project:
    own = {"functions": {"do-job": {"policies": [allow(POLLING, {"Fn::GetAtt": ["Jobs", "Arn"]}), *of_job]}}}
    operation = {**SPEC["paths"]["/jobs"]["post"], "x-homeport": {"policies": list(policies)}}
    spec = {**SPEC, "x-homeport": own, "paths": {"/jobs": {"post": operation}}}
    code = "def handler(event, context): return {}\n"
    handlers = {f"service/handlers/{name}.py": code for name in ("add_job", "do_job")}
    files = {"openapi.yaml": json.dumps(spec), "deploy/resources.yaml": RESOURCES, "service/__init__.py": ""}
    return load_project(write_files(root, {**files, "service/handlers/__init__.py": "", **handlers}))


def asked(action: str, resource: str, function: str = "add-job") -> AskedPermission:
    return AskedPermission(function, action, resource)


def found(project: Project, *used: AskedPermission) -> list[Finding]:
    return list(policy_findings(project, policy_use(project, used)))


def test_action_that_nothing_asked_for_is_found(tmp_path: Path) -> None:
    project = project_with(tmp_path, allow(["sqs:SendMessage", "sqs:PurgeQueue"], QUEUE))
    (finding,) = found(project, asked("sqs:SendMessage", QUEUE))
    assert (finding.check, finding.severity, finding.origin) == ("unused-permission", "error", "x-homeport.policies")
    assert finding.happened == (
        f"add-job may sqs:PurgeQueue on {QUEUE}, but never did: take sqs:PurgeQueue out of x-homeport.policies, "
        "or test what needs it"
    )


def test_resource_on_which_nothing_was_done_is_found(tmp_path: Path) -> None:
    project = project_with(tmp_path, allow("sqs:SendMessage", [QUEUE, OTHER]))
    assert policy_use(project, [asked("sqs:SendMessage", QUEUE)]).unused == (
        UnusedPart("add-job", ("sqs:SendMessage",), (OTHER,), "resources"),
    )


def test_every_service_is_looked_at_and_denied_actions_count_as_asked(tmp_path: Path) -> None:
    actions = [
        "s3:PutObject",
        "sns:Publish",
        "ssm:GetParameter",
        "secretsmanager:GetSecretValue",
        "states:StartExecution",
    ]
    actions += ["events:PutEvents", "kinesis:PutRecord", "ses:SendEmail", "dynamodb:PutItem", "lambda:InvokeFunction"]
    project = project_with(tmp_path, *(allow(action) for action in actions))
    parts = policy_use(project, ()).unused
    assert sorted(part.actions[0] for part in parts) == sorted(actions)
    assert {part.kind for part in parts} == {"statement"}
    assert policy_use(project, [asked(action, "arn:aws:x:::y") for action in actions]).unused == ()


def test_use_of_the_role_by_lambda_itself_counts(tmp_path: Path) -> None:
    project = project_with(tmp_path, of_job=(allow("sqs:ChangeMessageVisibility", QUEUE),))
    assert policy_use(project, [asked("sqs:SendMessage", OTHER, "do-job")]).unused == (
        UnusedPart("do-job", ("sqs:ChangeMessageVisibility",), (QUEUE,), "statement"),
    )


def test_listing_a_bucket_is_used_where_an_object_is_read(tmp_path: Path) -> None:
    project = project_with(
        tmp_path, allow("s3:GetObject", "arn:aws:s3:::b/*"), allow("s3:ListBucket", "arn:aws:s3:::b")
    )
    assert policy_use(project, [asked("s3:GetObject", "arn:aws:s3:::b/k")]).unused == ()


def test_pattern_of_actions_is_a_warning_with_what_was_done(tmp_path: Path) -> None:
    project = project_with(tmp_path, allow("sqs:*", QUEUE))
    (finding,) = found(project, asked("sqs:SendMessage", QUEUE))
    assert (finding.check, finding.severity) == ("wide-permission", "warning")
    assert finding.happened == f"add-job may sqs:* on {QUEUE}, and did sqs:SendMessage alone: name what it does"


def test_actions_that_no_run_sees_are_named(tmp_path: Path) -> None:
    project = project_with(tmp_path, allow(["bedrock:InvokeModel", "logs:PutLogEvents", "kms:Decrypt"]))
    use = policy_use(project, ())
    assert use.unused == ()
    assert list(unseen_lines(use)) == [
        "Least privilege does not see: bedrock:InvokeModel of add-job; kms:Decrypt of add-job",
        "Least privilege does not see what asked for nothing, and has no route: do-job",
    ]


def test_lines_of_the_log_are_read() -> None:
    line = json.dumps({"function": "f", "action": "sqs:SendMessage", "resource": QUEUE, "allowed": True})
    assert parse_asked([line, line]) == {AskedPermission("f", "sqs:SendMessage", QUEUE)}


TEMPLATE = """
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn}
              - {Effect: Allow, Action: ["sns:Publish", "sns:Subscribe"], Resource: "*"}
  Add: &function
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.13, Handler: app.handler, Code: code, Role: !GetAtt Role.Arn}
  Nightly: *function
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: jobs, ProtocolType: HTTP, RouteKey: POST /jobs, Target: !GetAtt Add.Arn}
"""


@pytest.fixture
def template(tmp_path: Path) -> Project:
    code = "def handler(event, context): return {}\n"
    return load_project(write_files(tmp_path, {"template.yaml": TEMPLATE, "code/app.py": code}))


def test_statement_of_a_template_s_role_that_nothing_used_is_a_warning(template: Project) -> None:
    findings = found(template, asked("sns:Publish", "arn:aws:sns:us-east-1:000000000000:t", "Add"))
    assert [(each.check, each.severity) for each in findings] == [
        ("unused-permission", "note"),
        ("unused-permission", "warning"),
    ]
    assert "take sns:Subscribe out of the role at template.yaml:" in findings[0].happened
    assert "may sqs:SendMessage" in findings[1].happened


def test_function_of_a_template_that_asked_for_nothing_is_named(template: Project) -> None:
    assert list(unseen_lines(policy_use(template, ()))) == [
        "Least privilege does not see what asked for nothing, and has no route: Nightly"
    ]


def test_function_of_a_queue_that_asked_for_nothing_is_not_judged(tmp_path: Path) -> None:
    project = project_with(tmp_path, of_job=(allow("sns:Publish"),))
    use = policy_use(project, ())
    assert (use.unused, use.idle) == ((), ("do-job",))
    ran = policy_use(project, [asked("sqs:SendMessage", QUEUE, "do-job")])
    assert ([part.actions for part in ran.unused], ran.idle) == ([("sns:Publish",)], ())


def test_url_that_another_language_may_sign_is_not_judged_until_it_is_used(tmp_path: Path) -> None:
    policy = allow(["s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::b/*")
    root = project_with(tmp_path, policy).root
    write_files(root, {"deploy/stages.yaml": "defaults: {runtime: nodejs22.x}\nstages: {local: {}}\n"})
    for name in ("add_job", "do_job"):
        (root / "service" / "handlers" / f"{name}.py").unlink()
        write_files(root, {f"service/handlers/{name}.mjs": "export const handler = async () => ({});\n"})
    project = load_project(root)
    use = policy_use(project, ())
    assert [part.actions for part in use.unused] == [("s3:DeleteObject",)]
    assert use.unseen == {"s3:PutObject": ("add-job",)}
    used = policy_use(
        project, [asked("s3:PutObject", "arn:aws:s3:::b/k"), asked("s3:DeleteObject", "arn:aws:s3:::b/k")]
    )
    assert (used.unused, used.unseen) == ((), {})
