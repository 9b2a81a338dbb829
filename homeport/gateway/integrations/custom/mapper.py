"""The way of a call through a custom integration: method request → integration request … answer → method response.

A handler of an integration calls ``CustomMapper.request``, sends what it gets, and calls ``CustomMapper.reply``.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-data-transformations.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, first_accepted, matches_binary
from homeport.gateway.http.uri import percent_encode_rest
from homeport.gateway.ids import reply_trace_id
from homeport.gateway.integrations.custom.content import Payload, payload_bytes, request_payload, response_payload
from homeport.gateway.integrations.custom.headers import check_mapped, mapped_header, method_response_headers
from homeport.gateway.integrations.custom.notes import (
    note,
    note_answer,
    note_choice,
    note_overrides,
    note_parameters,
    note_reply,
)
from homeport.gateway.integrations.custom.templates import JSON, CompiledTemplate, CompiledTemplates, Overrides
from homeport.gateway.integrations.custom.uri import encode_path_value
from homeport.gateway.integrations.custom.values import CallValues, body_value, header_text
from homeport.gateway.mapping import BodyNotReadable
from homeport.gateway.rest_api.reply import finished_headers
from homeport.http_headers import Header, HttpHeaders, has_header, merge_headers
from homeport.project.integrations.mapping_expressions import MappingExpression
from homeport.project.integrations.rest_api import CustomMapping, IntegrationResponse, RequestParameter
from homeport.vtl import LimitExceeded
from homeport.vtl.java_regex import JavaPattern

_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class MappedParameters:
    """The mapped parameters of a request to a backend.

    ``path`` values are encoded, those of ``query`` and ``headers`` are not; a header stands there once.
    """

    path: dict[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MappedRequest:
    """A request to a backend as the mappings make it. ``overrides`` reach the response's template."""

    values: CallValues
    parameters: MappedParameters
    body: bytes
    overrides: Overrides


@dataclass(frozen=True, slots=True)
class BackendAnswer:
    """The answer of a backend. ``selector`` is the text that the patterns of integration responses look at."""

    selector: str
    headers: HttpHeaders
    body: bytes


@dataclass(frozen=True, slots=True)
class _CompiledResponse:
    response: IntegrationResponse
    pattern: JavaPattern
    templates: CompiledTemplates


