"""Queues of SQS.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.aws.setup.clients import Clients, text_of
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource

_FOR_FIFO = ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_ATTRIBUTES = (
    *("DelaySeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod"),
    *("ReceiveMessageWaitTimeSeconds", "RedrivePolicy", "RedriveAllowPolicy", "VisibilityTimeout", *_FOR_FIFO),
)


def make_queue(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a queue, or set its attributes."""
    sqs, name = clients("sqs"), queue_name(resource)
    attributes = _attributes(resource.properties)
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        sqs.create_queue(QueueName=name, Attributes=attributes)
        yield f"made queue {name}"
        return
    there = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    changed = {key: value for key, value in attributes.items() if key != "FifoQueue" and there.get(key) != value}
    if changed:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
        yield f"changed queue {name}: {', '.join(changed)}"


def queue_name(resource: ServiceResource) -> str:
    """Return the name of a queue."""
    return resource.physical_id.rpartition("/")[2]


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    found = {name: text_of(properties[name]) for name in _ATTRIBUTES if name in properties}
    # A queue without FifoQueue is a standard one; "false" is refused.
    return found if found.get("FifoQueue") == "true" else {k: v for k, v in found.items() if k not in _FOR_FIFO}
