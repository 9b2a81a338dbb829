"""The permissions that a request to a service needs.

``dynamodb.py`` reads requests to DynamoDB, as far as their items and keys.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from ..patterns import Context


class ServicePermission(NamedTuple):
    """A permission that a request needs: an action (``s3:GetObject``), a resource's ARN, and the service's own keys."""

    action: str
    resource: str
    keys: Context = MappingProxyType({})
