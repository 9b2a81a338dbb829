"""Mappings step by step: what an integration's templates make of a request that is described, and of an answer to it.

Nothing is sent. The steps are those of a call: request template, overrides, request to the backend; and with an answer,
or for a mock, the integration response, its template, and the response to the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError
from homeport.gateway.http.message import Reply, first_accepted
from homeport.gateway.integrations.aws_service import service_address, service_request
from homeport.gateway.integrations.custom.headers import FAILING_FOR_AWS, FAILING_FOR_HTTP
from homeport.gateway.integrations.custom.mapper import BackendAnswer, CustomMapper, MappedRequest
from homeport.gateway.integrations.custom.templates import JSON, CompiledTemplates
from homeport.gateway.integrations.http import custom_backend_request
from homeport.gateway.integrations.lambda_custom import error_message, function_event
from homeport.gateway.integrations.mapped_mock import mock_status
from homeport.gateway.sample import Sample, SampleInputs, sample_exchange
from homeport.http_headers import Header
from homeport.project.integrations.rest_api import (
    CustomIntegration,
    HttpCustom,
    LambdaCustom,
    MappedMock,
    ServiceIntegration,
)
from homeport.project.model import Operation
from homeport.project.project import Project


@dataclass(frozen=True, slots=True)
class MappingStep:
    """A step of a call: what it is, and the text that it comes to."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    """A backend's answer. ``status`` does not matter for a function, whose error is known by ``errorMessage``."""

    body: bytes
    status: int = 200


def sample_mapping(
    project: Project, operation: Operation, sample: Sample, inputs: SampleInputs, answer: SampleAnswer | None
) -> Iterator[MappingStep]:
    """Yield the steps of a call. Raises HomeportError where API Gateway would end the call with an error."""
    integration = operation.integration
    if not isinstance(integration, CustomIntegration):
        raise HomeportError(
            f"{operation.id} has an integration without mapping templates", "homeport event prints what a function gets"
        )
    exchange = sample_exchange(project, operation, sample, inputs)
    failing = FAILING_FOR_HTTP if isinstance(integration, HttpCustom | MappedMock) else FAILING_FOR_AWS
    mapper = CustomMapper(integration.mapping, failing, traced=not isinstance(integration, MappedMock))
    try:
        mapped = mapper.request(exchange)
        yield from _request_steps(integration, mapped)
        reached = _answer(integration, mapped, answer)
        if reached is not None:
            yield from _response_steps(mapper, mapped, reached)
    except GatewayError as error:
        raise HomeportError(f"API Gateway answers with {error.type.name}: {error.message or error.reason}") from None


def _request_steps(integration: CustomIntegration, mapped: MappedRequest) -> Iterator[MappingStep]:
    template = CompiledTemplates(integration.mapping.templates).of(_content_type(mapped.values.exchange))
    title = f"request template for {template.media_type}" if template else "request body, passed through"
    yield MappingStep(title, _text(mapped.body))
    overrides = [*_overrides("request", mapped.overrides.request), *_overrides("response", mapped.overrides.response)]
    if overrides:
        yield MappingStep("overrides of the request template", "\n".join(overrides))
    match integration:
        case MappedMock():
            yield MappingStep("status of the mock", str(_status(mapped)))
        case LambdaCustom(function):
            yield MappingStep(f"event of the function {function}", _text(function_event(mapped.body)))
        case HttpCustom():
            request = custom_backend_request(integration, mapped)
            line = f"{request.method} {request.url}{request.target}"
            yield MappingStep("request to the backend", _message(line, request.headers))
        case ServiceIntegration():
            call = service_address(integration, mapped)
            sent = service_request(call, integration.method, mapped)
            line = f"{sent.method} {sent.target}"
            yield MappingStep(f"request to {call.service} in {sent.region}", _message(line, sent.headers))


def _response_steps(mapper: CustomMapper, mapped: MappedRequest, answer: BackendAnswer) -> Iterator[MappingStep]:
    response = mapper.integration_response(answer.selector)
    reply = mapper.reply(mapped, answer)
    pattern = f"selectionPattern {response.pattern}" if response.pattern else "the default one"
    accepted = first_accepted(mapped.values.exchange.request.header("accept"))
    template = CompiledTemplates(response.templates).of_accepted(accepted)
    title = f"response template for {template.media_type}" if template else "response body, passed through"
    yield MappingStep("integration response", f"{pattern}: {response.status}")
    yield MappingStep(title, _text(reply.body))
    yield MappingStep("response to the client", _reply_head(reply))


def _answer(integration: CustomIntegration, mapped: MappedRequest, answer: SampleAnswer | None) -> BackendAnswer | None:
    if isinstance(integration, MappedMock):
        return BackendAnswer(str(_status(mapped)), (), b"")
    if answer is None:
        return None
    is_function = isinstance(integration, LambdaCustom)
    selector = error_message(answer.body) if is_function else str(answer.status)
    return BackendAnswer(selector, (("Content-Type", JSON),), answer.body)


def _status(mapped: MappedRequest) -> int:
    status = mock_status(_text(mapped.body))
    if status is None:
        raise HomeportError("the request template of a mock makes no integer statusCode, so that each call fails")
    return status


def _overrides(kind: str, values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from (f"{kind}Override.{name}.{member}: {text}" for member, text in value.items())
        else:
            yield f"{kind}Override.{name}: {value}"


def _content_type(exchange: Exchange) -> str:
    return exchange.request.header("content-type") or JSON


def _message(line: str, headers: Iterable[Header]) -> str:
    return "\n".join([line, *(f"{name}: {value}" for name, value in headers)])


def _reply_head(reply: Reply) -> str:
    return _message(str(reply.status), reply.headers)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
