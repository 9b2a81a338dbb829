"""Managed policies of AWS: what each allows or denies a function on DynamoDB.

The table holds the policies with actions that a function may ask DynamoDB for. One that it lacks allows nothing on
DynamoDB: of 1,525 managed policies 90 name an action of it, and most of those belong to service-linked roles. The page
of each is https://docs.aws.amazon.com/aws-managed-policy/latest/reference/NAME.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ANY = "*"
_STREAMS = "DescribeStream GetRecords GetShardIterator ListStreams"
_READS = "List* Describe* Scan PartiQLSelect Query"
_CONFIG = "DescribeContinuousBackups DescribeLimits DescribeTable ListTables ListTagsOfResource"

_ALLOWED: Mapping[str, str] = {
    "AWSApplicationAutoscalingDynamoDBTablePolicy": "DescribeTable UpdateTable",
    "AWSConfigRole": _CONFIG,
    "AWSDataPipelineRole": "BatchGetItem DescribeTable GetItem Query Scan UpdateTable",
    "AWSElasticBeanstalkFullAccess": _ANY,
    "AWSIoTRuleActions": "PutItem",
    "AWSLambdaDynamoDBExecutionRole": _STREAMS,
    "AWSLambdaFullAccess": _ANY,
    "AWSLambdaInvocation-DynamoDB": _STREAMS,
    "AWSLambdaReadOnlyAccess": "BatchGetItem DescribeStream DescribeTable GetItem ListStreams ListTables Query Scan",
    "AWS_ConfigRole": f"{_CONFIG} DescribeGlobalTable DescribeGlobalTableSettings DescribeTimeToLive",
    "AdministratorAccess": _ANY,
    "AmazonDynamoDBFullAccess": _ANY,
    "AmazonDynamoDBFullAccess_v2": _ANY,
    "AmazonDynamoDBFullAccesswithDataPipeline": _ANY,
    "AmazonDynamoDBReadOnlyAccess": (
        "BatchGetItem Describe* List* GetAbacStatus GetItem GetResourcePolicy Query Scan PartiQLSelect"
    ),
    "AmazonEC2RoleforDataPipelineRole": _ANY,
    "AmazonElasticMapReduceforEC2Role": _ANY,
    "CloudWatchAutomaticDashboardsAccess": "DescribeTable ListTables",
    "DataScientist": _ANY,
    "DatabaseAdministrator": _ANY,
    # Everything but IAM, Organizations and the account.
    "PowerUserAccess": _ANY,
    "ReadOnlyAccess": "BatchGetItem Describe* Get* List* PartiQLSelect Query Scan",
    "SageMakerStudioAdminIAMDefaultExecutionPolicy": _READS,
    "SageMakerStudioAdminIAMPermissiveExecutionPolicy": _READS,
    "SageMakerStudioUserIAMDefaultExecutionPolicy": _READS,
    "SageMakerStudioUserIAMPermissiveExecutionPolicy": _READS,
    "SecurityAudit": (
        "DescribeContinuousBackups DescribeTable DescribeTimeToLive GetResourcePolicy ListBackups ListStreams "
        "ListTables ListTagsOfResource"
    ),
    "SupportUser": "DescribeLimits DescribeTable ListTables",
    "ViewOnlyAccess": (
        "DescribeBackup DescribeContinuousBackups DescribeLimits DescribeStream DescribeTable DescribeTimeToLive "
        "ListBackups ListStreams ListTables ListTagsOfResource"
    ),
}
_DENIED: Mapping[str, str] = {"AWSDenyAll": _ANY}

_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")


def managed_statements(arn: str) -> tuple[Mapping[str, Any], ...] | None:
    """Return the statements about DynamoDB of a managed policy of AWS, None if the ARN is another's."""
    found = _ARN.fullmatch(arn)
    if found is None:
        return None
    tables = (("Allow", _ALLOWED), ("Deny", _DENIED))
    return tuple(_statement(effect, table[found[1]]) for effect, table in tables if found[1] in table)


def _statement(effect: str, actions: str) -> Mapping[str, Any]:
    return {"Effect": effect, "Action": [f"dynamodb:{action}" for action in actions.split()], "Resource": ["*"]}
