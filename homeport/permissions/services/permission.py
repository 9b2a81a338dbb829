"""A permission that a request needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..patterns import Context
from .place import ServicePlace

ANY = "*"
"""The resource of an action that works on none."""

Parameters = Mapping[str, Any]


class ServicePermission(NamedTuple):
    """An action (``s3:GetObject``), a resource's ARN, and the service's own condition keys.

    ``aliases`` are further ARNs that stand for the same resource: one of them is enough for a statement.
    """

    action: str
    resource: str
    keys: Context = MappingProxyType({})
    aliases: tuple[str, ...] = ()


Needs = Callable[[str, Parameters, ServicePlace], Iterator[ServicePermission]]
"""Yields the permissions that an operation with parameters, as SDKs name them, needs in a place."""


def key(value: Any) -> list[str]:
    """Return the values of a condition key: none for a parameter that is not there."""
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    return [str(each) for each in value] if isinstance(value, (list, tuple, set)) else [str(value)]
