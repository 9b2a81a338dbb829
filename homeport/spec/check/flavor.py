"""What an HTTP API leaves out of a document that serves both kinds: named, because the same file may be right for REST.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.errors import Problem
from homeport.spec.check.places import operation_path, warning
from homeport.spec.project import Project
from homeport.spec.read_gateway import API_KEY_SOURCE, BINARY_MEDIA_TYPES, GATEWAY_RESPONSES, VALIDATOR, VALIDATORS

_REST_ONLY = {
    VALIDATORS: "request validators: bodies and parameters reach the function unchecked",
    VALIDATOR: "request validators: bodies and parameters reach the function unchecked",
    GATEWAY_RESPONSES: "gateway responses: its errors keep AWS's own wording",
    BINARY_MEDIA_TYPES: "binary media types: what is no text arrives as base64 by itself",
    API_KEY_SOURCE: "API keys",
}


def rest_only(project: Project) -> Iterator[Problem]:
    """Extensions that only a REST API acts upon."""
    if project.stage.flavor == "rest":
        return
    spec = project.documents.spec
    places: list[tuple[str, ...]] = [(key,) for key in _REST_ONLY]
    places += [operation_path(operation, VALIDATOR) for operation in project.api.operations]
    said: set[str] = set()
    for place in places:
        what = _REST_ONLY[place[-1]]
        if spec.find(place) is not None and what not in said:
            said.add(what)
            yield warning(spec, place, f"an HTTP API has no {what}", "fine if other stages are REST, else remove it")
