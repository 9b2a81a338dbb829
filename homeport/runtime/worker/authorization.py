"""The decision about a request to DynamoDB: the permissions that it needs, and the answer if one of them is missing."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...permissions.role import Role
from ...permissions.services.dynamodb import NeededPermission, needed_permissions
from .trace import Check


@dataclass(frozen=True)
class DynamoDBAnswer:
    """A response that DynamoDB would send: ``content`` is its body."""

    status: int
    content: Mapping[str, Any]

    def encode(self) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body, as DynamoDB sends them."""
        body = json.dumps(self.content).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "Content-Length": str(len(body)),
            # SDKs compare it with the body.
            "x-amz-crc32": str(zlib.crc32(body)),
            "x-amzn-RequestId": secrets.token_hex(26).upper(),
        }
        return headers, body


class AccessDecision(NamedTuple):
    """The permissions that a request was checked for, and their resources. ``denial`` is None if it is allowed."""

    checks: Sequence[Check]
    resources: Sequence[str]
    denial: DynamoDBAnswer | None


def authorize(role: Role, operation: str, body: Mapping[str, Any], region: str) -> AccessDecision:
    """Return what the role of a function says about a request that was signed for a region."""
    account = role.principal.split(":")[4]
    prefix = f"arn:aws:dynamodb:{region}:{account}:table/"
    needed = [(each, role.denial(operation, each, region)) for each in needed_permissions(operation, body, prefix)]
    denied = next((_access_denied(role.principal, each, why) for each, why in needed if why), None)
    checks = [(each.action, each.resource, not denial) for each, denial in needed]
    return AccessDecision(checks, [each.resource for each, _ in needed], denied)


def _access_denied(principal: str, denied: NeededPermission, reason: str) -> DynamoDBAnswer:
    what = f"dynamodb:{denied.action} on resource: {denied.resource} {reason}"
    message = f"User: {principal} is not authorized to perform: {what}"
    return DynamoDBAnswer(400, {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": message})
