"""The stage ``validate``: required parameters, then the body's model. REST APIs only, where a validator asks for it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from homeport.gateway.context import Exchange, Step
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Request
from homeport.gateway.http.uri import percent_decode, split_target
from homeport.gateway.proxy_event import query_parameters
from homeport.gateway.rest_api.models import RequestModels
from homeport.gateway.routing import Match
from homeport.gateway.stages.match import skip
from homeport.project.model import Api, Operation

_SEPARATORS = "&;"


@dataclass(frozen=True, slots=True)
class _Demands:
    """What one method's validator wants: names of required parameters by place, and models of the body."""

    headers: tuple[str, ...]
    path: tuple[str, ...]
    query: tuple[str, ...]
    models: RequestModels


def validate(api: Api) -> Step:
    """Refuses BAD_REQUEST_PARAMETERS and BAD_REQUEST_BODY. Raises SchemaError for a model that can't be used."""
    demands = {operation.id: _demands(operation, api) for operation in api.operations if operation.validator}
    if not demands:
        return skip

    def step(exchange: Exchange) -> Exchange:
        if exchange.match is None:
            return exchange
        wanted = demands.get(exchange.match.operation.id)
        if wanted is not None:
            _check_parameters(wanted, exchange.request, exchange.match)
            _check_body(wanted.models, exchange.request)
        return exchange

    return step


def _demands(operation: Operation, api: Api) -> _Demands:
    validator = operation.validator
    parameters = operation.parameters if validator and validator.parameters else ()

    def required(place: str) -> tuple[str, ...]:
        return tuple(sorted(p.name for p in parameters if p.required and p.place == place))

    models = RequestModels(operation.body if validator and validator.body else None, api.document)
    return _Demands(required("header"), required("path"), required("query"), models)


def _check_parameters(wanted: _Demands, request: Request, match: Match) -> None:
    """Names come header, path, query (seen on AWS), alphabetically in each; a blank value is a missing one."""
    query: Mapping[str, str] = {}
    if wanted.query:
        query = query_parameters(split_target(request.target)[1], _SEPARATORS)[0] or {}
    missing = [name for name in wanted.headers if _blank(request.header(name))]
    missing += [name for name in wanted.path if _blank(percent_decode(match.path_parameters.get(name, "")))]
    missing += [name for name in wanted.query if _blank(query.get(name))]
    if missing:
        names = f"[{', '.join(missing)}]"
        message = f"Missing required request parameters: {names}"
        raise GatewayError(
            GatewayResponseType.BAD_REQUEST_PARAMETERS, f"missing or blank: {names}", message=message, validation=names
        )


def _check_body(models: RequestModels, request: Request) -> None:
    if not models:
        return
    complaint = models.validation_error(request.header("content-type"), request.body)
    if complaint is not None:
        raise GatewayError(
            GatewayResponseType.BAD_REQUEST_BODY, f"the body does not fit its model: {complaint}", validation=complaint
        )


def _blank(value: str | None) -> bool:
    return value is None or not value.strip()
