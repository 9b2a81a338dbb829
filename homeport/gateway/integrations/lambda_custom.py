"""Lambda custom integrations: the function's event is the body, or what the request template makes of the request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html
"""

from __future__ import annotations

import json
import time

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations.custom.headers import FAILING_FOR_AWS
from homeport.gateway.integrations.custom.mapper import BackendAnswer, CustomMapper, MappedRequest
from homeport.gateway.integrations.custom.notes import note
from homeport.gateway.integrations.lambda_proxy import FunctionCall
from homeport.http_headers import header_value
from homeport.project.integrations.rest_api import LambdaCustom
from homeport.runtime.api import Invocation
from homeport.strict_json import loads


class LambdaCustomIntegration:
    """The Lambda custom integration of one operation."""

    def __init__(self, integration: LambdaCustom, call: FunctionCall) -> None:
        self._mapper = CustomMapper(integration.mapping, FAILING_FOR_AWS)
        self._call = call

    def invoke(self, exchange: Exchange) -> Reply:
        """Return the reply that the mappings make of the function's result, or of its error.

        Raises GatewayError (as ``CustomMapper`` and ``FunctionCall`` do).
        """
        mapped = self._mapper.request(exchange)
        event = function_event(mapped.body)
        exchange.trace.event = event
        note(exchange.trace, f"event of the function {self._call.function}", text=event)
        kind = _invocation_type(mapped)
        if kind == "DryRun":
            return self._mapper.reply(mapped, BackendAnswer("", (), b""))
        if kind == "Event":
            id = self._call.invoke_later(event, exchange.context.trace_id)
            if exchange.trace.notes is not None and id:
                exchange.trace.notes.made.append((f"lambda:{id}", f"lambda Invoke {self._call.function}", time.time()))
            return self._mapper.reply(mapped, BackendAnswer("", (), b""))
        invocation = self._call.invoke(event, exchange.context.trace_id)
        exchange.trace.invocation = invocation
        return self._mapper.reply(mapped, _answer(invocation))


def function_event(body: bytes) -> bytes:
    """Return the function's event. Raises GatewayError (BAD_REQUEST) for a body that is no JSON, as Lambda does."""
    if not body.strip():
        return b"{}"
    try:
        loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {_json_problem(body.decode('utf-8', 'replace'), error)}"
        raise GatewayError(GatewayResponseType.BAD_REQUEST, "the event is no JSON", message=message) from error
    return body


def _json_problem(text: str, error: Exception) -> str:
    """Return what is wrong with a text that is no JSON, and where, in the form of Lambda's parser."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    token = text[error.pos :].split(None, 1)[0] if text[error.pos :].strip() else ""
    what = f"Unexpected character ('{token[0]}' (code {ord(token[0])}))" if token else "Unexpected end-of-input"
    if token[:1].isalpha():
        what = f"Unrecognized token '{token}': was expecting ('true', 'false' or 'null')"
    return f"{what}\n at [Source: (byte[]); line: {error.lineno}, column: {error.colno}]"


def _invocation_type(mapped: MappedRequest) -> str:
    return header_value(mapped.parameters.headers, "x-amz-invocation-type") or "RequestResponse"


def _answer(invocation: Invocation) -> BackendAnswer:
    headers = [
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", invocation.request_id),
        ("X-Amz-Executed-Version", "$LATEST"),
    ]
    if invocation.error is not None:
        headers.append(("X-Amz-Function-Error", invocation.error))
    return BackendAnswer(_error_message(invocation), tuple(headers), invocation.payload)


def _error_message(invocation: Invocation) -> str:
    """Return the ``errorMessage`` of an error, which selects the integration response; a success has none."""
    if invocation.error is None:
        return ""
    return error_message(invocation.payload)


def error_message(payload: bytes) -> str:
    """Return ``errorMessage`` of an error object, ``""`` where there is none."""
    try:
        message = json.loads(payload).get("errorMessage")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return message if isinstance(message, str) else ""
