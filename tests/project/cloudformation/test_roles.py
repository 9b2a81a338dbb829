"""Rights of a template's functions: its roles' policies, decided as IAM decides them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# The translator of SAM then runs in this process, and is imported once.
import tests.support.sam_translator  # noqa: F401
from homeport.permissions.role import Role
from homeport.permissions.services.dynamodb import needed_permissions
from homeport.project.check import check_project
from homeport.project.cloudformation.permissions.managed_policies import managed_statements
from homeport.project.cloudformation.permissions.table_access import with_table_access
from homeport.runtime.function_config import function_configs
from tests.support.templates import ReadTemplate, read_template_text

ACCOUNT = "000000000000"
PREFIX = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/"
HEAD = """
Resources:
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: items
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Act:
    Type: AWS::Lambda::Function
    Properties: {Code: ./src, Handler: app.handler, Runtime: python3.13, Role: !GetAtt ActRole.Arn}
"""
ROLE = """
  ActRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
"""
READ = """{Effect: Allow, Action: 'dynamodb:GetItem', Resource: !GetAtt Items.Arn}"""


def inline(*statements: str) -> str:
    """Return the property of a role with one inline policy of these statements."""
    return f"      Policies: [{{PolicyName: own, PolicyDocument: {{Statement: [{', '.join(statements)}]}}}}]\n"


def role_of(found: ReadTemplate, name: str = "Act") -> Role:
    """Return the role with which a worker decides about the calls of a function."""
    project = found.project
    configs = function_configs(project.api, project.stage, project.resources, dynamodb_url=None, account_id=ACCOUNT)
    config = configs[name]
    return Role(config.permissions, config.policies, config.partition_keys, config.principal, config.boundary)


def denial(role: Role, operation: str, **body: Any) -> str:
    """Return why a request for the table is denied, "" if it is not."""
    [needed] = needed_permissions(operation, {"TableName": "items", **body}, PREFIX)
    return role.denial(operation, needed, "us-east-1")


def unchecked(found: ReadTemplate) -> list[str]:
    """Return the warnings about rights that are not known."""
    return [warning for warning in found.warnings if "not checked" in warning]


UNKNOWN = "what it allows is not known, so calls of {} to AWS are not checked as on AWS"
NO_PUT = "because no identity-based policy allows the dynamodb:PutItem action"


def test_inline_policies_are_what_the_function_may_do(tmp_path: Path) -> None:
    role = role_of(read_template_text(tmp_path / "shop", HEAD + ROLE + inline(READ)))
    assert denial(role, "GetItem") == ""
    assert denial(role, "PutItem") == NO_PUT
    assert role.principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-ActRole/shop-Act"


def test_function_without_any_policy_may_do_nothing(tmp_path: Path) -> None:
    assert denial(role_of(read_template_text(tmp_path, HEAD + ROLE)), "PutItem") == NO_PUT


@pytest.mark.parametrize(
    "statement",
    [
        "{Effect: Allow, Action: '*', Resource: '*'}",
        "{Effect: Allow, Action: ['s3:Get*', 'dynamodb:Put*'], Resource: ['arn:aws:s3:::b', !GetAtt Items.Arn]}",
        "{Effect: Allow, NotAction: 'dynamodb:Delete*', Resource: '*'}",
        "{Effect: Allow, Action: 'DynamoDB:putitem', NotResource: 'arn:aws:dynamodb:*:*:table/others'}",
        "{Effect: Allow, Action: 'dynamodb:*', "
        "Resource: !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Items}'}",
        "{Effect: Allow, Action: 'dynamodb:*', Resource: '*', "
        "Condition: {StringEquals: {'aws:RequestedRegion': !Ref AWS::Region}}}",
    ],
)
def test_statement_allows_what_iam_says(tmp_path: Path, statement: str) -> None:
    role = role_of(read_template_text(tmp_path, HEAD + ROLE + inline(statement)))
    assert denial(role, "PutItem") == ""


def test_index_needs_its_own_resource(tmp_path: Path) -> None:
    query = "{Effect: Allow, Action: 'dynamodb:Query', Resource: !Sub '${Items.Arn}/index/*'}"
    role = role_of(read_template_text(tmp_path, HEAD + ROLE + inline(query)))
    assert denial(role, "Query", IndexName="byOwner") == ""
    assert denial(role, "Query") == "because no identity-based policy allows the dynamodb:Query action"


def test_deny_wins(tmp_path: Path) -> None:
    deny = "{Effect: Deny, Action: 'dynamodb:PutItem', Resource: !Sub '${Items.Arn}'}"
    role = role_of(
        read_template_text(tmp_path, HEAD + ROLE + inline("{Effect: Allow, Action: '*', Resource: '*'}", deny))
    )
    assert denial(role, "PutItem") == "with an explicit deny in an identity-based policy"
    assert denial(role, "GetItem") == ""


@pytest.mark.parametrize(
    "attached",
    [
        "AWS::IAM::Policy\n    Properties: {PolicyName: more, Roles: [!Ref ActRole], ",
        "AWS::IAM::ManagedPolicy\n    Properties: {Roles: [!Ref ActRole], ",
        "AWS::IAM::RolePolicy\n    Properties: {PolicyName: more, RoleName: !Ref ActRole, ",
    ],
)
def test_policy_that_names_the_role_counts(tmp_path: Path, attached: str) -> None:
    more = f"  More:\n    Type: {attached}PolicyDocument: {{Statement: {READ}}}}}\n"
    role = role_of(read_template_text(tmp_path, HEAD + ROLE + more))
    assert (denial(role, "GetItem"), denial(role, "PutItem")) == ("", NO_PUT)


def test_managed_policy_of_the_stack_counts(tmp_path: Path) -> None:
    more = f"  Reading: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{Statement: [{READ}]}}}}}}\n"
    found = read_template_text(tmp_path, f"{HEAD}{ROLE}      ManagedPolicyArns: [!Ref Reading]\n{more}")
    assert (denial(role_of(found), "GetItem"), denial(role_of(found), "PutItem")) == ("", NO_PUT)


@pytest.mark.parametrize(
    ("name", "reads", "writes"),
    [
        ("service-role/AWSLambdaBasicExecutionRole", False, False),
        ("AmazonDynamoDBReadOnlyAccess", True, False),
        ("AmazonDynamoDBFullAccess", True, True),
        ("PowerUserAccess", True, True),
        ("AmazonS3FullAccess", False, False),
    ],
)
def test_managed_policy_of_aws_counts(tmp_path: Path, name: str, reads: bool, writes: bool) -> None:
    arns = f"      ManagedPolicyArns: [!Sub 'arn:${{AWS::Partition}}:iam::aws:policy/{name}']\n"
    found = read_template_text(tmp_path, HEAD + ROLE + arns)
    role = role_of(found)
    assert (not denial(role, "GetItem"), not denial(role, "PutItem")) == (reads, writes)
    assert not any("DynamoDB" in warning for warning in found.warnings)


def test_managed_policy_that_denies_everything_wins(tmp_path: Path) -> None:
    names = ("AWSDenyAll", "AdministratorAccess")
    arns = f"      ManagedPolicyArns: [{', '.join(f'arn:aws:iam::aws:policy/{name}' for name in names)}]\n"
    assert "explicit deny" in denial(role_of(read_template_text(tmp_path, HEAD + ROLE + arns)), "GetItem")
    assert managed_statements("arn:aws:iam::111122223333:policy/AdministratorAccess") is None


def test_boundary_limits_what_the_role_allows(tmp_path: Path) -> None:
    limit = f"  Limit: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{Statement: [{READ}]}}}}}}\n"
    policies = inline("{Effect: Allow, Action: 'dynamodb:*', Resource: '*'}")
    found = read_template_text(tmp_path, f"{HEAD}{ROLE}      PermissionsBoundary: !Ref Limit\n{policies}{limit}")
    role = role_of(found)
    assert denial(role, "GetItem") == ""
    assert denial(role, "PutItem") == "because no permissions boundary allows the dynamodb:PutItem action"


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (
            "      ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/ours']\n",
            "the managed policy arn:aws:iam::111122223333:policy/ours",
        ),
        (
            "      PermissionsBoundary: 'arn:aws:iam::111122223333:policy/ours'\n",
            "the permissions boundary arn:aws:iam::111122223333:policy/ours",
        ),
    ],
)
def test_policy_that_is_not_in_the_template_is_named(tmp_path: Path, written: str, subject: str) -> None:
    found = read_template_text(tmp_path, HEAD + ROLE + written + inline("{Effect: Allow, Action: '*', Resource: '*'}"))
    assert denial(role_of(found), "PutItem") == ""
    assert unchecked(found) == [f"{subject} is not in the template: {UNKNOWN.format('Act')}"]


def test_role_that_is_not_in_the_template_is_named_once_and_allows_everything(tmp_path: Path) -> None:
    outside = HEAD.replace("!GetAtt ActRole.Arn", "'arn:aws:iam::111122223333:role/app/ours'")
    other = (
        "  Other: {Type: AWS::Lambda::Function, Properties: {Code: ./src, Handler: app.handler, Runtime: python3.13, "
    )
    found = read_template_text(tmp_path, f"{outside}{other}Role: 'arn:aws:iam::111122223333:role/app/ours'}}}}\n")
    assert (denial(role_of(found), "PutItem"), denial(role_of(found, "Other"), "DeleteItem")) == ("", "")
    role = "the role arn:aws:iam::111122223333:role/app/ours"
    assert unchecked(found) == [f"{role} is not in the template: {UNKNOWN.format('Act, Other')}"]


def test_resource_with_a_variable_that_only_aws_knows_allows_nothing_and_is_told(tmp_path: Path) -> None:
    imported = (
        "{Effect: Allow, Action: 'dynamodb:*', Resource: !Sub 'arn:aws:dynamodb:*:*:table/${!aws:PrincipalTag/team}'}"
    )
    role = role_of(read_template_text(tmp_path, HEAD + ROLE + inline(imported)))
    assert denial(role, "PutItem") == f"{NO_PUT} (homeport can't tell aws:PrincipalTag/team of its policies)"


def test_condition_that_is_not_known_here_is_named_by_check(tmp_path: Path) -> None:
    condition = "Condition: {StringEquals: {'aws:PrincipalTag/team': a}}"
    found = read_template_text(
        tmp_path, HEAD + ROLE + inline(f"{{Effect: Allow, Action: 'dynamodb:*', Resource: '*', {condition}}}")
    )
    assert [str(problem) for problem in check_project(found.project)] == [
        "template.yaml:14: warning: the condition on aws:PrincipalTag/team in policies of Act is deployed, but can't "
        "be evaluated here (here the statement does not allow what it is about)"
    ]


SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Items:
    Type: AWS::Serverless::SimpleTable
    Properties: {TableName: items}
  Act:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.13
"""


