"""The values of one call that mapping expressions and mapping templates refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.uri import percent_decode, split_target
from homeport.gateway.mapping import BodyNotReadable, json_path, read_json
from homeport.gateway.mapping.json_values import to_json
from homeport.gateway.proxy_event import last_values, query_parameters, scalar_text
from homeport.gateway.rest_api.event import QUERY_SEPARATORS, request_context, visible_headers
from homeport.project.integrations.mapping_expressions import MappingExpression
from homeport.vtl import TemplateError
from homeport.vtl.limits import Meter

Value = str | list[str]
"""The value of a mapped parameter; several of a query parameter stay a list."""


@dataclass(frozen=True)
class CallValues:
    """The values of a call, each worked out when it is first asked for."""

    exchange: Exchange

    @cached_property
    def headers(self) -> Mapping[str, list[str]]:
        """The client's headers that mappings can see, with those that API Gateway adds."""
        return visible_headers(self.exchange.request, self.exchange.context)

    @cached_property
    def query(self) -> Mapping[str, list[str]]:
        """The query parameters, decoded."""
        return query_parameters(split_target(self.exchange.request.target)[1], QUERY_SEPARATORS)[1] or {}

    @cached_property
    def path(self) -> Mapping[str, str]:
        """The variables of the path, decoded."""
        return {name: percent_decode(value) for name, value in self.encoded_path.items()}

    @cached_property
    def encoded_path(self) -> Mapping[str, str]:
        """The variables of the path as the client encoded them."""
        return self.exchange.require_match().path_parameters

    @cached_property
    def context(self) -> Mapping[str, Any]:
        """``$context`` without its overrides: its members in alphabetical order, unknown ones empty.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
        """
        exchange = self.exchange
        found = request_context(exchange.request, exchange.match, exchange.context)
        return _without_null({**found, "xrayTraceId": exchange.context.trace_id.partition("=")[2].partition(";")[0]})

    @property
    def stage_variables(self) -> Mapping[str, str]:
        """The stage variables."""
        return self.exchange.context.deployment.stage_variables

    @cached_property
    def single_headers(self) -> Mapping[str, str]:
        """The last value of each header."""
        return last_values(dict(self.headers))

    @cached_property
    def single_query(self) -> Mapping[str, str]:
        """The last value of each query parameter."""
        return last_values(dict(self.query))

    def request_value(self, expression: MappingExpression) -> Value | None:
        """Return the value of an expression of a request parameter, None where there is none.

        Raises BodyNotReadable where it names the body, which looks like JSON and is none.
        """
        match expression.source:
            case "path":
                return self.path.get(expression.name)
            case "querystring" | "multivaluequerystring":
                values = self.query.get(expression.name)
                several = expression.source == "multivaluequerystring"
                return values if several and values else values[-1] if values else None
            case "header" | "multivalueheader":
                return header_text(self.headers, expression)
            case "body":
                return body_value(self.exchange.request.body, expression.name)
        return self.variable(expression)

    def variable(self, expression: MappingExpression) -> str | None:
        """Return the value of a static text, of a member of ``$context`` or of a stage variable."""
        if expression.source == "static":
            return expression.name
        if expression.source == "stageVariables":
            return self.stage_variables.get(expression.name)
        value: Any = self.context
        for part in expression.name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return None if value in (None, "") else scalar_text(value)


def header_text(headers: Mapping[str, list[str]], expression: MappingExpression) -> str | None:
    """Return the value of a header: the last one, or all of them joined. A name in other letters counts too."""
    values = headers.get(expression.name)
    if values is None:
        wanted = expression.name.lower()
        values = next((each for name, each in headers.items() if name.lower() == wanted), None)
    if not values:
        return None
    return ",".join(values) if expression.source == "multivalueheader" else values[-1]


def body_value(body: bytes, path: str) -> str | None:
    """Return what a JSON path finds in a body, ``$`` the body itself; None where it finds nothing.

    An empty body reads as ``{}``. Raises BodyNotReadable for one that begins as JSON and is none, and GatewayError
    (API_CONFIGURATION_ERROR) for a path that is none.
    """
    text = body.decode("utf-8", "replace").strip() or "{}"
    try:
        document = read_json(text)
    except ValueError as error:
        raise BodyNotReadable(str(error)) from error
    if path == "$":
        return text
    try:
        found, meter = json_path(_with_error_object(document, path), path), Meter()
        return found if found is None or isinstance(found, str) else to_json(found, meter)
    except TemplateError as error:
        reason = f"the body can't be mapped by {path}: {error}"
        raise GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason) from error


def _with_error_object(document: Any, path: str) -> Any:
    """Return a document whose ``errorMessage`` is an object where it is JSON and a path leads into it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
    """
    if not path.startswith("$.errorMessage.") or not isinstance(document, dict):
        return document
    try:
        return {**document, "errorMessage": read_json(str(document.get("errorMessage", "")))}
    except ValueError:
        return document


def _without_null(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: _without_null(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    return {key: "" if kept[key] is None else kept[key] for key in sorted(kept)}
