"""The decision about a request to another service than DynamoDB, and the error of one that is denied.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...permissions.role import Role
from ...permissions.services import needed_permissions, service_name
from ...permissions.services.permission import Parameters
from ...permissions.services.place import ServicePlace
from .service_answer import ServiceErrorAnswer
from .trace import Check

# The codes of the services whose errors are older than AccessDeniedException.
_CODES = {"cloudwatch": "AccessDenied", "s3": "AccessDenied", "ses": "AccessDenied", "sns": "AuthorizationError"}
_MORE_CODES = {"sqs": "AccessDenied", "sts": "AccessDenied"}


class ServiceDecision(NamedTuple):
    """The permissions that a request was checked for. ``denial`` is None if it is allowed."""

    checks: Sequence[Check]
    denial: ServiceErrorAnswer | None


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
    name = service_name(service)
    code = {**_CODES, **_MORE_CODES}.get(name, "AccessDeniedException")
    return ServiceDecision(checks, ServiceErrorAnswer(name, code, role.message(permission, decision)))


def protocol_of(model: Any) -> str:
    """Return the protocol of a service by its model in botocore: newer versions choose one of several."""
    return str(getattr(model, "resolved_protocol", None) or model.metadata.get("protocol", ""))
