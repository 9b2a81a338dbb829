"""The decision about a request to another service than DynamoDB, and the error of one that is denied.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from ...permissions.role import Role
from ...permissions.services import needed_permissions, service_name
from ...permissions.services.permission import Parameters
from ...permissions.services.place import ServicePlace
from .trace import Check

# The codes of the services whose errors are older than AccessDeniedException.
_CODES = {"cloudwatch": "AccessDenied", "s3": "AccessDenied", "ses": "AccessDenied", "sns": "AuthorizationError"}
_MORE_CODES = {"sqs": "AccessDenied", "sts": "AccessDenied"}
_FORBIDDEN = 403
_BAD_REQUEST = 400


@dataclass(frozen=True)
class ServiceDenial:
    """The error of a service for a request that a role does not allow. ``service`` has botocore's name."""

    service: str
    message: str

    @property
    def code(self) -> str:
        """The error's code."""
        return {**_CODES, **_MORE_CODES}.get(self.service, "AccessDeniedException")

    def encode(self, protocol: str) -> tuple[int, dict[str, str], bytes]:
        """Return the status, the headers and the body of the error in a protocol, by botocore's name of it."""
        headers = {"x-amzn-RequestId": secrets.token_hex(16)}
        if protocol in ("query", "ec2"):
            error = (
                f"<Error><Type>Sender</Type><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
            )
            return self._response(_FORBIDDEN, headers, "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
        if protocol == "rest-xml":
            error = f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
            return self._response(_FORBIDDEN, headers, "application/xml", error.encode())
        if protocol == "smithy-rpc-v2-cbor":
            body = b"\xa2" + b"".join(map(_cbor_text, ("__type", self.code, "message", self.message)))
            return self._response(_BAD_REQUEST, {**headers, "smithy-protocol": "rpc-v2-cbor"}, "application/cbor", body)
        body = json.dumps({"__type": self.code, "message": self.message, "Message": self.message}).encode()
        headers["x-amzn-ErrorType"] = self.code
        if self.service == "sqs":
            # The error of SQS's older protocol: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
            headers["x-amzn-query-error"] = f"{self.code};Sender"
        status = _FORBIDDEN if protocol == "rest-json" else _BAD_REQUEST
        return self._response(
            status, headers, "application/x-amz-json-1.1" if protocol == "json" else "application/json", body
        )

    def _response(
        self, status: int, headers: dict[str, str], content_type: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        return status, {**headers, "Content-Type": content_type, "Content-Length": str(len(body))}, body


class ServiceDecision(NamedTuple):
    """The permissions that a request was checked for. ``denial`` is None if it is allowed."""

    checks: Sequence[Check]
    denial: ServiceDenial | None


ALLOWED = ServiceDecision((), None)


def authorize_service(
    role: Role, service: str, operation: str, parameters: Parameters, place: ServicePlace
) -> ServiceDecision:
    """Return what the role of a function says about a request; a service that does not run here is not looked at."""
    needed = needed_permissions(service, operation, parameters, place)
    if not needed:
        return ALLOWED
    decided = [(each, role.decide(each, place.region)) for each in needed]
    denied = next(((each, decision) for each, decision in decided if not decision.allowed), None)
    checks = [(each.action, each.resource, decision.allowed) for each, decision in decided]
    if denied is None:
        return ServiceDecision(checks, None)
    permission, decision = denied
    if service_name(service) == "s3":
        # S3 puts the resource into quotes.
        permission = permission._replace(resource=f'"{permission.resource}"')
    return ServiceDecision(checks, ServiceDenial(service_name(service), role.message(permission, decision)))


def protocol_of(model: Any) -> str:
    """Return the protocol of a service by its model in botocore: newer versions choose one of several."""
    return str(getattr(model, "resolved_protocol", None) or model.metadata.get("protocol", ""))


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data
