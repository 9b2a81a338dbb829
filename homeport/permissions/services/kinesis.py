"""Kinesis: streams by their names or ARNs, and consumers.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesis.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission
from .place import ServicePlace

_STREAM = "stream/"
_ACCOUNT_WIDE = frozenset(
    ("DescribeAccountSettings", "DescribeLimits", "ListChannels", "ListStreams", "UpdateAccountSettings")
)


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to Kinesis. A shard iterator alone does not tell its stream: it is any."""
    arn = parameters.get("ConsumerARN") or parameters.get("StreamARN") or parameters.get("ResourceARN")
    if not arn:
        name = parameters.get("StreamName")
        arn = ANY if operation in _ACCOUNT_WIDE else place.arn("kinesis", f"{_STREAM}{name or ANY}")
    yield ServicePermission(f"kinesis:{operation}", str(arn))
