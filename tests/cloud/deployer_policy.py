"""What a deployer has to be allowed: the calls that deploys make, and those of CloudFormation in his name. Pure.

The calls come from records of real deploys. What CloudFormation does for a resource is in the registry's schemas:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html ("handlers", "permissions").
ACCOUNT, REGION and STACK stand for a stage's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from homeport.aws_errors import iam_actions
from tests.support.resource_schemas import resource_schema

_BUCKET = "arn:aws:s3:::homeport-ACCOUNT-REGION"
_ANY = "*"
# Where a service's calls may go to. What is not here has no resources of its own, or must be seen as a whole.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "cloudformation": ("arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*",),
    "logs": (
        "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/*/STACK*",
        "arn:aws:logs:REGION:ACCOUNT:log-group:API-Gateway-Execution-Logs_*",
    ),
    "dynamodb": ("arn:aws:dynamodb:REGION:ACCOUNT:table/STACK-*",),
    "iam": ("arn:aws:iam::ACCOUNT:role/STACK-*",),
    "lambda": ("arn:aws:lambda:REGION:ACCOUNT:function:STACK-*", "arn:aws:lambda:REGION:ACCOUNT:layer:STACK-*"),
    "apigateway": ("arn:aws:apigateway:REGION::/*",),
    "cloudwatch": ("arn:aws:cloudwatch:REGION:ACCOUNT:alarm:STACK-*",),
    "route53": ("arn:aws:route53:::hostedzone/*", "arn:aws:route53:::change/*"),
    "sns": ("arn:aws:sns:REGION:ACCOUNT:STACK-*",),
    "ssm": ("arn:aws:ssm:REGION:ACCOUNT:parameter/*",),
    "secretsmanager": ("arn:aws:secretsmanager:REGION:ACCOUNT:secret:*",),
}
_EVERYWHERE = frozenset(
    (
        "cloudformation:DescribeStackDriftDetectionStatus",
        "cloudformation:DescribeStackResources",
        "cloudformation:ListStacks",
        "cloudwatch:DescribeAlarms",
        "dynamodb:ListTables",
        "lambda:GetAccountSettings",
        "route53:ListHostedZones",
        "sts:GetCallerIdentity",
    )
)
_OF_OBJECTS = frozenset(
    ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject")
)
# Access logs of API Gateway are delivered by CloudWatch, which asks for these of the account, not of a log group.
_DELIVERY = frozenset(
    (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    )
)

DYNAMIC_REFERENCES: Mapping[str, str] = {
    "ssm": "ssm:GetParameters",
    "secretsmanager": "secretsmanager:GetSecretValue",
}
"""What CloudFormation calls to look up a ``{{resolve:ssm:…}}``.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

SERVICE_LINKED_ROLE = (
    "arn:aws:iam::ACCOUNT:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"
)
"""The role that API Gateway makes in an account with its first API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
"""

FOR_UNUSED_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "AWS::ApiGateway::RestApi.BodyS3Location": ("s3:GetObject",),
    "AWS::ApiGatewayV2::Api.BodyS3Location": ("s3:getObject",),
    "AWS::ApiGatewayV2::Authorizer.AuthorizerCredentialsArn": ("iam:PassRole",),
    "AWS::ApiGatewayV2::DomainName.MutualTlsAuthentication": ("s3:*",),
    "AWS::DynamoDB::Table.ImportSourceSpecification": ("dynamodb:*Import*", "logs:*", "s3:*"),
    "AWS::DynamoDB::Table.KinesisStreamSpecification": (
        "dynamodb:*ableKinesisStreamingDestination",
        "dynamodb:UpdateKinesisStreamingDestination",
        "kinesis:*",
    ),
    "AWS::DynamoDB::Table.ResourcePolicy": ("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
    "AWS::IAM::Role.PermissionsBoundary": ("iam:*RolePermissionsBoundary",),
    "AWS::Lambda::Alias.ProvisionedConcurrencyConfig": ("lambda:PutProvisioned*", "lambda:DeleteProvisioned*"),
    "AWS::Lambda::Alias.RoutingConfig": ("codedeploy:*",),
    "AWS::Lambda::Function.CapacityProviderConfig": ("lambda:PassCapacityProvider",),
    "AWS::Lambda::Function.CodeSigningConfigArn": (
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:GetCodeSigningConfig",
        "lambda:PutFunctionCodeSigningConfig",
    ),
    "AWS::Lambda::Function.FileSystemConfigs": ("elasticfilesystem:*", "s3files:*"),
    "AWS::Lambda::Function.FunctionScalingConfig": ("lambda:PutFunctionScalingConfig",),
    "AWS::Lambda::Function.KmsKeyArn": ("kms:*",),
    "AWS::Lambda::Function.RecursiveLoop": ("lambda:PutFunctionRecursionConfig",),
    "AWS::Lambda::Function.RuntimeManagementConfig": (
        "lambda:AssociateRuntimeAlias",
        "lambda:PutRuntimeManagementConfig",
    ),
    "AWS::Lambda::Function.VpcConfig": ("ec2:*",),
    "AWS::Lambda::Version.FunctionScalingConfig": ("lambda:PutFunctionScalingConfig",),
    "AWS::Lambda::Version.ProvisionedConcurrencyConfig": ("lambda:PutProvisioned*",),
    "AWS::Lambda::Version.RuntimePolicy": ("lambda:PutRuntimeManagementConfig",),
    "AWS::Logs::LogGroup.BearerTokenAuthenticationEnabled": ("logs:PutBearerTokenAuthentication",),
    "AWS::Logs::LogGroup.DataProtectionPolicy": ("logs:*eDataProtectionPolicy", "logs:PutDataProtectionPolicy"),
    "AWS::Logs::LogGroup.DeletionProtectionEnabled": ("logs:PutLogGroupDeletionProtection",),
    "AWS::Logs::LogGroup.FieldIndexPolicies": ("logs:PutIndexPolicy", "logs:DeleteIndexPolicy"),
    "AWS::Logs::LogGroup.KmsKeyId": ("logs:*ssociateKmsKey",),
    "AWS::Logs::LogGroup.LogGroupClass": ("firehose:*", "s3:*", "logs:CreateLogDelivery"),
    "AWS::Logs::LogGroup.ResourcePolicyDocument": ("logs:*ResourcePolic*",),
    "AWS::SNS::Topic.DataProtectionPolicy": ("sns:PutDataProtectionPolicy",),
    "AWS::SNS::Topic.DeliveryStatusLogging": ("iam:*",),
}
"""Properties that the kit's templates never set, and the actions that a type of resource needs for them alone."""


