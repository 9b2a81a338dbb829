"""The integrations that HTTP APIs alone have, as a document describes them, and what API Gateway refuses of them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from homeport.project.integrations.http_api import HttpApiProxy, HttpApiService, ParameterMappings
from homeport.project.integrations.parameter_mapping import (
    MappingError,
    ParameterExpression,
    ParameterMapping,
    Side,
    is_mappable_status,
    parse_expression,
    parse_mapping,
)
from homeport.project.integrations.service_actions import SERVICE_ACTIONS
from homeport.project.names import did_you_mean
from homeport.project.source.cursor import Cursor

_METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*")
_FUNCTIONS = ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::ImportValue", "Fn::Select", "Fn::FindInMap")


def is_http_backend(integration: Cursor) -> bool:
    """Return whether an integration of an HTTP API has another backend than a function."""
    kind = integration.text("type").lower()
    return kind == "http_proxy" or (kind == "aws_proxy" and integration.has("integrationSubtype"))


def read_http_backend(integration: Cursor, timeout: float | None) -> HttpApiProxy | HttpApiService | None:
    """Return an integration whose backend is no function; None after an error, which is reported where it stands."""
    if integration.text("type").lower() == "http_proxy":
        return _read_proxy(integration, timeout)
    return _read_service(integration, timeout)


def _read_proxy(cursor: Cursor, timeout: float | None) -> HttpApiProxy:
    _check_payload_format(cursor)
    uri = cursor.at("uri")
    text = uri.value if isinstance(uri.value, str) else ""
    if not is_function(uri.value) and not _URL.fullmatch(text):
        place = uri if cursor.has("uri") else cursor
        place.error("an HTTP proxy integration needs the URL of its backend", "write uri: https://…")
    method = cursor.text("httpMethod").upper()
    if method not in _METHODS:
        place = cursor.at("httpMethod") if cursor.has("httpMethod") else cursor
        place.error("an HTTP proxy integration needs the method of its backend", "write httpMethod: ANY")
    return HttpApiProxy(text, method, timeout, read_mappings(cursor), uri.value)


def _read_service(cursor: Cursor, timeout: float | None) -> HttpApiService | None:
    _check_payload_format(cursor)
    subtype = cursor.text("integrationSubtype")
    action = SERVICE_ACTIONS.get(subtype)
    if action is None:
        cursor.at("integrationSubtype").error(
            f"API Gateway has no integration {subtype!r}", did_you_mean(subtype, SERVICE_ACTIONS)
        )
        return None
    if not cursor.has("credentials"):
        cursor.error(
            "an AWS service integration needs credentials, the role that API Gateway assumes",
            "write the ARN of a role, or {Fn::GetAtt: [ROLE, Arn]} for one of deploy/resources.yaml",
        )
    parameters = cursor.map("requestParameters")
    for name, entry in parameters.items():
        if name not in action.parameters:
            entry.error(
                f"Parameter: {name} does not fit schema for Operation: {subtype}.",
                did_you_mean(name, action.parameters),
            )
    for name in action.required:
        if not parameters.has(name):
            place = parameters if cursor.has("requestParameters") else cursor
            place.error(f"{subtype} needs the parameter {name}", "add it to requestParameters")
    expressions = dict(_expressions(parameters))
    mappings = ParameterMappings(responses=_read_responses(cursor))
    written = dict(parameters.value)
    return HttpApiService(subtype, expressions, timeout, mappings, written, cursor.at("credentials").value)


def _expressions(parameters: Cursor) -> Iterator[tuple[str, ParameterExpression]]:
    for name, entry in parameters.items():
        if not is_function(entry.value) and entry.is_a(str, "text"):
            try:
                yield name, parse_expression(entry.value, "request")
            except MappingError as error:
                entry.error(str(error), error.hint)


def read_mappings(cursor: Cursor) -> ParameterMappings:
    """Return the parameter mappings of an integration."""
    request = tuple(_read_side(cursor.map("requestParameters"), "request"))
    return ParameterMappings(request, _read_responses(cursor))


def _read_responses(cursor: Cursor) -> dict[str, tuple[ParameterMapping, ...]]:
    found = {}
    for status, entry in cursor.map("responseParameters").items():
        if not is_mappable_status(str(status)):
            entry.error(f"{status!r} is no status code whose responses can be mapped", "write one from 200 to 599")
        elif entry.is_map():
            found[str(status)] = tuple(_read_side(entry, "response"))
    return found


def _read_side(cursor: Cursor, side: Side) -> Iterator[ParameterMapping]:
    for key, entry in cursor.items():
        # Without quotes a status code is a number to YAML.
        text = str(entry.value) if isinstance(entry.value, int) and not isinstance(entry.value, bool) else entry.value
        if not isinstance(text, str):
            entry.is_a(str, "text")
            continue
        try:
            yield parse_mapping(key, text, side)
        except MappingError as error:
            entry.error(str(error), error.hint)


def _check_payload_format(cursor: Cursor) -> None:
    at = cursor.at("payloadFormatVersion")
    if at.value is not None and str(at.value) != "1.0":
        at.error(f"payloadFormatVersion is {at.value}, which is for functions", 'write "1.0"')


def is_function(value: Any) -> bool:
    """Return whether a value is a function of CloudFormation, such as ``{Ref: Queue}``."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _FUNCTIONS
