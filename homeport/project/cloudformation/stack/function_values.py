"""The results of CloudFormation's functions that need nothing but their arguments.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

_ZONES = "abc"


def as_text(value: Any) -> str:
    """Return a value as CloudFormation compares and joins it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def base64(text: str) -> str:
    """Return a text as ``Fn::Base64`` encodes it."""
    return b64encode(text.encode()).decode("ascii")


def zones(region: str) -> list[str]:
    """Return three availability zones of a region, which each region has at least.

    Which ones ``Fn::GetAZs`` gives depends on the account.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
    """
    return [f"{region}{letter}" for letter in _ZONES]


def subnets(block: str, count: int, bits: int) -> list[str]:
    """Return the first blocks of ``Fn::Cidr`` in a block, each with room for ``bits`` bits. Raises ValueError.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
    """
    from ipaddress import ip_network

    network = ip_network(block, strict=False)
    if not 1 <= count <= 256 or not 1 <= bits <= network.max_prefixlen - network.prefixlen:
        raise ValueError(f"{block} has no {count} blocks of {bits} bits")
    size = 1 << bits
    if count * size > network.num_addresses:
        raise ValueError(f"{block} has no room for {count} blocks of {bits} bits")
    prefix = network.max_prefixlen - bits
    return [f"{network.network_address + index * size}/{prefix}" for index in range(count)]


def json_text(value: Any) -> str:
    """Return a map or list as ``Fn::ToJsonString`` writes it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ToJsonString.html
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
