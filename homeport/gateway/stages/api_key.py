"""The stage ``api_key``: whether a method that asks for an API key gets a good one. REST APIs only."""

from __future__ import annotations

from dataclasses import replace

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.stages.match import skip
from homeport.gateway.stages.throttle import api_key_entries, find_api_key
from homeport.project.model import Api, Stage


def api_key(api: Api, stage: Stage) -> Step:
    """Refuses MISSING_API_KEY and INVALID_API_KEY; sets ``api_key`` and ``api_key_id`` of the context.

    The key comes in the header x-api-key or, where the API's key source is AUTHORIZER, as the ``usageIdentifierKey`` of
    the Lambda authorizer's answer.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
    """
    if not any(operation.api_key_required for operation in api.operations):
        return skip
    known = api_key_entries(stage)
    from_authorizer = api.api_key_source == "AUTHORIZER"

    def step(exchange: Exchange) -> Exchange:
        if exchange.match is None or not exchange.match.operation.api_key_required:
            return exchange
        value = _from_authorizer(exchange) if from_authorizer else exchange.request.header("x-api-key")
        if not value:
            where = "the authorizer's usageIdentifierKey" if from_authorizer else "the header x-api-key"
            raise GatewayError(GatewayResponseType.MISSING_API_KEY, f"the method needs an API key in {where}")
        entry = find_api_key(known, value)
        if entry is None:
            raise GatewayError(
                GatewayResponseType.INVALID_API_KEY, "no enabled API key in a usage plan of this stage has this value"
            )
        return replace(exchange, context=replace(exchange.context, api_key=value, api_key_id=entry.id))

    return step


def _from_authorizer(exchange: Exchange) -> str | None:
    found = exchange.context.authorization
    return found.usage_identifier_key if found is not None else None
