"""The logs of the API itself: the access log, and a REST API's execution log.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
"""

from __future__ import annotations

from typing import Any

from homeport.cloud.template.functions import attribute, log_group, ref, sub, trust
from homeport.project.project import Project
from homeport.project.stages.log_format import log_format

LOG_ROLE_PARAMETER = "ApiGatewayLogRole"
"""``make`` (the default) or ``keep``: the role with which API Gateway writes logs, one an account and region."""

LOG_ROLE_CONDITION = "MakeApiGatewayLogRole"
_ACCOUNT = "AWS::ApiGateway::Account"
_PUSH_POLICY = "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"


def access_log(project: Project) -> dict[str, Any]:
    """Return the access log's group. The prefix /aws/vendedlogs/ keeps the account's resource policy for logs small.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
    """
    stage = project.stage
    days = stage.access_log.get("retention", stage.log_retention_days)
    return {"AccessLogGroup": log_group(sub("/aws/vendedlogs/apigateway/${AWS::StackName}"), days)}


def access_log_settings(project: Project) -> dict[str, Any]:
    """Return the destination and the format of the access log."""
    stage = project.stage
    return {
        "DestinationArn": attribute("AccessLogGroup", "Arn"),
        "Format": log_format(stage.access_log, stage.flavor).strip(),
    }


def execution_log(project: Project) -> dict[str, Any]:
    """Return the execution log's group. A REST API would otherwise make it itself, without a retention."""
    name = sub(f"API-Gateway-Execution-Logs_${{Api}}/{project.stage.stage_name}")
    return {"ExecutionLogGroup": log_group(name, project.stage.log_retention_days)}


def own_account_settings(project: Project) -> str | None:
    """Return the logical id of an AWS::ApiGateway::Account in deploy/resources.yaml, None without one."""
    own = project.resources.of_type(_ACCOUNT)
    return own[0] if own else None


def account_settings_description() -> dict[str, Any]:
    """Return a description by which a stage depends on the kit's account settings: DependsOn takes no condition."""
    return {"Fn::If": [LOG_ROLE_CONDITION, sub("Logs as ${ApiAccount} says"), ref("AWS::NoValue")]}


def log_role(project: Project) -> dict[str, Any]:
    """Return parameter, condition and resources of the role with which REST APIs write logs.

    An account has one in each region for all of its APIs, so the role stays when the stack is deleted.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
    """
    if own_account_settings(project) is not None:
        return {}
    kept = {"Condition": LOG_ROLE_CONDITION, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    role = {
        "AssumeRolePolicyDocument": trust("apigateway.amazonaws.com"),
        "ManagedPolicyArns": [sub(_PUSH_POLICY)],
    }
    account = {"CloudWatchRoleArn": attribute("ApiLogRole", "Arn")}
    return {
        "Parameters": {
            LOG_ROLE_PARAMETER: {
                "Type": "String",
                "AllowedValues": ["make", "keep"],
                "Default": "make",
                "Description": "keep, if API Gateway already has a role to write logs with in this account and region.",
            }
        },
        "Conditions": {LOG_ROLE_CONDITION: {"Fn::Equals": [ref(LOG_ROLE_PARAMETER), "make"]}},
        "Resources": {
            "ApiLogRole": {"Type": "AWS::IAM::Role", **kept, "Properties": role},
            "ApiAccount": {"Type": _ACCOUNT, **kept, "Properties": account},
        },
    }
