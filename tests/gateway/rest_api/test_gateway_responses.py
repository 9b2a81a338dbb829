from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.rest_api.gateway_responses import error_reply
from homeport.http_headers import Header
from homeport.project.model import GatewayResponse
from tests.support.gateway import (
    SHORT_ID,
    TRACE_ID,
    UUID_ID,
    make_context,
    make_deployment,
    make_exchange,
    make_operation,
    make_request,
)

JSON = ("Content-Type", "application/json")
OPERATION = make_operation(path="/items/{itemId}")


def reply_with(
    responses: Mapping[str, GatewayResponse],
    error: GatewayError,
    *,
    headers: list[Header] | None = None,
    target: str = "/prod/items/1",
    **changes: Any,
) -> Reply:
    """The reply without the ids, which are always there and always first."""
    variables = {"note": "spare"}
    deployment = make_deployment(flavor="rest", gateway_responses=responses, stage_variables=variables)
    request = make_request(target=target, headers=headers or [])
    context = make_context(deployment=deployment, **changes)
    reply = error_reply(error, make_exchange(request=request, context=context, operation=OPERATION))
    assert reply.headers[:2] == (("x-amzn-RequestId", UUID_ID), ("x-amz-apigw-id", SHORT_ID))
    return Reply(reply.status, reply.headers[2:], reply.body)


def render(template: str, error: GatewayError | None = None, **changes: Any) -> str:
    response = GatewayResponse(None, templates={"application/json": template})
    error = error or GatewayError(
        GatewayResponseType.BAD_REQUEST_BODY, validation='[object has missing required properties (["name"])]'
    )
    return reply_with({"BAD_REQUEST_BODY": response}, error, **changes).body.decode()


def header_of(expression: str, **changes: Any) -> str | None:
    response = GatewayResponse(None, headers={"X-Probe": expression})
    reply = reply_with({"BAD_REQUEST_BODY": response}, GatewayError(GatewayResponseType.BAD_REQUEST_BODY), **changes)
    return dict(reply.headers).get("X-Probe")


def test_a_gateway_response_sets_status_headers_and_body() -> None:
    response = GatewayResponse(
        status=422,
        headers={"Access-Control-Allow-Origin": "'*'", "X-Request": "context.requestId"},
        templates={"application/json": '{"error": $context.error.messageString}'},
    )
    headers = (
        ("x-amzn-ErrorType", "BadRequestException"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Request", UUID_ID),
        JSON,
    )
    expected = Reply(422, headers, b'{"error": "Invalid request body"}')
    assert reply_with({"BAD_REQUEST_BODY": response}, GatewayError(GatewayResponseType.BAD_REQUEST_BODY)) == expected


def test_parts_that_a_gateway_response_leaves_out_keep_their_defaults() -> None:
    response = GatewayResponse(None, headers={"X-A": "'b'"})
    headers = (("x-amzn-ErrorType", "ForbiddenException"), ("X-A", "b"), JSON)
    expected = Reply(403, headers, b'{"message":"Forbidden"}')
    assert reply_with({"INVALID_API_KEY": response}, GatewayError(GatewayResponseType.INVALID_API_KEY)) == expected


@pytest.mark.parametrize(
    ("type", "status"),
    [
        (GatewayResponseType.BAD_REQUEST_BODY, 481),  # its own type comes before the default
        (GatewayResponseType.BAD_REQUEST_PARAMETERS, 499),
        (GatewayResponseType.NO_ROUTE, 499),
        (GatewayResponseType.THROTTLED, 499),
        (GatewayResponseType.EXPLICITLY_DENIED, 499),
        (GatewayResponseType.MALFORMED_PROXY_RESPONSE, 599),
        (GatewayResponseType.INTEGRATION_TIMEOUT, 599),
        (GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR, 599),
    ],
)
def test_a_type_without_its_own_response_takes_the_default_of_its_class(type: GatewayResponseType, status: int) -> None:
    responses = {
        "DEFAULT_4XX": GatewayResponse(499),
        "DEFAULT_5XX": GatewayResponse(599),
        "BAD_REQUEST_BODY": GatewayResponse(481),
    }
    assert reply_with(responses, GatewayError(type)).status == status


@pytest.mark.parametrize(
    "type",
    [GatewayResponseType.NO_STAGE, GatewayResponseType.INTEGRATION_TOO_LARGE],
)
def test_response_types_that_aws_does_not_customize_stay_as_they_are(type: GatewayResponseType) -> None:
    everything = {"DEFAULT_4XX": GatewayResponse(499), "DEFAULT_5XX": GatewayResponse(599)}
    assert reply_with(everything, GatewayError(type)) == reply_with({}, GatewayError(type))


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ("$context.error.message", "Invalid request body"),
        ("$context.error.messageString", '"Invalid request body"'),
        ("$context.error.responseType", "BAD_REQUEST_BODY"),
        ('"$context.error.validationErrorString"', '"[object has missing required properties (["name"])]"'),
        ("${context.error.responseType}s", "BAD_REQUEST_BODYs"),
        ("$context.requestId", UUID_ID),
        ("$context.extendedRequestId", SHORT_ID),
        ("$context.httpMethod $context.resourcePath $context.path", "GET /items/{itemId} /prod/items/1"),
        ("$context.stage", "prod"),
        ("$context.identity.sourceIp", "192.0.2.1"),
        ("$context.xrayTraceId", TRACE_ID),
        ("$stageVariables.note", "spare"),
        ("$method.request.path.itemId", "1"),
        ("$method.request.querystring.limit", "2"),
        ("$method.request.header.x-who", "Zoe"),
        ("[$context.nothing.here]", "[]"),
        ("$context.error.message.$", "Invalid request body.$"),
        ("$5 $util.escapeJavaScript('a') #if(true)", "$5 $util.escapeJavaScript('a') #if(true)"),
    ],
)
def test_a_template_has_its_variables_replaced(template: str, body: str) -> None:
    assert render(template, target="/prod/items/1?limit=2", headers=[("X-Who", "Zoe")]) == body


