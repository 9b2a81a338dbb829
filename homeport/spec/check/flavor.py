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
    for key, what in _REST_ONLY.items():
        if key in spec.value:
            yield warning(
                spec, (key,), f"an HTTP API has no {what}", "nothing, if other stages are REST; else remove it"
            )
    for operation in project.api.operations:
        at = operation_path(operation, VALIDATOR)
        if spec.find(at) is not None:
            yield warning(
                spec,
                at,
                f"an HTTP API has no {_REST_ONLY[VALIDATOR]}",
                "nothing, if other stages are REST; else remove it",
            )
