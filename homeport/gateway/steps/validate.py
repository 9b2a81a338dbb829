"""The step ``validate``: required parameters, then the body's model, where a REST API's method has a validator.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from homeport.gateway.context import Exchange, Match, Step, skip
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Request
from homeport.gateway.http.uri import percent_decode, split_target
from homeport.gateway.proxy_event import query_parameters
from homeport.gateway.rest_api.request_models import RequestModels
from homeport.project.model import Api, Operation

_SEPARATORS = "&;"


@dataclass(frozen=True, slots=True)
class _Requirements:
    """The requirements of one method's validator: names of parameters by place, and models of the body."""

    headers: tuple[str, ...]
    path: tuple[str, ...]
    query: tuple[str, ...]
    models: RequestModels


def validate(api: Api) -> Step:
    """Return the step, which raises GatewayError (BAD_REQUEST_PARAMETERS, BAD_REQUEST_BODY).

    Raises SchemaError for a model that can't be used.
    """
    requirements = {operation.id: _requirements(operation, api) for operation in api.operations if operation.validator}
    if not requirements:
        return skip

    def step(exchange: Exchange) -> Exchange:
        if exchange.match is None:
            return exchange
        required = requirements.get(exchange.match.operation.id)
        if required is not None:
            _check_parameters(required, exchange.request, exchange.match)
            _check_body(required.models, exchange.request)
        return exchange

    return step


def _requirements(operation: Operation, api: Api) -> _Requirements:
    validator = operation.validator
    parameters = operation.parameters if validator and validator.parameters else ()

    def required_names(place: str) -> tuple[str, ...]:
        return tuple(sorted(p.name for p in parameters if p.required and p.place == place))

    models = RequestModels(operation.body if validator and validator.body else None, api.document)
    return _Requirements(required_names("header"), required_names("path"), required_names("query"), models)


def _check_parameters(required: _Requirements, request: Request, match: Match) -> None:
    """Reject missing and blank parameters, named in the order header, path, query (seen on AWS), then by name."""
    query: Mapping[str, str] = {}
    if required.query:
        query = query_parameters(split_target(request.target)[1], _SEPARATORS)[0] or {}
    missing = [name for name in required.headers if _is_blank(request.header(name))]
    missing += [name for name in required.path if _is_blank(percent_decode(match.path_parameters.get(name, "")))]
    missing += [name for name in required.query if _is_blank(query.get(name))]
    if missing:
        names = f"[{', '.join(missing)}]"
        message = f"Missing required request parameters: {names}"
        raise GatewayError(
            GatewayResponseType.BAD_REQUEST_PARAMETERS, f"missing or blank: {names}", message=message, validation=names
        )


def _check_body(models: RequestModels, request: Request) -> None:
    if not models:
        return
    problem = models.validation_error(request.header("content-type"), request.body)
    if problem is not None:
        raise GatewayError(
            GatewayResponseType.BAD_REQUEST_BODY, f"the body does not fit its model: {problem}", validation=problem
        )


def _is_blank(value: str | None) -> bool:
    return value is None or not value.strip()
