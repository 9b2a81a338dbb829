"""The logs and alarms of a deployed API.

Logs are the access log and a REST API's execution log. Alarms watch errors and latency of the API, and errors and
throttles of its functions and tables.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from homeport.cloud.template.functions import attribute, log_group, ref, resource, sub, trust
from homeport.cloud.template.names import Names
from homeport.errors import Problem, ProjectError
from homeport.project.load import Project
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
            "ApiLogRole": resource(
                "AWS::IAM::Role",
                kept,
                AssumeRolePolicyDocument=trust("apigateway.amazonaws.com"),
                ManagedPolicyArns=[sub(_PUSH_POLICY)],
            ),
            "ApiAccount": resource(_ACCOUNT, kept, CloudWatchRoleArn=attribute("ApiLogRole", "Arn")),
        },
    }


DEFAULT_LATENCY = 3000
"""Milliseconds: the default threshold of the p99 latency."""

_FUNCTION_METRICS = (
    ("Errors", "FunctionErrorsAlarm", "A function fails"),
    ("Throttles", "FunctionThrottledAlarm", "Lambda throttles a function"),
)
_PERIOD = 300
_MOST_METRICS = 10
"""The limit of an alarm. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""


class Metric(NamedTuple):
    """A metric and its dimensions."""

    namespace: str
    name: str
    dimensions: Mapping[str, Any]


def alarms(project: Project, names: Names) -> dict[str, Any]:
    """Return the alarms of the stage, none without ``alarms`` in deploy/stages.yaml."""
    stage = project.stage
    if stage.alarms is None:
        return {}
    actions = _actions(project)
    errors, latency = _api_alarms(project, actions)
    resources = {"ApiErrorsAlarm": errors, "ApiLatencyAlarm": latency}
    for metric, id, description in _FUNCTION_METRICS:
        measured = [
            Metric("AWS/Lambda", metric, {"FunctionName": ref(f"{names.functions[name]}Function")})
            for name in project.api.functions
        ]
        resources |= _sum_alarms(id, description, measured, actions)
    for table in project.resources.tables.values():
        description = f"DynamoDB throttles requests for {table.logical_id}"
        measured = _throttles(table.logical_id, table.indexes)
        resources |= _sum_alarms(f"{table.logical_id}ThrottlesAlarm", description, measured, actions)
    return resources


def _actions(project: Project) -> list[Any]:
    """Return the SNS topic: an ARN, or the logical id of a topic in deploy/resources.yaml."""
    topic = (project.stage.alarms or {}).get("topic")
    if not topic:
        return []
    if topic in project.resources.of_type("AWS::SNS::Topic"):
        return [ref(topic)]
    if topic.startswith(("arn:", "<<", "{{")):
        return [topic]
    document = project.documents.stage
    raise ProjectError(
        [
            Problem(
                f"{topic!r} is no topic",
                document.file,
                document.line(("alarms", "topic")),
                "give the ARN of an SNS topic, or the logical id of one in deploy/resources.yaml",
            )
        ]
    )


def _api_alarms(project: Project, actions: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    stage = project.stage
    dimensions: Mapping[str, Any]
    if stage.flavor == "http":
        dimensions, failed = {"ApiId": ref("Api"), "Stage": stage.stage_name}, "5xx"
    else:
        dimensions, failed = {"ApiName": ref("AWS::StackName"), "Stage": stage.stage_name}, "5XXError"
    slow = int((stage.alarms or {}).get("latency", DEFAULT_LATENCY))
    common = {"Namespace": "AWS/ApiGateway", "Dimensions": _dimensions(dimensions), "Period": _PERIOD}
    errors = {"MetricName": failed, **common, "Statistic": "Sum", "Threshold": 0, "EvaluationPeriods": 1}
    latency = {"MetricName": "Latency", **common, "ExtendedStatistic": "p99", "Threshold": slow, "EvaluationPeriods": 3}
    return (
        _alarm("The API answers with 5xx", errors, actions),
        _alarm(f"The slowest hundredth of the requests takes longer than {slow} ms", latency, actions),
    )


def _throttles(table: str, indexes: Sequence[str]) -> list[Metric]:
    places: list[dict[str, Any]] = [{"TableName": ref(table)}]
    places += [{"TableName": ref(table), "GlobalSecondaryIndexName": index} for index in indexes]
    kinds = ("ReadThrottleEvents", "WriteThrottleEvents")
    return [Metric("AWS/DynamoDB", kind, dimensions) for dimensions in places for kind in kinds]


def _sum_alarms(id: str, description: str, metrics: Sequence[Metric], actions: list[Any]) -> dict[str, Any]:
    """Return alarms on the sum of metrics, as many as the limit asks for. The first has the plain id."""
    chunks = [metrics[start : start + _MOST_METRICS] for start in range(0, len(metrics), _MOST_METRICS)]
    return {
        id if number == 1 else f"{id}{number}": _alarm(description, _sum(chunk), actions)
        for number, chunk in enumerate(chunks, 1)
    }


def _sum(metrics: Sequence[Metric]) -> dict[str, Any]:
    stats = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": _dimensions(metric.dimensions),
                },
                "Period": _PERIOD,
                "Stat": "Sum",
            },
        }
        for number, metric in enumerate(metrics, 1)
    ]
    # A period without data counts as zero: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    total = " + ".join(f"FILL({stat['Id']}, 0)" for stat in stats)
    return {
        "Metrics": [*stats, {"Id": "total", "Expression": total, "Label": "total", "ReturnData": True}],
        "Threshold": 0,
        "EvaluationPeriods": 1,
    }


def _dimensions(dimensions: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _alarm(description: str, properties: Mapping[str, Any], actions: list[Any]) -> dict[str, Any]:
    return resource(
        "AWS::CloudWatch::Alarm",
        AlarmDescription=description,
        **properties,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=actions or None,
        OKActions=actions or None,
    )
