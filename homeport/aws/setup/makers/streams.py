"""Streams of Kinesis.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesis-stream.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.aws.setup.clients import Clients
from homeport.aws.setup.seed import Seed
from homeport.project.model import ServiceResource


def make_stream(resource: ServiceResource, clients: Clients, seed: Seed) -> Iterator[str]:
    """Make a stream and wait until it is active."""
    kinesis, name = clients("kinesis"), resource.physical_id
    try:
        kinesis.describe_stream_summary(StreamName=name)
    except kinesis.exceptions.ResourceNotFoundException:
        shards = resource.properties.get("ShardCount")
        mode = {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}} if shards is None else {"ShardCount": int(shards)}
        kinesis.create_stream(StreamName=name, **mode)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
        yield f"made stream {name}"
