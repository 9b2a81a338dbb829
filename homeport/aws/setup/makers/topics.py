"""Topics of SNS and their subscriptions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.aws.setup.clients import Clients, text_of
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource

_TOPIC = ("ContentBasedDeduplication", "DisplayName", "FifoTopic", "KmsMasterKeyId", "SignatureVersion")
_SUBSCRIPTION = ("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")


def make_topic(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a topic with the subscriptions that are written in it."""
    sns, arn, properties = clients("sns"), resource.physical_id, resource.properties
    name = arn.rpartition(":")[2]
    is_new = not _exists(sns, arn)
    sns.create_topic(Name=name, Attributes=_attributes(properties, _TOPIC))
    if is_new:
        yield f"made topic {name}"
    for entry in properties.get("Subscription", ()):
        yield from _subscribe(sns, {**entry, "TopicArn": arn})


def make_subscription(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a subscription, or set its attributes."""
    yield from _subscribe(clients("sns"), resource.properties)


def _subscribe(sns: Any, properties: Mapping[str, Any]) -> Iterator[str]:
    topic, protocol, endpoint = (str(properties.get(name, "")) for name in ("TopicArn", "Protocol", "Endpoint"))
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    there = [each for page in pages for each in page["Subscriptions"]]
    found = [each for each in there if (each["Protocol"], each["Endpoint"]) == (protocol, endpoint)]
    attributes = _attributes(properties, _SUBSCRIPTION)
    if not found:
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
        yield f"subscribed {endpoint} to topic {topic.rpartition(':')[2]}"
        return
    for name, value in attributes.items():
        arn = found[0]["SubscriptionArn"]
        if arn.startswith("arn:"):
            sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)


def _exists(sns: Any, arn: str) -> bool:
    try:
        sns.get_topic_attributes(TopicArn=arn)
    except sns.exceptions.NotFoundException:
        return False
    return True


def _attributes(properties: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: text_of(properties[name]) for name in names if name in properties}