class CustomMapper:
    """The mappings of one custom integration.

    ``failing`` are the headers that fail a call if they are mapped, in lower case. ``traced`` says that the answers
    have X-Amzn-Trace-Id, as all but a mock's have.
    """

    def __init__(self, mapping: CustomMapping, failing: frozenset[str], *, traced: bool = True) -> None:
        self.mapping = mapping
        self._failing = failing
        self._traced = traced
        self._templates = CompiledTemplates(mapping.templates, mapping.unknown_templates)
        self._responses = tuple(
            _CompiledResponse(each, JavaPattern(each.pattern), CompiledTemplates(each.templates))
            for each in mapping.responses
        )

    def request(self, exchange: Exchange) -> MappedRequest:
        """Return the request to the backend.

        Raises GatewayError (UNSUPPORTED_MEDIA_TYPE, BAD_REQUEST, API_CONFIGURATION_ERROR).
        """
        values, overrides = CallValues(exchange), Overrides()
        try:
            mapped = map_parameters(self.mapping.parameters, values)
            note_parameters(exchange.trace, mapped)
            body = self._request_body(values, overrides)
        except BodyNotReadable as error:
            message = "Invalid JSON in request body"
            raise GatewayError(GatewayResponseType.BAD_REQUEST, str(error), message=message) from error
        note_overrides(exchange.trace, "overrides of the request template", overrides.request, overrides.response)
        parameters = _overridden(mapped, overrides)
        check_mapped((name for name, _ in parameters.headers), self._failing)
        return MappedRequest(values, parameters, body, overrides)

    def reply(self, mapped: MappedRequest, answer: BackendAnswer) -> Reply:
        """Return the reply to the client. Raises GatewayError (API_CONFIGURATION_ERROR)."""
        trace = mapped.values.exchange.trace
        note_answer(trace, answer)
        chosen = self._choose(answer.selector)
        note_choice(trace, answer.selector, chosen.response, (each.response.pattern for each in self._responses))
        try:
            lines = self._mapped_headers(chosen.response, mapped.values, answer)
            payload = self._response_body(chosen, mapped, answer)
        except BodyNotReadable as error:
            raise _configuration_error(f"the backend's body is no JSON: {error}") from error
        for name, value in mapped.overrides.response_headers().items():
            lines = [line for line in lines if line[0].lower() != name.lower()]
            lines.append(mapped_header(name, value))
        lines = method_response_headers(lines)
        if not has_header(lines, "content-type"):
            lines.insert(0, ("Content-Type", JSON))
        context = mapped.values.exchange.context
        if self._traced:
            lines.append(("X-Amzn-Trace-Id", reply_trace_id(context.trace_id, context.segment_id)))
        status = mapped.overrides.response_status() or chosen.response.status
        body = b"" if status in _WITHOUT_BODY else payload_bytes(payload)
        note_overrides(trace, "overrides of both templates", {}, mapped.overrides.response)
        note_reply(trace, status, tuple(lines))
        return Reply(status, finished_headers(lines, context), body)

    def integration_response(self, selector: str) -> IntegrationResponse:
        """Return the integration response for what a backend answered. Raises GatewayError."""
        return self._choose(selector).response

    def _request_body(self, values: CallValues, overrides: Overrides) -> bytes:
        request = values.exchange.request
        content_type = request.header("content-type")
        template = self._request_template(content_type or JSON)
        binary_types = values.exchange.context.deployment.binary_media_types
        is_binary = matches_binary(content_type, binary_types)
        payload = request_payload(request.body, self.mapping.content_handling, is_binary=is_binary)
        body = payload_bytes(_apply_template(template, payload, values, overrides))
        title = f"request template for {template.media_type}" if template else "request body, passed through"
        note(values.exchange.trace, title, text=body)
        return body

    def _request_template(self, content_type: str) -> CompiledTemplate | None:
        """Return the template of a content type; None: the body is passed through.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
        """
        template, behavior = self._templates.of(content_type), self.mapping.passthrough
        if template is None and (behavior == "never" or (behavior == "when_no_templates" and self._templates)):
            reason = f"no template for {content_type}, and passthroughBehavior is {behavior}"
            raise GatewayError(GatewayResponseType.UNSUPPORTED_MEDIA_TYPE, reason)
        return template

    def _choose(self, selector: str) -> _CompiledResponse:
        """Return the integration response whose pattern fits, in the order of their statuses, else the default one."""
        fitting = (each for each in self._responses if each.response.pattern and each.pattern.matches(selector))
        default = (each for each in self._responses if not each.response.pattern)
        try:
            chosen = next(fitting, None) or next(default, None)
        except LimitExceeded as error:
            raise _configuration_error(f"a selectionPattern takes too long: {error}") from error
        if chosen is None:
            raise _configuration_error(f"no integration response for {selector!r}, and no default one")
        if chosen.response.status not in self.mapping.statuses:
            raise _configuration_error(f"the method declares no response {chosen.response.status}")
        return chosen

    def _mapped_headers(self, response: IntegrationResponse, values: CallValues, answer: BackendAnswer) -> list[Header]:
        found = ((name, _answer_value(expression, values, answer)) for name, expression in response.headers)
        return [mapped_header(name, value) for name, value in found if value is not None]

    def _response_body(self, chosen: _CompiledResponse, mapped: MappedRequest, answer: BackendAnswer) -> Payload:
        exchange = mapped.values.exchange
        accepted = first_accepted(exchange.request.header("accept"))
        binary_types = exchange.context.deployment.binary_media_types
        content_type = next((value for name, value in answer.headers if name.lower() == "content-type"), None)
        payload = response_payload(
            answer.body,
            chosen.response.content_handling,
            is_binary=matches_binary(content_type, binary_types),
            accepts_binary=matches_binary(accepted, binary_types),
        )
        template = chosen.templates.of_accepted(accepted)
        made = _apply_template(template, payload, mapped.values, mapped.overrides)
        title = f"response template for {template.media_type}" if template else "response body, passed through"
        note(exchange.trace, title, text=made)
        return made


def map_parameters(parameters: Iterable[RequestParameter], values: CallValues) -> MappedParameters:
    """Return the values of mapped parameters; one without a value is left out. Raises BodyNotReadable."""
    path: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    headers: list[tuple[str, str]] = []
    for parameter in parameters:
        value = values.request_value(parameter.value)
        if not value:
            continue
        if parameter.place == "querystring":
            query += [(parameter.name, each) for each in ([value] if isinstance(value, str) else value)]
            continue
        text = value if isinstance(value, str) else ",".join(value)
        if parameter.place == "header":
            headers.append((parameter.name, text))
        elif parameter.value.source == "path":
            path[parameter.name] = percent_encode_rest(values.encoded_path[parameter.value.name])
        else:
            path[parameter.name] = encode_path_value(text)
    return MappedParameters(path, tuple(query), tuple(headers))


def _overridden(mapped: MappedParameters, overrides: Overrides) -> MappedParameters:
    """Return mapped parameters with the overrides, which win."""
    path, query = overrides.request_values("path"), overrides.request_values("querystring")
    headers = overrides.request_values("header")
    names = {name.lower() for name in headers}
    return MappedParameters(
        {**mapped.path, **{name: encode_path_value(value) for name, value in path.items()}},
        (*((name, value) for name, value in mapped.query if name not in query), *query.items()),
        (*((name, value) for name, value in mapped.headers if name.lower() not in names), *headers.items()),
    )


def _apply_template(
    template: CompiledTemplate | None, payload: Payload, values: CallValues, overrides: Overrides
) -> Payload:
    if template is None:
        return payload
    if isinstance(payload, bytes):
        raise _configuration_error("a mapping template can't read a binary body: set contentHandling CONVERT_TO_TEXT")
    return template.render(payload, values, overrides)


def _answer_value(expression: MappingExpression, values: CallValues, answer: BackendAnswer) -> str | None:
    if expression.source == "body":
        return body_value(answer.body, expression.name)
    if expression.source in ("header", "multivalueheader"):
        return header_text(merge_headers(answer.headers), expression)
    return values.variable(expression)


def _configuration_error(reason: str) -> GatewayError:
    return GatewayError(GatewayResponseType.API_CONFIGURATION_ERROR, reason)
