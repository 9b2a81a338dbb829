"""STS: roles that are assumed. To ask who one is needs no permission.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

from collections.abc import Iterator

from .permission import ANY, Parameters, ServicePermission, key
from .place import ServicePlace

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
_FREE = frozenset(
    ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetAccessKeyInfo", "GetCallerIdentity", "GetSessionToken")
)


def needs(operation: str, parameters: Parameters, place: ServicePlace) -> Iterator[ServicePermission]:
    """Yield the permissions of a request to STS."""
    if operation in _FREE:
        return
    tags = {str(tag.get("Key")): tag.get("Value") for tag in parameters.get("Tags", ())}
    keys = {
        "aws:tagkeys": list(tags),
        "sts:durationseconds": key(parameters.get("DurationSeconds")),
        "sts:externalid": key(parameters.get("ExternalId")),
        "sts:rolesessionname": key(parameters.get("RoleSessionName")),
        "sts:sourceidentity": key(parameters.get("SourceIdentity")),
        "sts:transitivetagkeys": key(parameters.get("TransitiveTagKeys")),
        **{f"aws:requesttag/{name.lower()}": key(value) for name, value in tags.items()},
    }
    resource = str(parameters.get("RoleArn") or ANY)
    if operation == "GetFederationToken":
        resource = f"arn:aws:sts::{place.account}:federated-user/{parameters.get('Name', '')}"
    yield ServicePermission(f"sts:{operation}", resource, keys)
    if operation == "AssumeRole" and tags:
        yield ServicePermission("sts:TagSession", resource, keys)
    if operation == "AssumeRole" and parameters.get("SourceIdentity"):
        yield ServicePermission("sts:SetSourceIdentity", resource, keys)
