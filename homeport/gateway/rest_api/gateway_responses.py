"""``x-amazon-apigateway-gateway-responses``: a REST API's own answers in the project's words.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.gateway.claims import scalar_text
from homeport.gateway.context import Exchange
from homeport.gateway.media_types import essence, first_accepted
from homeport.gateway.message import Header, Reply
from homeport.gateway.payload_v1 import query_parameters
from homeport.gateway.rest_api.event import request_context
from homeport.gateway.uri import split_target
from homeport.spec.model import GatewayResponse

# Simple substitution: no VTL functions and no control structures.
_NAME = r"(?:(?:context|stageVariables)(?:\.\w+)+|method\.request\.\w+\.[\w-]+)"
_VARIABLE = re.compile(rf"\$\{{(?P<braced>{_NAME})\}}|\$(?P<bare>{_NAME})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class ErrorVariables:
    """What ``$context.error`` holds."""

    message: str | None
    response_type: str
    validation: str | None

    @property
    def message_string(self) -> str:
        """``$context.error.messageString``: the message as JSON, quotes included."""
        return json.dumps(self.message, ensure_ascii=False)

    def as_context(self) -> dict[str, Any]:
        """The variables by name."""
        return {
            "message": self.message,
            "messageString": self.message_string,
            "responseType": self.response_type,
            "validationErrorString": self.validation,
        }


def customised(plain: Reply, type: str, error: ErrorVariables, exchange: Exchange) -> Reply:
    """``plain`` as the gateway response of its type changes it, else as DEFAULT_4XX or DEFAULT_5XX does."""
    responses = exchange.context.deployment.gateway_responses
    response = responses.get(type) or responses.get("DEFAULT_4XX" if plain.status < 500 else "DEFAULT_5XX")
    if response is None:
        return plain
    variables = _variables(error, exchange)
    content_type, body = _content(response, variables, exchange) or (plain.headers[0][1], plain.body)
    headers = _headers(response, variables)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    return Reply(response.status or plain.status, tuple(headers), body)


def _variables(error: ErrorVariables, exchange: Exchange) -> dict[str, Any]:
    request, context = exchange.request, exchange.context
    match = exchange.match
    return {
        "context": {
            **request_context(request, match, context),
            "error": error.as_context(),
            "xrayTraceId": context.trace_id,
        },
        "stageVariables": context.deployment.stage_variables,
        "method": {
            "request": {
                "header": {name.lower(): value for name, value in request.headers},
                "querystring": query_parameters(split_target(request.target)[1], "&;")[0] or {},
                "path": match.path_parameters if match else {},
            }
        },
    }


def _content(response: GatewayResponse, variables: Mapping[str, Any], exchange: Exchange) -> tuple[str, bytes] | None:
    templates = response.templates
    if not templates:
        return None
    accepted = essence(first_accepted(exchange.request.header("accept")) or "")
    by_essence = {essence(name): name for name in templates}
    chosen = by_essence.get(accepted) or by_essence.get("application/json") or next(iter(templates))
    return chosen, _rendered(templates[chosen], variables).encode("utf-8", "replace")


def _headers(response: GatewayResponse, variables: Mapping[str, Any]) -> list[Header]:
    values = {name: _mapped(expression, variables) for name, expression in response.headers.items()}
    return [(name, _CONTROL.sub(" ", value).strip()) for name, value in values.items() if value is not None]


def _mapped(expression: str, variables: Mapping[str, Any]) -> str | None:
    """A header's value as wire text: ``'text'`` is itself, a variable's name its value (None: there is none)."""
    if expression.startswith("method.request.header."):
        reflected: str | None = _lookup(expression, variables)
        return reflected
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        expression = expression[1:-1]
    elif expression.startswith(("context.", "stageVariables.", "method.request.")):
        value = _lookup(expression, variables)
        if value is None:
            return None
        expression = scalar_text(value)
    return expression.encode("utf-8", "replace").decode("latin-1")


def _rendered(template: str, variables: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["bare"]
        resolved = _lookup(name, variables)
        return "" if resolved is None else scalar_text(resolved)

    return _VARIABLE.sub(value, template)


def _lookup(name: str, variables: Mapping[str, Any]) -> Any:
    if name.startswith("method.request.header."):
        return variables["method"]["request"]["header"].get(name.removeprefix("method.request.header.").lower())
    value: Any = variables
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
