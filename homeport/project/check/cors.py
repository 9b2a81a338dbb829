"""Rules for CORS. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.check.paths import DEFAULT
from homeport.project.openapi.gateway import CORS, GATEWAY_RESPONSES
from homeport.project.project import Project
from homeport.project.source.document import Position

_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/\s,]+")
_METHODS = frozenset(("*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"))


def _source_of(project: Project, key: str) -> Position:
    """Return the position of the setting in force: the stage's, or else that of openapi.yaml."""
    if project.documents.stage.find(("cors", key)) is not None:
        return project.documents.stage.at("cors", key)
    return project.documents.spec.at(CORS, key)


def credentials(project: Project) -> Iterator[Problem]:
    """Credentials are never allowed for every origin."""
    cors = project.api.cors
    if cors is None or not cors.allow_credentials:
        return
    if "*" in cors.allow_origins:
        yield _source_of(project, "allowCredentials").error(
            "API Gateway refuses allowCredentials for the origin '*'",
            "name the origins, or set allowCredentials: false",
        )
    for key, values in (("allowMethods", cors.allow_methods), ("allowHeaders", cors.allow_headers)):
        if "*" in values:
            yield _source_of(project, key).warning(
                f"with allowCredentials browsers take the '*' of {key} as a name, not as all of them", "name them"
            )


def origins(project: Project) -> Iterator[Problem]:
    """An origin is a scheme and a host, or ``*``."""
    cors = project.api.cors
    for origin in cors.allow_origins if cors is not None else ():
        if not _ORIGIN.fullmatch(origin):
            yield _source_of(project, "allowOrigins").error(
                f"{origin!r} is no origin", "write it as https://example.com, without a path or a final slash"
            )
    if cors is not None and not cors.allow_origins:
        yield _source_of(project, "allowOrigins").warning(
            "CORS allows no origin, so browsers will refuse", "add allowOrigins"
        )


def gateway_responses(project: Project) -> Iterator[Problem]:
    """Gateway responses of a REST API have fixed headers: they allow one origin, or any."""
    cors = project.api.cors
    if project.stage.flavor != "rest":
        return
    others = [entry for entry in cors.allow_origins if entry != cors.written_origin] if cors is not None else []
    if cors is not None and others and cors.written_origin != "*":
        yield _source_of(project, "allowOrigins").warning(
            f"errors of the REST API itself (401, 403, 429, …) allow {cors.written_origin or 'no origin'}: "
            f"pages of {', '.join(others)} see a network error instead of the status",
            f"put the most important origin first, or set its own headers in {GATEWAY_RESPONSES}",
        )
    for kind, response in project.api.gateway_responses.items():
        headers = {name.lower(): value for name, value in response.headers.items()}
        if headers.get("access-control-allow-origin", "").lower() == "method.request.header.origin":
            credentialed = (cors is not None and cors.allow_credentials) or (
                headers.get("access-control-allow-credentials") == "'true'"
            )
            yield project.documents.spec.at(GATEWAY_RESPONSES, kind, "responseParameters").warning(
                f"the gateway response {kind} allows every origin{', with credentials' if credentialed else ''}: "
                "it returns the Origin of the request",
                "write one origin in single quotes",
            )


def methods(project: Project) -> Iterator[Problem]:
    """Methods are written in capitals."""
    cors = project.api.cors
    for method in cors.allow_methods if cors is not None else ():
        if method not in _METHODS:
            yield _source_of(project, "allowMethods").error(
                f"{method!r} is no method of API Gateway",
                f"write {method.upper()}" if method.upper() in _METHODS else f"use {', '.join(sorted(_METHODS))}",
            )


def preflight(project: Project) -> Iterator[Problem]:
    """A preflight request has one answer, and needs no authorization."""
    if project.api.cors is None:
        return
    for operation in project.api.operations:
        if operation.method == "OPTIONS":
            yield project.operation_at(operation).warning(
                f"{operation.route_key} and {CORS} both answer preflight requests", "keep one of them"
            )
        if operation.path == DEFAULT and operation.security and project.stage.flavor == "http":
            yield project.operation_at(operation).warning(
                "the $default route asks preflight requests for authorization, which browsers do not send",
                "add an OPTIONS /{proxy+} route without security",
            )
