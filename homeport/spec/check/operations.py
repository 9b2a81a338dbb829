"""Rules for what an operation says: parameters, body, responses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.spec.check.places import error, operation_path, operation_views, warning
from homeport.spec.project import Project

_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]XX|default")
_NOT_PARAMETERS = frozenset(("accept", "authorization", "content-type"))
_BODYLESS = frozenset(("GET", "HEAD"))


def responses_documented(project: Project) -> Iterator[Problem]:
    """Every operation has responses, under the statuses that OpenAPI knows."""
    document = project.documents.spec
    for operation, view in operation_views(project):
        at = operation_path(operation)
        if not view.has("responses"):
            yield error(
                document, at, f"{operation.route_key} has no responses", 'add them, such as "200": {description: …}'
            )
        elif not operation.responses:
            yield warning(
                document,
                (*at, "responses"),
                f"the responses of {operation.route_key} are empty: the contract run has nothing to hold it to",
                "document them",
            )
        for status in operation.responses:
            if not _STATUS.fullmatch(status):
                yield error(
                    document,
                    (*at, "responses", status),
                    f"{status!r} is no status of a response",
                    'write it as "200", "4XX" or default',
                )


def bodies(project: Project) -> Iterator[Problem]:
    """A body has content, and GET and HEAD have no body."""
    for operation in project.api.operations:
        if operation.body is None:
            continue
        at = operation_path(operation, "requestBody")
        if not operation.body.content:
            yield error(
                project.documents.spec,
                at,
                f"the request body of {operation.route_key} has no content",
                "add its media type, such as application/json",
            )
        if operation.method in _BODYLESS:
            yield warning(
                project.documents.spec,
                at,
                f"{operation.method} with a body has no meaning in HTTP, and CloudFront refuses it",
                "use POST, or query parameters",
            )


def validated_content(project: Project) -> Iterator[Problem]:
    """A REST API's request validator looks at JSON only."""
    for operation in project.api.operations:
        if operation.body is None or operation.validator is None or not operation.validator.body:
            continue
        others = [media_type for media_type in operation.body.content if "json" not in media_type.lower()]
        if others:
            yield warning(
                project.documents.spec,
                operation_path(operation, "requestBody"),
                f"bodies of type {', '.join(others)} pass {operation.route_key} without validation at the gateway",
                "check them in the function",
            )


def header_parameters(project: Project) -> Iterator[Problem]:
    """OpenAPI takes some headers from elsewhere."""
    for operation in project.api.operations:
        for parameter in operation.parameters:
            if parameter.place == "header" and parameter.name.lower() in _NOT_PARAMETERS:
                yield warning(
                    project.documents.spec,
                    operation_path(operation, "parameters"),
                    f"OpenAPI ignores a header parameter {parameter.name}",
                    "describe it by content types or by a security scheme",
                )


def function_time(project: Project) -> Iterator[Problem]:
    """A function that may run longer than the gateway waits for it."""
    limit = 30 if project.stage.flavor == "http" else 29
    for name, function in project.api.functions.items():
        timeout = function.timeout if function.timeout is not None else project.stage.timeout
        if timeout > limit:
            yield Problem(
                f"the function {name} may run {timeout} s, but the gateway waits {limit} s",
                function.source.file,
                function.source.line,
                f"set a timeout of at most {limit}",
                "warning",
            )