def deployer_policy(
    calls: Iterable[tuple[str, str]], types: Iterable[str], references: Iterable[str] = ()
) -> dict[str, Any]:
    """The IAM policy for whoever makes these ``calls`` (service, operation) for stacks with resources of ``types``.

    ``references`` are the services of dynamic references (``ssm``).
    """
    kinds = sorted(types)
    own = {action for service, operation in calls for action in iam_actions(service, operation)}
    made = {action for kind in kinds for action in actions_for(kind)}
    looked_up = {DYNAMIC_REFERENCES[service] for service in references}
    actions = own | made | looked_up
    if any("ApiGateway" in kind for kind in kinds):
        actions |= _DELIVERY
    statements = list(_statements(actions))
    if any("ApiGateway" in kind for kind in kinds):
        statements.append(
            _statement("DeployServiceLinkedRole", {"iam:CreateServiceLinkedRole"}, (SERVICE_LINKED_ROLE,))
        )
    return {"Version": "2012-10-17", "Statement": statements}


def actions_for(kind: str) -> set[str]:
    """What CloudFormation does to manage a resource of a type. Raises KeyError for one that AWS does not have."""
    schema = resource_schema(kind)
    handlers = [handler for name, handler in schema.get("handlers", {}).items() if name != "list"]
    sources = [*handlers, schema.get("tagging", {})]
    actions = {action for source in sources for action in source.get("permissions", ())}
    unused = [
        pattern
        for name, patterns in FOR_UNUSED_PROPERTIES.items()
        if name.partition(".")[0] == kind
        for pattern in patterns
    ]
    needless = (*unused, *_NEEDLESS.get(kind, ()))
    return {action for action in actions if not any(fnmatchcase(action, pattern) for pattern in needless)}


_NEEDLESS: Mapping[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": (
        # Replicas are those of AWS::DynamoDB::GlobalTable. The rights to read and write items are for them.
        "dynamodb:*TableReplica",
        "dynamodb:*Item",
        "dynamodb:Query",
        "dynamodb:Scan",
        "iam:CreateServiceLinkedRole",
        # A key of one's own is its owner's to allow. Everybody in the account may use those of AWS.
        "kms:*",
    )
}


def needed_actions(template: Mapping[str, Any]) -> set[str]:
    """What CloudFormation does to manage the resources of a template, and to look up its dynamic references."""
    actions = {action for each in template["Resources"].values() for action in actions_for(each["Type"])}
    return actions | {DYNAMIC_REFERENCES[service] for service in references_in(template)}


def references_in(template: Mapping[str, Any]) -> set[str]:
    """The services of a template's dynamic references: ``ssm`` for ``{{resolve:ssm:NAME}}``."""
    return set(re.findall(r"\{\{resolve:([a-z-]+):", str(template)))


def _statements(actions: set[str]) -> Iterator[dict[str, Any]]:
    by_place: dict[tuple[str, ...], set[str]] = {}
    for action in actions:
        by_place.setdefault(_places(action), set()).add(action)
    for places in sorted(by_place):
        found = by_place[places]
        service = "" if places == (_ANY,) else next(iter(found)).partition(":")[0].capitalize()
        suffix = "Objects" if found <= _OF_OBJECTS else ""
        yield _statement(f"Deploy{service or 'Everywhere'}{suffix}", found, places)


def _places(action: str) -> tuple[str, ...]:
    service = action.partition(":")[0]
    if service == "s3":
        return (f"{_BUCKET}/STACK/*",) if action in _OF_OBJECTS else (_BUCKET,)
    return (_ANY,) if action in _EVERYWHERE | _DELIVERY else _PLACES.get(service, (_ANY,))


def _statement(name: str, actions: set[str], places: tuple[str, ...]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": sorted(actions), "Resource": list(places)}
