"""Settings of a template's API and its stage that have no counterpart in a project of the kit's own shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.errors import Problem
from homeport.project.cloudformation.stack.stack import StackResource
from homeport.project.model import Api, Source

_OF_API = frozenset(
    (
        *("ApiKeySourceType", "BinaryMediaTypes", "Body", "BodyS3Location", "CorsConfiguration", "Description"),
        *("EndpointConfiguration", "FailOnWarnings", "Name", "Parameters", "Policy", "ProtocolType", "Version"),
    )
)
_OF_STAGE = frozenset(
    (
        *("AccessLogSetting", "AccessLogSettings", "ApiId", "AutoDeploy", "CacheClusterEnabled", "CacheClusterSize"),
        *("CanarySetting", "DefaultRouteSettings", "DeploymentId"),
        *("MethodSettings", "RestApiId", "RouteSettings", "StageName", "StageVariables", "TracingEnabled", "Variables"),
    )
)
"""Properties of a stage which have a counterpart, and above those of an API."""

_STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")


def protection_errors(api: Api, resources: Mapping[str, StackResource]) -> Iterator[Problem]:
    """Yield an error for what keeps callers from the API and has no counterpart: deployed from here, it is open."""
    own = resources.get(api.name)
    if own is None:
        return
    policy = api.resource_policy
    if policy is not None and not all(map(_is_short, _resources(policy))):
        # The ARN of an API is another one when it is deployed from here.
        yield _too_open(own.properties.source, f"a resource of the resource policy of {own.logical_id}")
    kinds = own.properties.map("EndpointConfiguration").value.get("Types") or []
    if "PRIVATE" in kinds:
        yield _too_open(own.properties.at("EndpointConfiguration").source, f"the private endpoint of {own.logical_id}")
    for resource in resources.values():
        if subject := _protection(resource, own.physical_id):
            yield _too_open(resource.properties.source, f"{subject} {resource.logical_id}")


def unmapped_settings(api: Api, resources: Mapping[str, StackResource]) -> Iterator[tuple[Source, str]]:
    """Yield the properties of the API and of its stage without a counterpart."""
    own = resources.get(api.name)
    if own is None:
        return
    stages = (
        each
        for each in resources.values()
        if each.type in _STAGES and own.physical_id in map(each.properties.value.get, ("RestApiId", "ApiId"))
    )
    for resource, known in [(own, _OF_API), *((stage, _OF_STAGE) for stage in stages)]:
        for key, at in resource.properties.items():
            if key not in known and not _is_made_by_sam(at.value):
                yield at.source, f"{key} of {resource.logical_id}"


def _resources(policy: Mapping[str, Any]) -> Iterator[Any]:
    written = policy["Statement"]
    for statement in written if isinstance(written, list) else [written]:
        found = statement.get("Resource", statement.get("NotResource"))
        yield from found if isinstance(found, list) else [found]


def _is_short(resource: Any) -> bool:
    return isinstance(resource, str) and (resource == "*" or resource.startswith("execute-api:"))


def _is_made_by_sam(value: Any) -> bool:
    """Return whether these are the tags with which SAM marks what it makes."""
    names = [tag.get("Key") for tag in value] if isinstance(value, list) else value
    return isinstance(names, list | dict) and all(str(name).endswith(":createdBy") for name in names)


def _too_open(source: Source, subject: str) -> Problem:
    message = f"{subject} has no counterpart: without it the adopted API would be more open"
    return Problem(message, source.file, source.line, "adopt a copy without it; homeport dev runs it in place")


def _protection(resource: StackResource, api: str) -> str:
    """Return in words what a resource does to keep callers from an API, "" for any other resource.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
    """
    values = resource.properties.value
    if resource.type == "AWS::WAFv2::WebACLAssociation" and f"/{api}/" in f"{values.get('ResourceArn')}/":
        return "the firewall"
    if resource.type.startswith("AWS::ApiGateway") and values.get("MutualTlsAuthentication"):
        return "mutual TLS of"
    return ""