def test_a_message_with_quotes_is_quoted_in_its_message_string_alone() -> None:
    error = GatewayError(GatewayResponseType.BAD_REQUEST_BODY, message='say "please"')
    assert render("$context.error.message | $context.error.messageString", error) == (
        'say "please" | "say \\"please\\""'
    )


def test_a_template_can_use_the_authorizers_context() -> None:
    authorization = Authorization("lambda", {"reason": "asleep"}, principal_id="user-1")
    template = "$context.authorizer.reason $context.authorizer.principalId"
    assert render(template, authorization=authorization) == "asleep user-1"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML; q=0.2, application/json", "text/html"),
        ("image/png", "application/json"),
    ],
)
def test_the_first_accepted_type_chooses_the_template(accept: str | None, chosen: str) -> None:
    templates = {"text/html": "text/html", "application/json": "application/json"}
    headers = [] if accept is None else [("Accept", accept)]
    responses = {"DEFAULT_4XX": GatewayResponse(None, templates=templates)}
    reply = reply_with(responses, GatewayError(GatewayResponseType.NO_ROUTE), headers=headers)
    assert (dict(reply.headers)["Content-Type"], reply.body.decode()) == (chosen, chosen)


def test_without_a_json_template_the_first_one_serves_all() -> None:
    responses = {"DEFAULT_4XX": GatewayResponse(None, templates={"text/plain": "no", "text/html": "<p>no"})}
    reply = reply_with(responses, GatewayError(GatewayResponseType.NO_ROUTE), headers=[("Accept", "image/png")])
    assert reply.headers[1:] == (("Content-Type", "text/plain"),)
    assert reply.body == b"no"


def test_a_content_type_among_the_headers_replaces_the_templates() -> None:
    response = GatewayResponse(
        None, headers={"content-type": "'application/problem+json'"}, templates={"application/json": "{}"}
    )
    reply = reply_with({"DEFAULT_4XX": response}, GatewayError(GatewayResponseType.NO_ROUTE))
    assert reply.headers[1:] == (("content-type", "application/problem+json"),)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'static text'", "static text"),
        ("''", ""),
        ("'it''s'", "it''s"),
        ("'*'", "*"),
        ("context.stage", "prod"),
        ("stageVariables.note", "spare"),
        ("method.request.header.Origin", "https://a.example"),
        ("method.request.querystring.limit", "2"),
        ("method.request.path.itemId", "1"),
        ("method.request.header.absent", None),
        ("context.absent", None),
        ("'line\r\nbreak'", "line break"),
        ("method.request.querystring.evil", "a b: c"),
        ("'é'", "é".encode().decode("latin-1")),
    ],
)
def test_a_header_is_a_quoted_text_or_a_variable(expression: str, value: str | None) -> None:
    target = "/prod/items/1?limit=2&evil=a%0D%0Ab:%20c"
    assert header_of(expression, target=target, headers=[("Origin", "https://a.example")]) == value


def test_a_request_without_a_route_has_no_path_parameters() -> None:
    response = GatewayResponse(
        None, templates={"application/json": "[$method.request.path.itemId$context.resourcePath]"}
    )
    context = make_context(deployment=make_deployment(flavor="rest", gateway_responses={"DEFAULT_4XX": response}))
    reply = error_reply(GatewayError(GatewayResponseType.NO_ROUTE), make_exchange(context=context))
    assert reply.body == b"[]"
