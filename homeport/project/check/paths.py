"""Rules for paths, as both kinds of API take them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.model import Operation
from homeport.project.project import Project

DEFAULT = "/$default"
_VARIABLE = re.compile(r"\{([A-Za-z0-9._-]+)(\+?)\}")
_REST_SEGMENT = re.compile(r"[A-Za-z0-9._:,-]+")
_MOST_ROUTES = 300


def _paths(project: Project) -> dict[str, Operation]:
    """Return each path with its first operation, ``/$default`` left out."""
    first: dict[str, Operation] = {}
    for operation in project.api.operations:
        if operation.path != DEFAULT:
            first.setdefault(operation.path, operation)
    return first


def _segments(path: str) -> list[str]:
    return path[1:].split("/") if path != "/" else []


def variables(path: str) -> list[tuple[str, bool]]:
    """Return the names of a path template's variables, and whether each is greedy."""
    return [(name, plus == "+") for name, plus in _VARIABLE.findall(path)]


def well_formed(project: Project) -> Iterator[Problem]:
    """A variable is a whole segment, a greedy one the last; no segment is empty."""
    for path, operation in _paths(project).items():
        problem = _segment_problem(path, rest=project.stage.flavor == "rest")
        if problem is not None:
            yield project.documents.spec.at("paths", operation.path).error(*problem)


def _segment_problem(path: str, *, rest: bool) -> tuple[str, str] | None:
    # A slash at the end is a segment of its own to an HTTP API, and nothing to a REST API.
    segments = _segments(path[:-1] if path.endswith("/") and len(path) > 1 else path)
    names = [name for name, _ in variables(path)]
    for position, segment in enumerate(segments):
        variable = _VARIABLE.fullmatch(segment)
        if not segment:
            return f"the path {path!r} has an empty segment", "remove the extra slash"
        if variable is None and re.search(r"[{}]", segment):
            return f"in the path {path!r} a variable is not a whole segment", "write /{name}/ with nothing beside it"
        if variable is not None and variable[2] and position != len(segments) - 1:
            return f"in the path {path!r} the greedy {segment} is not last", "end the path with it"
        if variable is None and (re.search(r"[\s?#%]", segment) or (rest and not _REST_SEGMENT.fullmatch(segment))):
            return f"API Gateway takes no such segment as {segment!r} in {path!r}", "use letters, digits, - . _ : ,"
    if len(set(names)) < len(names):
        return f"the path {path!r} names a variable twice", "rename one of them"
    return None


def no_conflicts(project: Project) -> Iterator[Problem]:
    """The variables below one parent share a name; a REST API has no variable beside a greedy one either."""
    seen: dict[tuple[tuple[str, ...], bool], tuple[str, str]] = {}
    for path, operation in _paths(project).items():
        parent: list[str] = []
        for segment in _segments(path):
            variable = _VARIABLE.fullmatch(segment)
            if variable is not None:
                apart = variable[2] == "+" and project.stage.flavor == "http"
                other, where = seen.setdefault((tuple(parent), apart), (segment, path))
                if other != segment:
                    yield project.documents.spec.at("paths", operation.path).error(
                        f"{segment} in {path!r} stands beside {other} of {where!r}, and API Gateway takes one of them",
                        f"use {other} in both",
                    )
            parent.append("{}" if variable is not None else segment)


def variables_declared(project: Project) -> Iterator[Problem]:
    """Every variable is a required path parameter, and every path parameter a variable.

    AWS imports it all the same; a REST API whose validator asks for a path parameter that the path does not have
    finds it missing in every request (recorded).
    """
    for operation in project.api.operations:
        declared = {parameter.name: parameter for parameter in operation.parameters if parameter.place == "path"}
        named = dict(variables(operation.path))
        at = project.operation_at(operation)
        for name, greedy in named.items():
            # OpenAPI has no word for {proxy+}, so nothing asks for its declaration.
            if name not in declared and not greedy:
                yield at.warning(
                    f"{operation.route_key} does not declare its path parameter {name!r}",
                    f"add {{name: {name}, in: path, required: true, schema: {{type: string}}}}",
                )
        for name, parameter in declared.items():
            if name.removesuffix("+") not in named:
                yield at.warning(
                    f"{operation.route_key} declares the path parameter {name!r}, which its path does not have",
                    f"write {{{name}}} in the path, or remove it",
                )
            elif not parameter.required:
                yield at.error(
                    f"the path parameter {name!r} of {operation.route_key} is not required", "add required: true"
                )


def default_route(project: Project) -> Iterator[Problem]:
    """``/$default`` is an ANY route of HTTP APIs."""
    for operation in project.api.operations:
        at = project.operation_at(operation)
        if operation.path == DEFAULT and project.stage.flavor == "rest":
            yield project.documents.spec.at("paths", DEFAULT).error(
                "a REST API has no $default route", "use /{proxy+} and /"
            )
        elif operation.path == DEFAULT and operation.method != "ANY":
            yield at.error(
                "the $default route takes every method", "use x-amazon-apigateway-any-method under /$default"
            )


def no_trace(project: Project) -> Iterator[Problem]:
    """API Gateway has no TRACE."""
    for operation in project.api.operations:
        if operation.method == "TRACE":
            yield project.operation_at(operation).error("API Gateway has no TRACE", "remove it")


def health_checks(project: Project) -> Iterator[Problem]:
    """/ping and /sping of a REST API are AWS's own health checks."""
    for path, operation in _paths(project).items():
        if project.stage.flavor == "rest" and path in ("/ping", "/sping"):
            yield project.documents.spec.at("paths", operation.path).warning(
                f"{path} is AWS's own health check: behind a custom domain it does not reach the function", "rename it"
            )


def quota(project: Project) -> Iterator[Problem]:
    """An API has a default quota of routes (HTTP) or resources (REST)."""
    if project.stage.flavor == "http":
        number, noun = len(project.api.operations), "routes"
    else:
        resources = set()
        for path in _paths(project):
            segments = _segments(path)
            resources |= {tuple(segments[: length + 1]) for length in range(len(segments))}
        number, noun = len(resources) + 1, "resources"
    if number > _MOST_ROUTES:
        yield project.documents.spec.at("paths").warning(
            f"{number} {noun} are more than an API's default quota of {_MOST_ROUTES}",
            "ask AWS for a higher quota before you deploy",
        )
