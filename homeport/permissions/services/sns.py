"""SNS: topics, endpoints of platforms, and phone numbers.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_BATCHES = {"PublishBatch": "Publish"}
_ARNS = ("TopicArn", "TargetArn", "ResourceArn")


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to SNS. A message to a phone number works on no resource of SNS."""
    keys = {"sns:protocol": key(parameters.get("Protocol")), "sns:endpoint": key(parameters.get("Endpoint"))}
    arn = next((str(parameters[name]) for name in _ARNS if parameters.get(name)), "")
    if operation == "CreateTopic":
        arn = place.arn("sns", str(parameters.get("Name", "")))
    if subscription := parameters.get("SubscriptionArn"):
        # The ARN of a subscription is that of its topic and an id.
        arn = str(subscription).rpartition(":")[0]
    yield ServicePermission(f"sns:{_BATCHES.get(operation, operation)}", arn or ANY, keys)
