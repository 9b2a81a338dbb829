"""What became of a call, for its access log line: read from what was observed on the way."""

from __future__ import annotations

import json

from homeport.gateway.access_log import Outcome
from homeport.gateway.context import Exchange
from homeport.gateway.message import Reply
from homeport.gateway.rest_api.errors import response_type
from homeport.runtime.api import Invocation


def outcome_of(exchange: Exchange, reply: Reply, now: float) -> Outcome:
    """``now`` is seconds since the epoch, when the reply was ready."""
    observed = exchange.observed
    refused, invocation = observed.refused, observed.invocation
    authorization = exchange.context.authorization
    return Outcome(
        latency=max(0, round((now - exchange.context.received) * 1000)),
        lambda_status=None if invocation is None else 200,
        lambda_latency=None if invocation is None else round(invocation.duration_ms + (invocation.init_ms or 0)),
        lambda_request_id=None if invocation is None else invocation.request_id,
        function_status=None if invocation is None or refused else reply.status,
        integration_error=None if invocation is None else _error_of(invocation, refused is not None),
        error_type=None if refused is None else response_type(refused.refusal),
        error_message=None if refused is None else _message_of(reply),
        validation=None if refused is None else refused.validation,
        authorizer_latency=None if authorization is None else authorization.latency,
    )


def _error_of(invocation: Invocation, refused: bool) -> str | None:
    if not refused:
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
