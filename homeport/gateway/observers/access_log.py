"""The access log: one line for each call, in the ``$context`` variables of the stage's format.

``VALUES`` computes each variable that is emulated; ``project/stages/log_format.py`` names those and all others.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
https://aws.amazon.com/blogs/compute/troubleshooting-amazon-api-gateway-with-enhanced-observability-variables/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from homeport.gateway.auth import Authorization
from homeport.gateway.context import AnsweredCall, CallContext, CallTrace, Deployment, Exchange
from homeport.gateway.context_variables import CONTEXT_VARIABLES, ContextVariables
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import gateway_responses as http_responses
from homeport.gateway.rest_api import gateway_responses as rest_responses
from homeport.project.model import Flavor, Stage
from homeport.project.stages.log_format import LOG_VARIABLES, VARIABLE, log_format
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation


@dataclass(frozen=True)
class LoggedCall:
    """A finished call; ``replied_at`` is when the reply was ready, in seconds since the epoch."""

    exchange: Exchange
    reply: Reply
    replied_at: float

    @property
    def request(self) -> Request:
        return self.exchange.request

    @property
    def context(self) -> CallContext:
        return self.exchange.context

    @property
    def deployment(self) -> Deployment:
        return self.exchange.context.deployment

    @property
    def trace(self) -> CallTrace:
        return self.exchange.trace

    @cached_property
    def variables(self) -> ContextVariables:
        """Return the variables that were known before the integration answered."""
        return ContextVariables(self.exchange)

    @property
    def authorization(self) -> Authorization | None:
        return self.exchange.context.authorization


FormatLine = Callable[[LoggedCall], str]
Variable = Callable[[LoggedCall], Any]


def access_log(layout: str, flavor: Flavor, *, tracing: bool = False) -> FormatLine:
    """Compile a format (``log_format``) into a function from a finished call to its line.

    A variable that is unknown, or has no value for this call, is ``-``. Values are escaped as in JSON text. ``tracing``
    is true if the stage is traced by X-Ray.
    """
    pieces = VARIABLE.split(layout)
    texts, values = pieces[::2], [_variable(name, flavor, tracing) for name in pieces[1::2]]

    def line(call: LoggedCall) -> str:
        parts = [texts[0]]
        for value, text in zip(values, texts[1:], strict=True):
            parts.append(_print_value(value(call)))
            parts.append(text)
        return "".join(parts)

    return line


def _variable(name: str, flavor: Flavor, tracing: bool) -> Variable:
    if name == "xrayTraceId" and not tracing:
        return _no_value
    if name in VALUES and name in LOG_VARIABLES[flavor]:
        return VALUES[name]
    if name.startswith("authorizer."):
        return lambda call: call.variables.value(name)
    return _no_value


def _no_value(call: LoggedCall) -> None:
    return None


@dataclass(frozen=True, slots=True)
class _Verbatim:
    """A value that is printed as it is."""

    text: str


# What JSON writes as it is.
_PLAIN = re.compile(r"[ !#-\[\]-~]*")


def _print_value(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, _Verbatim):
        return value.text
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())[1:-1]


# Errors

_Type = GatewayResponseType


def _error_message(call: LoggedCall) -> str | None:
    """Return the gateway's own message: a customized gateway response may have another body."""
    error = call.trace.error
    if error is None:
        return None
    return (
        rest_responses.error_message(error) if call.deployment.flavor == "rest" else http_responses.error_message(error)
    )


def _quoted_error_message(call: LoggedCall) -> _Verbatim | None:
    message = _error_message(call)
    return None if message is None else _Verbatim(json.dumps(message, ensure_ascii=False))


def _of_error(value: Callable[[GatewayError], Any]) -> Variable:
    return lambda call: None if call.trace.error is None else value(call.trace.error)


# The authorizer phase: a JWT, Cognito or Lambda authorizer decides about the caller. The authorize phase, of Lambda
# authorizers only, applies the policy to the called method. The statuses of failures are not confirmed.

_AUTHORIZER_STATUS = {
    _Type.MISSING_IDENTITY: 401,
    _Type.INVALID_TOKEN: 401,
    _Type.EXPIRED_TOKEN: 401,
    _Type.INSUFFICIENT_SCOPE: 403,
    _Type.AUTHORIZER_FAILURE: 500,
    _Type.AUTHORIZER_CONFIGURATION_ERROR: 500,
}
# The authenticate phase: the signature of a route with AWS_IAM is checked.

_SIGNATURE_ERRORS = frozenset(
    (_Type.MISSING_SIGNATURE, _Type.INCOMPLETE_SIGNATURE, _Type.UNKNOWN_ACCESS_KEY, _Type.INVALID_SIGNATURE)
)


def _authenticate_error(call: LoggedCall) -> str | None:
    error = call.trace.error
    return _error_message(call) if error is not None and error.type in _SIGNATURE_ERRORS else None


def _authenticate_status(call: LoggedCall) -> int | None:
    if call.trace.authenticate_latency is None:
        return None
    return 403 if _authenticate_error(call) else 200


_POLICY_DENIALS = frozenset((_Type.ACCESS_DENIED, _Type.EXPLICITLY_DENIED))


def _authorizer_error(call: LoggedCall) -> str | None:
    error = call.trace.error
    return error.reason if error is not None and error.type in _AUTHORIZER_STATUS else None


def _authorizer_status(call: LoggedCall) -> int | None:
    if call.trace.authorizer_latency is None:
        return None
    error = call.trace.error
    return 200 if error is None else _AUTHORIZER_STATUS.get(error.type, 200)


