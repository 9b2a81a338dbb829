"""What became of a call, for its access log line: read from what was observed on the way.

Access log lines, in the ``$context`` words of a stage's format.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html

Keeps access log lines in a file, off the path of the requests.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.http.uri import percent_decode, percent_encode_rest, split_target
from homeport.gateway.ids import epoch_milliseconds, request_time, resource_id
from homeport.gateway.proxy_format import cognito_claims, jwt_claims, scalar_text
from homeport.gateway.rest_api.gateway_responses import response_type
from homeport.project.model import Stage
from homeport.project.stages.log_format import LOG_VARIABLES, VARIABLE, log_format
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation


def outcome_of(exchange: Exchange, reply: Reply, now: float) -> Outcome:
    """``now`` is seconds since the epoch, when the reply was ready."""
    trace = exchange.trace
    error, invocation = trace.error, trace.invocation
    authorization = exchange.context.authorization
    return Outcome(
        latency=max(0, round((now - exchange.context.received) * 1000)),
        lambda_status=None if invocation is None else 200,
        lambda_latency=None if invocation is None else round(invocation.duration_ms + (invocation.init_ms or 0)),
        lambda_request_id=None if invocation is None else invocation.request_id,
        function_status=None if invocation is None or error else reply.status,
        integration_error=None if invocation is None else _error_of(invocation, error is not None),
        error_type=None if error is None else response_type(error.type),
        error_message=None if error is None else _message_of(reply),
        validation=None if error is None else error.validation,
        authorizer_latency=None if authorization is None else authorization.latency,
    )


def _error_of(invocation: Invocation, failed: bool) -> str | None:
    if not failed:
        return None
    if invocation.error is None:
        return "The response from the Lambda function doesn't match the format that API Gateway expects."
    return "The Lambda function returned the following error: " + _read(invocation.payload, "errorMessage")


def _message_of(reply: Reply) -> str | None:
    return _read(reply.body, "message") or _read(reply.body, "Message") or None


def _read(body: bytes, key: str) -> str:
    try:
        value = json.loads(body)
    except ValueError:
        return ""
    return str(value.get(key) or "") if isinstance(value, dict) else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request, as far as the reply does not say it. Times are milliseconds; None: not known, not so.

    ``lambda_status`` is what the Lambda service answered (200 whatever the function did), ``function_status`` the
    function's own status code. ``error_type`` is the gateway response's (``UNAUTHORIZED``), ``validation`` the
    validation error. The authorizer's fields are those of the call of its function.
    """

    latency: int
    lambda_status: int | None = None
    lambda_latency: int | None = None
    lambda_request_id: str | None = None
    function_status: int | None = None
    integration_error: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    validation: str | None = None
    authorizer_status: int | None = None
    authorizer_latency: int | None = None
    authorizer_request_id: str | None = None
    authorizer_error: str | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    exchange: Exchange
    reply: Reply
    outcome: Outcome


AccessLog = Callable[[Exchange, Reply, Outcome], str]
_Value = Callable[[_Call], Any]


def access_log(layout: str, flavor: Literal["http", "rest"], *, tracing: bool = False) -> AccessLog:
    """Compile a format (``log_format``): a function from a finished call to its line.

    A variable that is unknown, or unknown of this call, is ``-``. Values are escaped as in JSON text. ``tracing`` says
    whether the stage is traced by X-Ray.
    """
    pieces = VARIABLE.split(layout)
    texts, values = pieces[::2], [_value(name, flavor, tracing) for name in pieces[1::2]]

    def line(exchange: Exchange, reply: Reply, outcome: Outcome) -> str:
        call = _Call(exchange, reply, outcome)
        parts = [texts[0]]
        for value, text in zip(values, texts[1:], strict=True):
            parts.append(_printed(value(call)))
            parts.append(text)
        return "".join(parts)

    return line


def _value(name: str, flavor: Literal["http", "rest"], tracing: bool) -> _Value:
    if name == "xrayTraceId" and not tracing:
        return _nothing
    if name == "error.messageString":
        return _quoted_message
    if name in _VALUES and name in LOG_VARIABLES[flavor]:
        return _VALUES[name]
    if name.startswith("authorizer.claims."):
        claim = name.removeprefix("authorizer.claims.")
        return lambda call: _claims(call).get(claim)
    if name.startswith("authorizer."):
        key = name.removeprefix("authorizer.")
        return lambda call: _authorizer_values(call).get(key)
    return _nothing


def _printed(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, _Verbatim):
        return value.text
    text = str(value)
    return json.dumps(text, ensure_ascii=not text.isprintable())[1:-1]


@dataclass(frozen=True, slots=True)
class _Verbatim:
    text: str


def _nothing(call: _Call) -> None:
    return None


def _quoted_message(call: _Call) -> _Verbatim | None:
    message = call.outcome.error_message
    return None if message is None else _Verbatim(json.dumps(message, ensure_ascii=False))