@pytest.mark.parametrize(
    ("policies", "reads", "writes"),
    [
        ("Policies: [DynamoDBReadPolicy: {TableName: !Ref Items}]", True, False),
        ("Policies: [DynamoDBWritePolicy: {TableName: !Ref Items}]", False, True),
        ("Policies: [DynamoDBCrudPolicy: {TableName: !Ref Items}]", True, True),
        ("Policies: [DynamoDBReadPolicy: {TableName: others}]", False, False),
        ("Policies: AmazonDynamoDBReadOnlyAccess", True, False),
        (
            "Policies: {Statement: [{Effect: Allow, Action: 'dynamodb:PutItem', Resource: !GetAtt Items.Arn}]}",
            False,
            True,
        ),
        ("MemorySize: 128", False, False),
    ],
)
def test_policies_of_sam_count(tmp_path: Path, policies: str, reads: bool, writes: bool) -> None:
    role = role_of(read_template_text(tmp_path, f"{SAM}      {policies}\n"))
    assert (not denial(role, "GetItem"), not denial(role, "PutItem")) == (reads, writes)


def test_rights_are_read_as_the_tables_that_a_function_may_use(tmp_path: Path) -> None:
    policies = "Policies: [DynamoDBWritePolicy: {TableName: !Ref Items}, AWSLambdaBasicExecutionRole]"
    project = read_template_text(tmp_path, f"{SAM}      {policies}\n").project
    api = with_table_access(project.api, project.resources, project.stage.region)
    assert api.functions["Act"].access == {"Items": ("PutItem", "UpdateItem", "BatchWriteItem")}


@pytest.mark.parametrize(("permissions", "reads", "writes"), [("Read", True, False), ("Write", False, True)])
def test_connector_counts(tmp_path: Path, permissions: str, reads: bool, writes: bool) -> None:
    connector = "    Connectors:\n      ToItems:\n        Properties: {Destination: {Id: Items}, Permissions: [%s]}\n"
    role = role_of(read_template_text(tmp_path, SAM + connector % permissions))
    assert (not denial(role, "GetItem"), not denial(role, "PutItem")) == (reads, writes)