def _authorizer_integration_latency(call: LoggedCall) -> int | None:
    if call.authorization is not None:
        return call.authorization.latency if call.authorization.kind == "lambda" else None
    return None if call.trace.authorizer is None else _latency(call.trace.authorizer)


def _policy_was_applied(call: LoggedCall) -> bool:
    return call.authorization is not None and call.authorization.kind == "lambda"


def _authorize_error(call: LoggedCall) -> str | None:
    error = call.trace.error
    return _error_message(call) if error is not None and error.type in _POLICY_DENIALS else None


def _authorize_latency(call: LoggedCall) -> int | None:
    """Return the part of the authorizer's time that its function did not take."""
    if not _policy_was_applied(call):
        return None
    return max(0, (call.trace.authorizer_latency or 0) - (_authorizer_integration_latency(call) or 0))


def _authorize_status(call: LoggedCall) -> int | None:
    if not _policy_was_applied(call):
        return None
    return 403 if _authorize_error(call) else 200


# The integration phase


def _latency(invocation: Invocation) -> int:
    return round(invocation.duration_ms + (invocation.init_ms or 0))


def _of_integration(value: Callable[[Invocation], Any]) -> Variable:
    return lambda call: None if call.trace.invocation is None else value(call.trace.invocation)


def _of_authorizer(value: Callable[[Invocation], Any]) -> Variable:
    return lambda call: None if call.trace.authorizer is None else value(call.trace.authorizer)


def _integration_latency(call: LoggedCall) -> int | None:
    backend = call.trace.backend
    return round(backend.duration_ms) if backend is not None else _function_latency(call)


def _integration_status(call: LoggedCall) -> int | None:
    """Return the status of the service that was called. Lambda's is 200, even if the function raised."""
    if call.trace.invocation is not None:
        return 200
    return call.trace.backend.status if call.trace.backend is not None else None


_function_latency = _of_integration(_latency)
_integration_request_id = _of_integration(lambda invocation: invocation.request_id)


def _backend_status(call: LoggedCall) -> int | None:
    if call.trace.backend is not None:
        return call.trace.backend.status
    return None if call.trace.invocation is None or call.trace.error is not None else call.reply.status


_BACKEND_ERRORS = frozenset((_Type.BACKEND_UNREACHABLE, _Type.INTEGRATION_FAILURE, _Type.INTEGRATION_TIMEOUT))


def _integration_error(call: LoggedCall) -> str | None:
    invocation, error = call.trace.invocation, call.trace.error
    if error is None:
        return None
    if invocation is None:
        return error.reason if error.type in _BACKEND_ERRORS else None
    if invocation.error is None:
        return "The response from the Lambda function doesn't match the format that API Gateway expects."
    return f"The Lambda function returned the following error: {_error_text(invocation.payload)}"


def _error_text(payload: bytes) -> str:
    try:
        value = json.loads(payload)
    except ValueError:
        return ""
    return str(value.get("errorMessage") or "") if isinstance(value, dict) else ""


def _response_latency(call: LoggedCall) -> int:
    return max(0, round((call.replied_at - call.context.received) * 1000))


def _of_context(name: str) -> Variable:
    return lambda call: call.variables.value(name)


VALUES: Mapping[str, Variable] = {
    **{name: _of_context(name) for name in CONTEXT_VARIABLES},
    "authenticate.error": _authenticate_error,
    "authenticate.latency": lambda call: call.trace.authenticate_latency,
    "authenticate.status": _authenticate_status,
    "authorize.error": _authorize_error,
    "authorize.latency": _authorize_latency,
    "authorize.status": _authorize_status,
    "authorizer.error": _authorizer_error,
    "authorizer.integrationLatency": _authorizer_integration_latency,
    "authorizer.integrationStatus": _of_authorizer(lambda invocation: 200),
    "authorizer.latency": lambda call: call.trace.authorizer_latency,
    "authorizer.requestId": _of_authorizer(lambda invocation: invocation.request_id),
    "authorizer.status": _authorizer_status,
    "awsEndpointRequestId": _integration_request_id,
    "dataProcessed": lambda call: len(call.request.body) + len(call.reply.body),
    "endpointType": lambda call: "REGIONAL",
    "error.message": _error_message,
    "error.messageString": _quoted_error_message,
    "error.responseType": _of_error(lambda error: rest_responses.response_type(error.type)),
    "error.validationErrorString": _of_error(lambda error: error.validation),
    "integration.error": _integration_error,
    "integration.integrationStatus": _integration_status,
    "integration.latency": _integration_latency,
    "integration.requestId": _integration_request_id,
    "integration.responseTransferMode": _of_integration(lambda invocation: "BUFFERED"),
    "integration.status": _backend_status,
    # A buffered response arrives as a whole.
    "integration.timeToAllHeaders": _integration_latency,
    "integration.timeToFirstContent": _integration_latency,
    "integrationErrorMessage": _integration_error,
    "integrationLatency": _integration_latency,
    "integrationStatus": _integration_status,
    "responseLatency": _response_latency,
    "responseLength": lambda call: len(call.reply.body),
    "status": lambda call: call.reply.status,
}
"""The value of each variable that is emulated, by name without ``$context.``; None where a call has none."""


class AccessLogFile:
    """Writes a line for each call, in the stage's format, off the path of the requests."""

    def __init__(self, stage: Stage, file: Path, files: RotatingLogWriter) -> None:
        self._line = access_log(log_format(stage.access_log, stage.flavor), stage.flavor, tracing=stage.tracing)
        self._file = file
        self._files = files

    def on_reply(self, call: AnsweredCall) -> None:
        """Write a call's line."""
        logged = LoggedCall(call.exchange, call.reply, call.at)
        self._files.append(self._file, lambda: f"{self._line(logged)}\n")
