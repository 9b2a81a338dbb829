"""The steps of a call's mappings are noted for the recorder, and in a recording without what is secret."""

from __future__ import annotations

import json

import pytest

from homeport.gateway.context import CallNotes, Exchange, MappingNote
from homeport.gateway.errors import GatewayError
from homeport.gateway.http.message import Reply
from homeport.project.integrations import Integration
from homeport.project.integrations.rest_api import HttpCustom, MappedMock, ServiceIntegration
from homeport.recordings.build_recording import RecordingRules, build_recording, links_of
from homeport.recordings.recording import Recording, from_json, to_json
from tests.support.backend import Backend, running_backend
from tests.support.inspector import exchange_frame
from tests.support.rest_calls import handler_of, mapped, mapping, response, rest_exchange

KEY = "0123456789-static-key"


def noted(integration: Integration, backend: Backend | None = None, **request: object) -> tuple[Exchange, Recording]:
    """Return an exchange with an integration, with its notes, and the recording of it."""
    exchange = rest_exchange(**request)  # type: ignore[arg-type]
    exchange.trace.notes = CallNotes()
    handler = handler_of(integration, service_url=lambda name: f"{backend.url}/" if backend else None)
    reply = handler.invoke(exchange)
    recording = build_recording(exchange_frame(exchange, reply), RecordingRules())
    assert from_json(recording.summary, to_json(recording)) == recording
    return exchange, recording


def titles(exchange: Exchange) -> list[str]:
    assert exchange.trace.notes is not None
    return [each.title for each in exchange.trace.notes.mapping]


def test_steps_of_a_mock_are_noted_in_order() -> None:
    template = '#set($context.responseOverride.header.X-Made = "here"){"statusCode": 404}'
    made = mapping(
        response("2\\d\\d", 200),
        response("4\\d\\d", 404, templates={"application/json": '{"gone": "$context.resourcePath"}'}),
        templates={"application/json": template},
        parameters=(mapped("header", "X-Id", "method.request.path.itemId"),),
    )
    exchange, _ = noted(MappedMock(made), body=b"{}")
    assert exchange.trace.notes is not None
    assert exchange.trace.notes.mapping[:3] == [
        MappingNote("mapped parameters", (("header.X-Id", "1"),)),
        MappingNote("request template for application/json", text='{"statusCode": 404}'),
        MappingNote("overrides of the request template", (("responseOverride.header.X-Made", "here"),)),
    ]
    assert titles(exchange)[3:] == [
        "answer of the backend",
        "integration response 404",
        "response template for application/json",
        "overrides of both templates",
        "method response 404",
    ]
    texts = {each.title: each.text for each in exchange.trace.notes.mapping}
    assert texts["integration response 404"] == "'404' matches the selectionPattern 4\\d\\d"
    assert texts["response template for application/json"] == '{"gone": "/items/{itemId}"}'


def test_request_to_a_backend_and_its_answer_are_noted_without_secrets() -> None:
    with running_backend() as backend:
        backend.status, backend.body, backend.headers = 201, b'{"made": 1}', (("X-Own", "1"),)
        made = mapping(
            response(),
            parameters=(
                mapped("header", "X-Api-Key", f"'{KEY}'"),
                mapped("header", "Authorization", "method.request.header.Authorization"),
            ),
        )
        headers = (("Authorization", "Bearer open-sesame-12"),)
        exchange, recording = noted(
            HttpCustom(f"{backend.url}/things", "POST", made), headers=headers, body=b'{"a": 1}'
        )
    stored = to_json(recording)
    assert KEY not in stored and "open-sesame-12" not in stored
    steps = {step.title: step for step in recording.mapping}
    sent = next(step for title, step in steps.items() if title.startswith("request to the backend: POST http"))
    assert dict(sent.pairs)["X-Api-Key"] == "***" and sent.text.text == '{"a": 1}'
    assert steps["answer of the backend"].text.text == '{"made": 1}'
    assert steps["integration response 200"].text.text == "the default one: there is no other one"
    assert titles(exchange)[1] == "request body, passed through"


def test_call_of_a_service_is_recorded_with_what_it_made() -> None:
    with running_backend() as backend:
        backend.headers = (("Content-Type", "application/json"),)
        backend.body = json.dumps({"executionArn": "arn:x", "startDate": 1.0}).encode()
        uri = "arn:aws:apigateway:eu-west-1:states:action/StartExecution"
        body = json.dumps({"stateMachineArn": "arn:aws:states:eu-west-1:0:stateMachine:flow", "input": "{}"}).encode()
        exchange, recording = noted(ServiceIntegration("states", uri, "POST", "", mapping()), backend, body=body)
    call = recording.backend
    assert call is not None
    assert (call.service, call.operation, call.resource, call.status) == ("states", "StartExecution", "flow", 200)
    assert call.made == ("states:arn:x",)
    (link,) = links_of(exchange_frame(exchange, Reply(200, ())), RecordingRules())
    assert (link.id, link.taken, link.what) == ("states:arn:x", False, "states StartExecution flow")


def test_message_that_an_api_sends_to_a_queue_can_be_followed() -> None:
    with running_backend() as backend:
        backend.headers = (("Content-Type", "text/xml"),)
        backend.body = (
            b"<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId></SendMessageResult>"
            b"</SendMessageResponse>"
        )
        uri = "arn:aws:apigateway:eu-west-1:sqs:path/000000000000/jobs"
        form = mapped("header", "Content-Type", "'application/x-www-form-urlencoded'")
        templates = {"application/json": "Action=SendMessage&MessageBody=hi"}
        made = mapping(templates=templates, parameters=(form,))
        _, recording = noted(ServiceIntegration("sqs", uri, "POST", "", made), backend, body=b"{}")
    call = recording.backend
    assert call is not None
    assert (call.operation, call.resource, call.made) == ("SendMessage", "jobs", ("sqs:m-1",))


def test_steps_before_an_error_are_noted() -> None:
    exchange = rest_exchange(body=b"{}")
    exchange.trace.notes = CallNotes()
    made = mapping(response("2\\d\\d", 200), templates={"application/json": '{"statusCode": 500}'})
    with pytest.raises(GatewayError, match="API_CONFIGURATION_ERROR"):
        handler_of(MappedMock(made)).invoke(exchange)
    assert titles(exchange) == ["request template for application/json", "answer of the backend"]


def test_nothing_is_noted_of_a_call_that_nobody_records() -> None:
    exchange = rest_exchange(body=b"{}")
    handler_of(MappedMock(mapping(templates={"application/json": '{"statusCode": 200}'}))).invoke(exchange)
    assert exchange.trace.notes is None
