"""What a deployer has to be allowed: the calls that deploys make, and those of CloudFormation in his name. Pure.

The calls come from records of real deploys. What CloudFormation does for a resource is in the registry's schemas:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html ("handlers", "permissions").
ACCOUNT, REGION and STACK stand for a stage's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from homeport.aws_errors import iam_actions

_BUCKET = "arn:aws:s3:::homeport-ACCOUNT-REGION"
_ANY = "*"
# Where a service's calls may go to. What is not here has no resources of its own, or must be seen as a whole.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "cloudformation": ("arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*",),
    "logs": ("arn:aws:logs:REGION:ACCOUNT:log-group:/aws/*/STACK*",),
    "dynamodb": ("arn:aws:dynamodb:REGION:ACCOUNT:table/STACK-*",),
    "iam": ("arn:aws:iam::ACCOUNT:role/STACK-*",),
    "lambda": ("arn:aws:lambda:REGION:ACCOUNT:function:STACK-*",),
    "apigateway": ("arn:aws:apigateway:REGION::/*",),
    "cloudwatch": ("arn:aws:cloudwatch:REGION:ACCOUNT:alarm:STACK-*",),
}
_EVERYWHERE = frozenset(
    (
        "cloudformation:DescribeStackDriftDetectionStatus",
        "cloudwatch:DescribeAlarms",
        "lambda:GetAccountSettings",
        "sts:GetCallerIdentity",
    )
)
_OF_OBJECTS = frozenset(("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"))
_CRUD = ("apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT")
_DELIVERY = (
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
)

RESOURCE_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "AWS::ApiGateway": _CRUD,
    "AWS::ApiGatewayV2": _CRUD,
    "AWS::CloudWatch::Alarm": tuple(
        f"cloudwatch:{action}"
        for action in ("DeleteAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource")
    ),
    "AWS::DynamoDB::Table": tuple(
        f"dynamodb:{action}"
        for action in (
            "CreateTable",
            "DeleteTable",
            "DescribeContinuousBackups",
            "DescribeContributorInsights",
            "DescribeKinesisStreamingDestination",
            "DescribeTable",
            "DescribeTimeToLive",
            "GetResourcePolicy",
            "ListTagsOfResource",
            "TagResource",
            "UntagResource",
            "UpdateContinuousBackups",
            "UpdateTable",
            "UpdateTimeToLive",
        )
    ),
    "AWS::IAM::Role": tuple(
        f"iam:{action}"
        for action in (
            "AttachRolePolicy",
            "CreateRole",
            "DeleteRole",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "GetRole",
            "GetRolePolicy",
            "ListAttachedRolePolicies",
            "ListRolePolicies",
            "PassRole",
            "PutRolePolicy",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
        )
    ),
    "AWS::Lambda": tuple(
        f"lambda:{action}"
        for action in (
            "AddPermission",
            "CreateAlias",
            "CreateFunction",
            "DeleteAlias",
            "DeleteFunction",
            "DeleteFunctionConcurrency",
            "GetAlias",
            "GetFunction",
            "GetFunctionCodeSigningConfig",
            "GetFunctionConfiguration",
            "GetFunctionRecursionConfig",
            "GetPolicy",
            "GetRuntimeManagementConfig",
            "ListTags",
            "ListVersionsByFunction",
            "PublishVersion",
            "PutFunctionConcurrency",
            "RemovePermission",
            "TagResource",
            "UntagResource",
            "UpdateAlias",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
        )
    ),
    "AWS::Logs::LogGroup": tuple(
        f"logs:{action}"
        for action in (
            "CreateLogGroup",
            "DeleteLogGroup",
            "DescribeIndexPolicies",
            "GetDataProtectionPolicy",
            "ListTagsForResource",
            "PutRetentionPolicy",
            "TagResource",
            "UntagResource",
        )
    ),
}
"""By type, or by the first part of it."""


def deployer_policy(calls: Iterable[tuple[str, str]], types: Iterable[str]) -> dict[str, Any]:
    """The IAM policy for whoever makes these ``calls`` (service, operation) for stacks with resources of ``types``."""
    own = {action for service, operation in calls for action in iam_actions(service, operation)}
    made = {action for kind in types for action in actions_for(kind)}
    # Access logs of API Gateway are delivered by CloudWatch, which asks for these of the account, not of a log group.
    delivery = {f"logs:{action}" for action in _DELIVERY} if any("ApiGateway" in kind for kind in types) else set()
    statements = [*_statements("Deploy", own), *_statements("Resources", made - own)]
    if delivery:
        statements.append(_statement("AccessLogs", delivery, (_ANY,)))
    return {"Version": "2012-10-17", "Statement": statements}


def actions_for(kind: str) -> tuple[str, ...]:
    """What CloudFormation does to manage a resource of a type. Raises KeyError for one that is not known here."""
    return RESOURCE_ACTIONS[kind] if kind in RESOURCE_ACTIONS else RESOURCE_ACTIONS[kind.rpartition("::")[0]]


def _statements(name: str, actions: set[str]) -> Iterator[dict[str, Any]]:
    by_place: dict[tuple[str, ...], set[str]] = {}
    for action in actions:
        by_place.setdefault(_places(action), set()).add(action)
    for places in sorted(by_place):
        found = by_place[places]
        service = next(iter(found)).partition(":")[0].capitalize() if len(places) == 1 and places != (_ANY,) else ""
        suffix = "Objects" if found <= _OF_OBJECTS else ""
        yield _statement(f"{name}{service or 'Everywhere'}{suffix}", found, places)


def _places(action: str) -> tuple[str, ...]:
    service = action.partition(":")[0]
    if service == "s3":
        return (f"{_BUCKET}/STACK/*",) if action in _OF_OBJECTS else (_BUCKET,)
    return (_ANY,) if action in _EVERYWHERE else _PLACES.get(service, (_ANY,))


def _statement(name: str, actions: set[str], places: tuple[str, ...]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": sorted(actions), "Resource": list(places)}
