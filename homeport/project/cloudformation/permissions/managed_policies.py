"""Managed policies of AWS: what each allows or denies a function on DynamoDB and on the other services that run here.

The first table holds the policies with actions that a function may ask DynamoDB for. One that it lacks allows nothing
on DynamoDB: of 1,525 managed policies 90 name an action of it, and most of those belong to service-linked roles. The
second table holds those that functions have for other services. What one that it lacks allows there is not known. The
page of each is https://docs.aws.amazon.com/aws-managed-policy/latest/reference/NAME.html.
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
_READS_S3 = "s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*"
_ALLOWED_ELSEWHERE: Mapping[str, str] = {
    "AWSAppSyncPushToCloudWatchLogs": "",
    "AWSKeyManagementServicePowerUser": (
        "kms:CreateAlias kms:CreateKey kms:DeleteAlias kms:Describe* kms:GenerateRandom kms:Get* kms:List* "
        "kms:TagResource kms:UntagResource"
    ),
    "AWSLambdaBasicExecutionRole": "",
    "AWSLambdaENIManagementAccess": "",
    "AWSLambdaFullAccess": _ANY,
    "AWSLambdaInvocation-DynamoDB": "lambda:InvokeFunction",
    "AWSLambdaKinesisExecutionRole": (
        "kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator "
        "kinesis:ListShards kinesis:ListStreams kinesis:SubscribeToShard"
    ),
    "AWSLambdaMSKExecutionRole": "",
    "AWSLambdaRole": "lambda:InvokeFunction",
    "AWSLambdaSQSQueueExecutionRole": "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes",
    "AWSLambdaVPCAccessExecutionRole": "",
    "AWSLambda_FullAccess": "lambda:*",
    "AWSLambda_ReadOnlyAccess": "lambda:Get* lambda:List*",
    "AWSStepFunctionsFullAccess": "states:*",
    "AWSStepFunctionsReadOnlyAccess": "states:Describe* states:Get* states:List*",
    "AWSXRayDaemonWriteAccess": "",
    "AWSXrayFullAccess": "",
    "AWSXrayWriteOnlyAccess": "",
    "AdministratorAccess": _ANY,
    "AmazonCognitoPowerUser": "cognito-idp:*",
    "AmazonCognitoReadOnly": (
        "cognito-idp:AdminGetUser cognito-idp:AdminList* cognito-idp:Describe* cognito-idp:Get* cognito-idp:List*"
    ),
    "AmazonDynamoDBFullAccess": "",
    "AmazonDynamoDBFullAccess_v2": "",
    "AmazonDynamoDBReadOnlyAccess": "",
    "AWSLambdaDynamoDBExecutionRole": "",
    "AmazonEventBridgeFullAccess": "events:* scheduler:*",
    "AmazonKinesisFullAccess": "kinesis:*",
    "AmazonKinesisReadOnlyAccess": "kinesis:Get* kinesis:List* kinesis:Describe*",
    "AmazonS3FullAccess": "s3:* s3-object-lambda:*",
    "AmazonS3ReadOnlyAccess": _READS_S3,
    "AmazonSESFullAccess": "ses:*",
    "AmazonSESReadOnlyAccess": "ses:Get* ses:List* ses:BatchGetMetricData",
    "AmazonSNSFullAccess": "sns:*",
    "AmazonSNSReadOnlyAccess": "sns:GetTopicAttributes sns:List*",
    "AmazonSQSFullAccess": "sqs:*",
    "AmazonSQSReadOnlyAccess": "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:List*",
    "AmazonSSMFullAccess": "ssm:* cloudwatch:PutMetricData",
    "AmazonSSMReadOnlyAccess": "ssm:Describe* ssm:Get* ssm:List*",
    "CloudWatchEventsFullAccess": "events:*",
    "CloudWatchFullAccess": "cloudwatch:*",
    "CloudWatchFullAccessV2": "cloudwatch:*",
    "CloudWatchLambdaInsightsExecutionRolePolicy": "",
    "CloudWatchLogsFullAccess": "",
    "CloudWatchReadOnlyAccess": "cloudwatch:Describe* cloudwatch:Get* cloudwatch:List*",
    "PowerUserAccess": _ANY,
    "SecretsManagerReadWrite": "secretsmanager:* kms:DescribeKey kms:ListAliases kms:ListKeys",
}
"""Actions of other services than DynamoDB; ``""``: none of a service that runs here."""

_DENIED: Mapping[str, str] = {"AWSDenyAll": _ANY}

_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")


def managed_statements(arn: str) -> tuple[Mapping[str, Any], ...] | None:
    """Return the statements of a managed policy of AWS, None if the ARN is another's.

    A policy that is not known allows nothing on DynamoDB, and all of the other services (``is_known_elsewhere``).
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        return None
    name = found[1]
    tables = (("Allow", _ALLOWED), ("Deny", _DENIED))
    statements = [_statement(effect, table[name]) for effect, table in tables if name in table]
    if not is_known_elsewhere(arn):
        statements.append({"Effect": "Allow", "NotAction": ["dynamodb:*"], "Resource": ["*"]})
    elif actions := _ALLOWED_ELSEWHERE.get(name, "").split():
        statements.append({"Effect": "Allow", "Action": actions, "Resource": ["*"]})
    return tuple(statements)


def is_known_elsewhere(arn: str) -> bool:
    """Return whether it is known what a managed policy of AWS allows on other services than DynamoDB."""
    found = _ARN.fullmatch(arn)
    return found is not None and (found[1] in _ALLOWED_ELSEWHERE or found[1] in _DENIED)


def _statement(effect: str, actions: str) -> Mapping[str, Any]:
    everywhere = effect == "Deny" and actions == _ANY
    named = [_ANY] if everywhere else [f"dynamodb:{action}" for action in actions.split()]
    return {"Effect": effect, "Action": named, "Resource": ["*"]}
