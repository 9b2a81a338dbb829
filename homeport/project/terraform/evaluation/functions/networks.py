"""Functions of IP networks.

https://developer.hashicorp.com/terraform/language/functions/cidrsubnet
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from homeport.project.terraform.evaluation.values import EvaluationError, StandInText, as_number, as_text

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(prefix: str) -> _Network:
    if isinstance(prefix, StandInText):
        return ipaddress.ip_network("10.0.0.0/16")
    try:
        return ipaddress.ip_network(as_text(prefix), strict=False)
    except ValueError as error:
        raise EvaluationError(f"{prefix!r} is no network", hint="write 10.0.0.0/16") from error


def _host(prefix: str, number: Any) -> str:
    return str(_network(prefix)[int(as_number(number))])


def _subnet(prefix: str, bits: Any, number: Any) -> str:
    network, more, place = _network(prefix), int(as_number(bits)), int(as_number(number))
    length = network.prefixlen + more
    if more < 0 or length > network.max_prefixlen or not 0 <= place < 1 << more:
        raise EvaluationError(f"{network} has no subnet {place} of {more} more bits")
    size = 1 << (network.max_prefixlen - length)
    return f"{network.network_address + place * size}/{length}"


def _subnets(prefix: str, *bits: Any) -> list[str]:
    network, made = _network(prefix), list[str]()
    position = int(network.network_address)
    for more in bits:
        length = network.prefixlen + int(as_number(more))
        size = 1 << (network.max_prefixlen - length)
        position = -(-position // size) * size
        made.append(f"{ipaddress.ip_address(position)}/{length}")
        position += size
    return made


NETWORKS: Mapping[str, Callable[..., Any]] = {
    "cidrhost": _host,
    "cidrnetmask": lambda prefix: str(_network(prefix).netmask),
    "cidrsubnet": _subnet,
    "cidrsubnets": _subnets,
}
