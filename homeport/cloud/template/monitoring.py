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
from typing import Any

from homeport.cloud.template.functions import attribute, log_group, ref, resource, sub, trust
from homeport.cloud.template.names import Names
from homeport.errors import ProjectError
from homeport.project.project import Project
from homeport.project.stages.keys import DEFAULT_LATENCY
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


_FUNCTION_METRICS = (
    ("Errors", "FunctionErrorsAlarm", "A function fails"),
    ("Throttles", "FunctionThrottledAlarm", "Lambda throttles a function"),
)
_PERIOD = 300
_MOST_METRICS = 10
"""The limit of an alarm. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""


def _metric(namespace: str, name: str, **dimensions: Any) -> dict[str, Any]:
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": listed}


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
            _metric("AWS/Lambda", metric, FunctionName=ref(f"{names.functions[name]}Function"))
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
    problem = project.documents.stage.at("alarms", "topic").error(
        f"{topic!r} is no topic", "give the ARN of an SNS topic, or the logical id of one in deploy/resources.yaml"
    )
    raise ProjectError([problem])


def _api_alarms(project: Project, actions: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    stage, is_http = project.stage, project.stage.flavor == "http"
    api = {"ApiId": ref("Api")} if is_http else {"ApiName": ref("AWS::StackName")}
    slow = int((stage.alarms or {}).get("latency", DEFAULT_LATENCY))
    failed, late = (
        {"MetricName": name, **_metric("AWS/ApiGateway", name, **api, Stage=stage.stage_name), "Period": _PERIOD}
        for name in ("5xx" if is_http else "5XXError", "Latency")
    )
    errors = {**failed, "Statistic": "Sum", "Threshold": 0, "EvaluationPeriods": 1}
    latency = {**late, "ExtendedStatistic": "p99", "Threshold": slow, "EvaluationPeriods": 3}
    return (
        _alarm("The API answers with 5xx", errors, actions),
        _alarm(f"The slowest hundredth of the requests takes longer than {slow} ms", latency, actions),
    )


def _throttles(table: str, indexes: Sequence[str]) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = [{}, *({"GlobalSecondaryIndexName": index} for index in indexes)]
    kinds = ("ReadThrottleEvents", "WriteThrottleEvents")
    return [_metric("AWS/DynamoDB", kind, TableName=ref(table), **place) for place in places for kind in kinds]


def _sum_alarms(id: str, description: str, metrics: Sequence[Mapping[str, Any]], actions: list[Any]) -> dict[str, Any]:
    """Return alarms on the sum of metrics, as many as the limit asks for. The first has the plain id."""
    chunks = [metrics[start : start + _MOST_METRICS] for start in range(0, len(metrics), _MOST_METRICS)]
    return {
        id if number == 1 else f"{id}{number}": _alarm(description, _sum(chunk), actions)
        for number, chunk in enumerate(chunks, 1)
    }


def _sum(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    stats = [
        {
            "Id": f"m{number}",
            "ReturnData": False,
            "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "Sum"},
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
