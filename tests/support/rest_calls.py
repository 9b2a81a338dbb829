"""Calls of one integration of a REST API, without the steps before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from homeport.gateway.context import Deployment, Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations import IntegrationHandler, build_integration
from homeport.gateway.integrations.aws_call import no_service
from homeport.http_headers import Header
from homeport.project.integrations import Integration
from homeport.project.integrations.mapping_expressions import request_expression, response_expression
from homeport.project.integrations.rest_api import CustomMapping, IntegrationResponse, RequestParameter
from homeport.project.model import Function, Source
from homeport.runtime.api import Runtime
from tests.support.auth import FakeRuntime, make_api, make_stage
from tests.support.gateway import make_context, make_deployment, make_exchange, make_operation, make_request


def mapped(place: Literal["path", "querystring", "header"], name: str, text: str) -> RequestParameter:
    """A mapped parameter of a request."""
    expression = request_expression(text)
    assert expression is not None, text
    return RequestParameter(place, name, expression)


def response(
    pattern: str = "", status: int = 200, *, templates: Mapping[str, str] | None = None, **headers: str
) -> Any:
    """An integration response; names of ``headers`` have ``_`` for ``-``."""
    lines = tuple((name.replace("_", "-"), response_expression(text)) for name, text in headers.items())
    return IntegrationResponse(pattern, status, lines, tuple((templates or {}).items()))  # type: ignore[arg-type]


def mapping(*responses: IntegrationResponse, **settings: Any) -> CustomMapping:
    """Mappings with these responses, all declared; ``templates`` is a map."""
    settings["templates"] = tuple(settings.get("templates", {}).items())
    chosen = responses or (IntegrationResponse("", 200),)
    return CustomMapping(responses=chosen, **{"statuses": frozenset(one.status for one in chosen), **settings})


def handler_of(
    integration: Integration,
    *,
    runtime: Runtime | None = None,
    deployment: Deployment | None = None,
    service_url: Callable[[str], str | None] = no_service,
    function_timeout: int = 3,
) -> IntegrationHandler:
    """The handler of an integration; the function ``work`` is there."""
    api = make_api()
    work = Function("work", "service.handlers.work.handler", Source("openapi.yaml", 1), timeout=function_timeout)
    return build_integration(
        integration,
        type(api)(api.title, api.version, api.operations, {"work": work}),
        make_stage(),
        deployment or make_deployment(flavor="rest"),
        runtime or FakeRuntime(),
        debugging=False,
        service_url=service_url,
    )


def rest_exchange(
    *,
    method: str = "POST",
    target: str = "/prod/items/1",
    headers: tuple[Header, ...] = (),
    body: bytes = b"",
    deployment: Deployment | None = None,
) -> Exchange:
    """A request whose route is found."""
    deployment = deployment or make_deployment(flavor="rest")
    request = make_request(method=method, target=target, headers=headers, body=body)
    context = make_context(deployment=deployment)
    return make_exchange(request=request, context=context, operation=make_operation(method=method))


def call(
    integration: Integration,
    *,
    runtime: Runtime | None = None,
    deployment: Deployment | None = None,
    service_url: Callable[[str], str | None] = no_service,
    **request: Any,
) -> Reply:
    """The reply of an integration to one request."""
    handler = handler_of(integration, runtime=runtime, deployment=deployment, service_url=service_url)
    return handler.invoke(rest_exchange(deployment=deployment, **request))
