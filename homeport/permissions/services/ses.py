"""SES: identities that send, configuration sets and templates.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any

from ..patterns import Context
from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

_SENDS = frozenset(("SendEmail", "SendRawEmail", "SendTemplatedEmail", "SendBulkTemplatedEmail"))
_LISTS = ("ToAddresses", "CcAddresses", "BccAddresses")


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to the API of 2010."""
    if operation not in _SENDS:
        yield ServicePermission(f"ses:{operation}", ANY)
        return
    recipients = parameters.get("Destinations") or _addresses(parameters.get("Destination"))
    data = parameters.get("RawMessage", {}).get("Data", b"")
    sender = str(parameters.get("Source") or _sender_of(data))
    yield from _send_permissions(f"ses:{operation}", sender, recipients, parameters, parameters.get("Template"), place)


def needs_v2(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to the API of version 2, whose actions are those of the first one."""
    if operation not in ("SendEmail", "SendBulkEmail"):
        yield ServicePermission(f"ses:{operation}", _identity(parameters, place))
        return
    content = parameters.get("Content") or parameters.get("DefaultContent") or {}
    template = (content.get("Template") or {}).get("TemplateName")
    sender = str(parameters.get("FromEmailAddress") or _sender_of((content.get("Raw") or {}).get("Data", b"")))
    action = "ses:SendBulkEmail" if operation == "SendBulkEmail" else "ses:SendEmail"
    if operation == "SendEmail" and "Raw" in content:
        action = "ses:SendRawEmail"
    elif operation == "SendEmail" and "Template" in content:
        action = "ses:SendTemplatedEmail"
    yield from _send_permissions(action, sender, _addresses(parameters.get("Destination")), parameters, template, place)


def _send_permissions(
    action: str, sender: str, recipients: Any, parameters: Parameters, template: Any, place: ServicePlace
) -> Iterator[ServicePermission]:
    name, address = parseaddr(sender)
    keys: Context = {
        "ses:feedbackaddress": key(parameters.get("ReturnPath") or parameters.get("FeedbackForwardingEmailAddress")),
        "ses:fromaddress": key(address),
        "ses:fromdisplayname": key(name),
        "ses:recipients": [parseaddr(str(each))[1] for each in recipients or ()],
    }
    arn = parameters.get("SourceArn") or parameters.get("FromEmailAddressIdentityArn")
    # The address itself may be verified, or its domain.
    domain = () if arn else (place.arn("ses", f"identity/{address.rpartition('@')[2]}"),)
    yield ServicePermission(action, str(arn or place.arn("ses", f"identity/{address}")), keys, domain)
    if configuration_set := parameters.get("ConfigurationSetName"):
        yield ServicePermission(action, place.arn("ses", f"configuration-set/{configuration_set}"), keys)
    if template:
        yield ServicePermission(action, place.arn("ses", f"template/{template}"), keys)


def _addresses(destination: Any) -> list[str]:
    given: Mapping[str, Any] = destination if isinstance(destination, Mapping) else {}
    return [address for name in _LISTS for address in given.get(name) or ()]


def _sender_of(data: Any) -> str:
    """Return the sender that a raw message names."""
    from email import message_from_bytes

    raw = data if isinstance(data, bytes) else str(data).encode()
    return str(message_from_bytes(raw).get("From", ""))


def _identity(parameters: Parameters, place: ServicePlace) -> str:
    name = parameters.get("EmailIdentity")
    return place.arn("ses", f"identity/{name}") if name else ANY
