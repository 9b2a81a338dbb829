"""The way through the mappings of a custom integration, seen at a mock, which has no backend, and at its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations.custom.headers import FAILING_FOR_HTTP
from homeport.gateway.integrations.custom.mapper import BackendAnswer, CustomMapper, MappedRequest
from homeport.http_headers import Header, header_values
from homeport.project.integrations.rest_api import CustomMapping, MappedMock
from tests.support.gateway import make_deployment
from tests.support.rest_calls import call, handler_of, mapped, mapping, response, rest_exchange

STATUS = {"application/json": '{"statusCode": 200}'}


def request_of(made: CustomMapping, **request: Any) -> MappedRequest:
    return CustomMapper(made, FAILING_FOR_HTTP).request(rest_exchange(**request))


def answer(made: CustomMapping, body: bytes, *headers: Header, **request: Any) -> Reply:
    mapper = CustomMapper(made, FAILING_FOR_HTTP)
    return mapper.reply(mapper.request(rest_exchange(**request)), BackendAnswer("200", headers, body))


def own_headers(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers if name.startswith("X-") and name != "X-Amzn-Trace-Id"}


@pytest.mark.parametrize(
    ("content_type", "passthrough", "templates", "outcome"),
    [
        ("text/csv", "when_no_match", {"application/json": "T"}, b"body"),
        ("text/csv", "when_no_templates", {"application/json": "T"}, 415),
        ("text/csv", "when_no_templates", {}, b"body"),
        ("text/csv", "never", {}, 415),
        ("text/csv", "never", {"text/csv": "T"}, b"T"),
        ("Text/CSV; charset=utf-8", "never", {"text/csv": "T"}, b"T"),
        (None, "never", {"application/json": "T"}, b"T"),
        (None, "never", {"text/csv": "T"}, 415),
    ],
)
def test_the_content_type_chooses_the_template(
    content_type: str | None, passthrough: Any, templates: Mapping[str, str], outcome: bytes | int
) -> None:
    headers = (("Content-Type", content_type),) if content_type is not None else ()
    made = mapping(templates=templates, passthrough=passthrough)
    if isinstance(outcome, bytes):
        assert request_of(made, headers=headers, body=b"body").body == outcome
        return
    with pytest.raises(GatewayError) as error:
        request_of(made, headers=headers, body=b"body")
    assert error.value.type is GatewayResponseType.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    ("accept", "templates", "body"),
    [
        ("text/xml;q=0.1, application/json", {"application/json": "J", "text/xml": "X"}, b"X"),
        ("image/png", {"application/json": "J", "text/xml": "X"}, b"J"),
        (None, {"text/xml": "X", "text/csv": "C"}, b"X"),
        ("text/csv", {"text/xml": "X", "text/csv": "C"}, b"C"),
        ("text/csv", {}, b"raw"),
    ],
)
def test_accept_chooses_the_template_of_the_response(
    accept: str | None, templates: Mapping[str, str], body: bytes
) -> None:
    headers = (("Accept", accept),) if accept is not None else ()
    assert answer(mapping(response(templates=templates)), b"raw", headers=headers).body == body


def test_parameters_come_from_every_source() -> None:
    texts = {
        "path": "method.request.path.itemId",
        "query": "method.request.querystring.q",
        "queries": "method.request.multivaluequerystring.q",
        "header": "method.request.header.X-Own",
        "headers": "method.request.multivalueheader.x-own",
        "whole": "method.request.body",
        "part": "method.request.body.a.b[1]",
        "object": "method.request.body.a",
        "context": "context.resourcePath",
        "identity": "context.identity.sourceIp",
        "stage": "stageVariables.color",
        "static": "'it is'",
        "missing": "method.request.querystring.none",
        "missing-part": "method.request.body.a.c",
        "missing-context": "context.authorizer.principalId",
        "missing-stage": "stageVariables.none",
    }
    made = mapping(parameters=tuple(mapped("header", name, text) for name, text in texts.items()))
    found = request_of(
        made,
        target="/prod/items/7%20a?q=1&q=%C3%A4",
        headers=(("X-Own", "1"), ("X-Own", "2")),
        body=b'{"a": {"b": [1, 2.5]}}',
        deployment=make_deployment(flavor="rest", stage_variables={"color": "blue"}),
    )
    assert dict(found.parameters.headers) == {
        "path": "7 a",
        "query": "ä",
        "queries": "1,ä",
        "header": "2",
        "headers": "1,2",
        "whole": '{"a": {"b": [1, 2.5]}}',
        "part": "2.5",
        "object": '{"b":[1,2.5]}',
        "context": "/items/{itemId}",
        "identity": "192.0.2.1",
        "stage": "blue",
        "static": "it is",
    }


def test_an_empty_body_maps_as_an_object() -> None:
    made = mapping(parameters=(mapped("header", "b", "method.request.body"),))
    assert request_of(made).parameters.headers == (("b", "{}"),)


@pytest.mark.parametrize("template", ["$input.json('$.a')", "$input.path('$')"])
def test_a_template_of_a_broken_body_is_a_bad_request(template: str) -> None:
    with pytest.raises(GatewayError) as error:
        request_of(mapping(templates={"application/json": template}), body=b"{broken")
    assert error.value.type is GatewayResponseType.BAD_REQUEST


def test_a_template_of_a_broken_answer_is_a_fault_of_the_backend() -> None:
    with pytest.raises(GatewayError) as error:
        answer(mapping(response(templates={"application/json": "$input.json('$.a')"})), b"{broken")
    assert error.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


def test_a_faulty_template_fails_its_calls_alone_and_is_named_with_its_line() -> None:
    made = mapping(templates={"application/json": "\n#if(", "text/csv": "fine"})
    assert request_of(made, headers=(("Content-Type", "text/csv"),)).body == b"fine"
    with pytest.raises(GatewayError, match="the template for application/json is faulty: line 2") as error:
        request_of(made)
    assert error.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


def test_a_template_that_only_aws_knows_fails_its_calls() -> None:
    made = mapping(templates={"application/json": ""}, written_templates={"application/json": {"Fn::Sub": "${X.Y}"}})
    with pytest.raises(GatewayError, match="only AWS knows the template for application/json") as error:
        request_of(made)
    assert error.value.type is GatewayResponseType.API_CONFIGURATION_ERROR


def test_overrides_win_over_mappings() -> None:
    template = (
        '#set($context.requestOverride.header.X-A = "own")'
        '#set($context.requestOverride.querystring.q = "1 2")'
        '#set($context.requestOverride.path.id = "a b")'
        '#set($context.requestOverride.header["X-List"] = ["foo", "bar"])'
    )
    parameters = (
        *(mapped("header", "x-a", "'mapped'"), mapped("header", "X-B", "'stays'")),
        *(mapped("querystring", "q", "'mapped'"), mapped("path", "id", "'mapped'")),
    )
    found = request_of(mapping(parameters=parameters, templates={"application/json": template})).parameters
    assert dict(found.headers) == {"X-A": "own", "X-B": "stays", "X-List": "foo,bar"}
    assert found.query == (("q", "1 2"),)
    assert found.path == {"id": "a%20b"}


def test_an_override_of_a_failing_header_fails_too() -> None:
    template = '#set($context.requestOverride.header["Content-Length"] = "0")'
    with pytest.raises(GatewayError, match="Content-Length"):
        request_of(mapping(templates={"application/json": template}))


@pytest.mark.parametrize(("status", "sent"), [("404", 404), ("99", 200), ("600", 200), ('"404"', 200)])
def test_an_override_of_the_status_is_a_status(status: str, sent: int) -> None:
    template = f"#set($context.responseOverride.status = {status})"
    reply = answer(mapping(response(templates={"application/json": template})), b"{}")
    assert reply.status == sent


def test_an_override_of_a_response_header_replaces_the_mapped_one() -> None:
    template = '#set($context.responseOverride.header.x-own = "new")'
    made = mapping(response(X_Own="'old'", X_Other="'1'", templates={"application/json": template}))
    lines = answer(made, b"").headers
    assert header_values(lines, "x-own") == ["new"]
    assert header_values(lines, "x-other") == ["1"]


def test_headers_of_the_response_come_from_every_source() -> None:
    made = mapping(
        response(
            X_Header="integration.response.header.etag",
            X_Headers="integration.response.multivalueheader.Set-Cookie",
            X_Body="integration.response.body.a",
            X_Whole="integration.response.body",
            X_Context="context.stage",
            X_Static="'1'",
            X_None="integration.response.header.None",
        )
    )
    headers = (("ETag", '"1"'), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Secret", "1"))
    assert own_headers(answer(made, b'{"a": [true]}', *headers)) == {
        "X-Header": '"1"',
        "X-Headers": "a=1,b=2",
        "X-Body": "[true]",
        "X-Whole": '{"a": [true]}',
        "X-Context": "prod",
        "X-Static": "1",
    }


def test_a_mapped_content_type_replaces_json_and_other_headers_are_renamed() -> None:
    made = mapping(response(Content_Type="'text/html'", Server="'mine'"))
    lines = answer(made, b"").headers
    assert header_values(lines, "content-type") == ["text/html"]
    assert header_values(lines, "x-amzn-Remapped-Server") == ["mine"]


def test_a_binary_body_can_not_be_read_by_a_template() -> None:
    binary = make_deployment(flavor="rest", binary_media_types=("image/png",))
    headers = (("Content-Type", "image/png"), ("Accept", "image/png"))
    with pytest.raises(GatewayError, match="CONVERT_TO_TEXT"):
        request_of(mapping(templates={"image/png": "T"}), headers=headers, body=b"\x89", deployment=binary)
    made = mapping(response(templates={"application/json": "$input.body"}))
    with pytest.raises(GatewayError, match="CONVERT_TO_TEXT"):
        answer(made, b"\x89", ("Content-Type", "image/png"), headers=headers, deployment=binary)


def test_a_status_without_a_body_has_none() -> None:
    assert answer(mapping(response(status=204)), b"body").body == b""


def test_a_mock_answers_by_the_status_of_its_template() -> None:
    made = mapping(
        response("2..", 201, templates={"application/json": '{"id": "$input.params("itemId")"}'}),
        response(status=500),
        templates=STATUS,
    )
    reply = call(MappedMock(made))
    assert (reply.status, reply.body) == (201, b'{"id": "1"}')
    assert header_values(reply.headers, "x-amzn-trace-id") == []


def test_a_mock_without_a_status_fails() -> None:
    with pytest.raises(GatewayError, match="no integer statusCode"):
        call(MappedMock(mapping(templates={"application/json": "{}"})))


def test_overrides_of_a_request_template_reach_the_response_template() -> None:
    request = '#set($context.requestOverride.path.word = "carried"){"statusCode": 200}'
    made = mapping(
        response(templates={"application/json": "$context.requestOverride.path.word"}),
        templates={"application/json": request},
    )
    assert call(MappedMock(made)).body == b"carried"


def test_one_call_leaves_nothing_for_the_next() -> None:
    once = '#if($context.responseOverride.status != "")second#end#set($context.responseOverride.status = 201)'
    made = mapping(response(templates={"application/json": once}), templates=STATUS)
    handler = handler_of(MappedMock(made))
    assert [handler.invoke(rest_exchange()).body for _ in range(2)] == [b"", b""]
