"""Rules for ``x-amazon-apigateway-integration``: the kit makes every integration itself, a Lambda proxy.

One that stands in the document must say the same; anything else is refused by name.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.errors import Problem
from homeport.spec.check.places import operation_views
from homeport.spec.names import did_you_mean
from homeport.spec.project import Project
from homeport.spec.read_integration import INTEGRATION, faults_of
from homeport.spec.stage import Stage
from homeport.spec.view import Findings, View

_KNOWN = (
    "cacheKeyParameters",
    "cacheNamespace",
    "connectionId",
    "connectionType",
    "contentHandling",
    "credentials",
    "httpMethod",
    "integrationSubtype",
    "passthroughBehavior",
    "payloadFormatVersion",
    "requestParameters",
    "requestTemplates",
    "responseParameters",
    "responseTransferMode",
    "responses",
    "timeoutInMillis",
    "tlsConfig",
    "type",
    "uri",
)
_TYPES = {
    "aws": "non-proxy Lambda and AWS service integrations are not emulated",
    "http": "HTTP integrations are not emulated",
    "http_proxy": "HTTP proxy integrations are not emulated",
    "mock": "MOCK integrations are not emulated",
}
_PROXY = "leave the integration out: the kit makes it, a Lambda proxy"
_REFUSED = {
    "cacheKeyParameters": ("response caching is not emulated", "remove it"),
    "connectionId": ("VPC links are not emulated", "remove it"),
    "contentHandling": ("content conversion is not emulated", "remove it, and use binary media types"),
    "integrationSubtype": ("AWS service integrations are not emulated", "call the service from the function"),
    "tlsConfig": ("TLS settings of a backend have no meaning for a function", "remove it"),
}
_IGNORED = {
    "credentials": ("credentials is not used: the stack lets API Gateway invoke the function", "remove it"),
}


def integrations(project: Project) -> Iterator[Problem]:
    """Every integration in the document is a Lambda proxy without anything that the kit leaves out."""
    for _, view in operation_views(project):
        at = view._replace(findings=Findings()).at(INTEGRATION)
        if at.value is None:
            continue
        integration = at.resolved()
        if integration is not None and integration.is_a(dict, "a map"):
            _check(integration, project.stage)
        yield from at.findings.all()


def _check(view: View, stage: Stage) -> None:
    kind = view.text("type").lower()
    if kind in _TYPES:
        preflight = kind == "mock" and "options" in view.path
        cure = "remove the operation: x-amazon-apigateway-cors answers preflight" if preflight else _PROXY
        view.at("type").error(_TYPES[kind], cure)
        return
    if kind != "aws_proxy":
        view.error(f"an integration can't be of type {view.text('type')!r}", did_you_mean(kind, ("aws_proxy",)))
        return
    view.only(_KNOWN, INTEGRATION)
    for key, (message, cure) in _REFUSED.items():
        if view.has(key) and view.value[key]:
            view.at(key).error(message, cure)
    if view.text("connectionType", "INTERNET").upper() != "INTERNET":
        view.at("connectionType").error("VPC links are not emulated", "remove it")
    if view.text("responseTransferMode", "BUFFERED").upper() != "BUFFERED":
        view.at("responseTransferMode").error("response streaming is not emulated", "remove it")
    _check_payload_format(view, stage)
    _check_parameters(view, stage)


def _check_payload_format(view: View, stage: Stage) -> None:
    at = view.at("payloadFormatVersion")
    if at.value is not None and stage.flavor == "http" and str(at.value) != stage.payload_format:
        at.error(
            f"payloadFormatVersion is {at.value} here and {stage.payload_format} in stage {stage.key!r}",
            "set payloadFormat in deploy/stages.yaml",
        )


def _check_parameters(view: View, stage: Stage) -> None:
    if stage.flavor == "http":
        for _, entry in view.map("requestParameters").items():
            entry.error("parameter mapping is not emulated", "remove it, and do it in the function")
    if view.has("responseParameters"):
        view.at("responseParameters").error("parameter mapping is not emulated", "remove it, and do it in the function")


def failing(project: Project) -> Iterator[Problem]:
    """What AWS imports and then answers with 500, as the gateway here does."""
    if project.stage.flavor == "http":
        return
    for _, view in operation_views(project):
        at = view._replace(findings=Findings()).at(INTEGRATION)
        integration = at.resolved() if at.value is not None else None
        for place, message in faults_of(integration) if integration is not None else ():
            cure = "write POST" if place.name == "httpMethod" else "remove it"
            yield Problem(message, place.document.file, place.line, cure, "warning")


def ignored(project: Project) -> Iterator[Problem]:
    """Settings of a proxy integration that AWS would keep and this kit does not."""
    for _, view in operation_views(project):
        at = view._replace(findings=Findings()).at(INTEGRATION)
        integration = at.resolved() if at.value is not None else None
        for key, (message, cure) in _IGNORED.items():
            if integration is not None and integration.has(key):
                place = integration.at(key)
                yield Problem(message, place.document.file, place.line, cure, "warning")