def _claims(call: _Call) -> Mapping[str, str]:
    found = call.exchange.context.authorization
    if found is None or found.kind == "lambda":
        return {}
    return jwt_claims(found.values) if found.kind == "jwt" else cognito_claims(found.values)


def _authorizer_values(call: _Call) -> Mapping[str, str]:
    found = call.exchange.context.authorization
    if found is None or found.kind != "lambda":
        return {}
    return {name: scalar_text(value) for name, value in found.values.items()}


def _principal(call: _Call) -> str | None:
    found = call.exchange.context.authorization
    return found.principal_id if found is not None else None


def _path(call: _Call) -> str:
    match = call.exchange.match
    path = match.full_path if match is not None else split_target(call.exchange.request.target)[0]
    rest = call.exchange.context.deployment.flavor == "rest"
    return percent_encode_rest(path) if rest else percent_decode(path)


def _route_key(call: _Call) -> str | None:
    return call.exchange.match.operation.route_key if call.exchange.match is not None else None


def _resource_path(call: _Call) -> str | None:
    return call.exchange.match.operation.path if call.exchange.match is not None else None


def _resource_id(call: _Call) -> str | None:
    path = _resource_path(call)
    return resource_id(call.exchange.context.deployment.api_id, path) if path is not None else None


def _trace_root(call: _Call) -> str | None:
    found = re.search(r"Root=([^;]+)", call.exchange.context.trace_id)
    return found.group(1) if found is not None else None


_VALUES: Mapping[str, _Value] = {
    "accountId": lambda call: call.exchange.context.deployment.account_id,
    "apiId": lambda call: call.exchange.context.deployment.api_id,
    "authorizer.error": lambda call: call.outcome.authorizer_error,
    "authorizer.integrationLatency": lambda call: call.outcome.authorizer_latency,
    "authorizer.integrationStatus": lambda call: call.outcome.authorizer_status,
    "authorizer.latency": lambda call: call.outcome.authorizer_latency,
    "authorizer.principalId": _principal,
    "authorizer.requestId": lambda call: call.outcome.authorizer_request_id,
    "authorizer.status": lambda call: call.outcome.authorizer_status,
    "awsEndpointRequestId": lambda call: call.outcome.lambda_request_id,
    "dataProcessed": lambda call: len(call.exchange.request.body) + len(call.reply.body),
    "deploymentId": lambda call: call.exchange.context.deployment.deployment_id,
    "domainName": lambda call: call.exchange.context.domain_name,
    "domainPrefix": lambda call: call.exchange.context.domain_name.partition(".")[0],
    "endpointType": lambda call: "REGIONAL",
    "error.message": lambda call: call.outcome.error_message,
    "error.responseType": lambda call: call.outcome.error_type,
    "error.validationErrorString": lambda call: call.outcome.validation,
    "extendedRequestId": lambda call: call.exchange.context.extended_request_id,
    "httpMethod": lambda call: call.exchange.request.method,
    "identity.apiKey": lambda call: call.exchange.context.api_key,
    "identity.apiKeyId": lambda call: call.exchange.context.api_key_id,
    "identity.sourceIp": lambda call: call.exchange.context.source_ip,
    "identity.userAgent": lambda call: call.exchange.request.header("user-agent"),
    "integration.error": lambda call: call.outcome.integration_error,
    "integration.integrationStatus": lambda call: call.outcome.lambda_status,
    "integration.latency": lambda call: call.outcome.lambda_latency,
    "integration.requestId": lambda call: call.outcome.lambda_request_id,
    "integration.status": lambda call: call.outcome.function_status,
    "integrationErrorMessage": lambda call: call.outcome.integration_error,
    "integrationLatency": lambda call: call.outcome.lambda_latency,
    "integrationStatus": lambda call: call.outcome.lambda_status,
    "isCanaryRequest": lambda call: "false",
    "path": _path,
    "protocol": lambda call: call.exchange.request.protocol,
    "requestId": lambda call: call.exchange.context.request_id,
    "requestTime": lambda call: request_time(call.exchange.context.received),
    "requestTimeEpoch": lambda call: epoch_milliseconds(call.exchange.context.received),
    "resourceId": _resource_id,
    "resourcePath": _resource_path,
    "responseLatency": lambda call: call.outcome.latency,
    "responseLength": lambda call: len(call.reply.body),
    "routeKey": _route_key,
    "stage": lambda call: call.exchange.context.deployment.stage,
    "status": lambda call: call.reply.status,
    "xrayTraceId": _trace_root,
}


class AccessLogFile:
    """Writes a line a call in the stage's format."""

    def __init__(self, stage: Stage, file: Path, files: RotatingLogWriter) -> None:
        self._line = access_log(log_format(stage.access_log, stage.flavor), stage.flavor, tracing=stage.tracing)
        self._file = file
        self._files = files

    def on_reply(self, exchange: Exchange, reply: Reply) -> None:
        """Remember a call."""
        at = time.time()
        self._files.append(self._file, lambda: f"{self._line(exchange, reply, outcome_of(exchange, reply, at))}\n")
