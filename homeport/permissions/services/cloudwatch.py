"""CloudWatch: metrics, which are no resources, alarms and dashboards.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_OF_ALARMS = frozenset(
    ("DeleteAlarms", "DescribeAlarmHistory", "DescribeAlarms", "DisableAlarmActions", "EnableAlarmActions")
) | {"PutCompositeAlarm", "PutMetricAlarm", "SetAlarmState"}
_OF_DASHBOARDS = frozenset(("DeleteDashboards", "GetDashboard", "PutDashboard"))


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to CloudWatch."""
    action, keys = f"cloudwatch:{operation}", {"cloudwatch:namespace": key(parameters.get("Namespace"))}
    if operation in _OF_ALARMS:
        names = parameters.get("AlarmNames") or [parameters.get("AlarmName") or ANY]
        yield from (ServicePermission(action, place.arn("cloudwatch", f"alarm:{name}"), keys) for name in names)
    elif operation in _OF_DASHBOARDS:
        names = parameters.get("DashboardNames") or [parameters.get("DashboardName") or ANY]
        resources = (f"arn:aws:cloudwatch::{place.account}:dashboard/{name}" for name in names)
        yield from (ServicePermission(action, resource, keys) for resource in resources)
    else:
        yield ServicePermission(action, ANY, keys)
