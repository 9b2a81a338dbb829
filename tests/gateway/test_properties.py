"""What holds for any request and any answer, however odd."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.gateway.auth import Authorization
from homeport.gateway.context import Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import event as event_v2
from homeport.gateway.http_api import event_v1
from homeport.gateway.http_api import gateway_responses as http_responses
from homeport.gateway.http_api import reply as http_reply
from homeport.gateway.rest_api import event as rest_event
from homeport.gateway.rest_api import gateway_responses as rest_responses
from homeport.gateway.rest_api import reply as rest_reply
from homeport.gateway.routing import Router
from homeport.project.model import GatewayResponse
from tests.support.gateway import (
    make_context,
    make_deployment,
    make_invocation,
    make_match,
    make_operation,
    make_request,
)

_LINE_BREAK = re.compile(r"[\r\n\x00]")

WIRE = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
METHODS = st.sampled_from(["GET", "POST", "HEAD", "get", "TRACE", "M-SEARCH", "$default", "ANY"])
SEGMENTS = ["items", "special", "parts", "prod", "café", "{id}", "{proxy+}", ".", "..", "é", "limit=2"]
SIGNS = ["/", "//", "%2F", "%", "%C3%A9", "%FF", "%00", "%2", "%0D%0A", "+", "*", "?", "&", "=", ";"]
PIECES = st.sampled_from(SEGMENTS + SIGNS)
STARTS = st.sampled_from(["/", "/prod/", "/prod/items/", "/prod/?", "//prod//", "*", "http://h/prod/", "h:443", ""])
TARGETS = st.builds(str.__add__, STARTS, st.lists(PIECES, max_size=8).map("".join)) | st.text(WIRE, max_size=20)
NAMES = st.sampled_from(
    ["Host", "host", "Accept", "Content-Type", "Cookie", "X-Forwarded-For", "X-Amzn-Trace-Id", "Connection", "X-É", ""]
)
HEADERS = st.lists(st.tuples(NAMES, st.text(WIRE, max_size=12)), max_size=6).map(tuple)
REQUESTS = st.builds(
    Request,
    method=METHODS,
    target=TARGETS,
    headers=HEADERS,
    body=st.binary(max_size=12),
    source_ip=st.sampled_from(["192.0.2.1", "2001:db8::1"]),
    protocol=st.sampled_from(["HTTP/1.1", "HTTP/1.0"]),
    received=st.floats(min_value=0, max_value=4_000_000_000),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
ANSWERS = JSON | st.fixed_dictionaries(
    {"statusCode": st.sampled_from([200, 204, "404", 502])},
    optional={
        "headers": st.dictionaries(st.text(max_size=6) | st.sampled_from(["Date", "x-a", "Content-Type"]), SCALARS),
        "multiValueHeaders": st.dictionaries(st.text(max_size=6), st.lists(SCALARS, max_size=2), max_size=3),
        "cookies": st.lists(st.text(max_size=8), max_size=2),
        "body": SCALARS,
        "isBase64Encoded": st.booleans(),
    },
)
AUTHORIZATIONS = st.none() | st.builds(
    Authorization,
    kind=st.sampled_from(["jwt", "cognito", "lambda"]),
    values=st.dictionaries(st.text(max_size=6), JSON, max_size=3),
    scopes=st.none() | st.just(("read", "write")),
    principal_id=st.none() | st.text(max_size=6),
)
OPERATIONS = [
    make_operation(method=method, path=path)
    for method, path in [
        ("GET", "/"),
        ("ANY", "/items"),
        ("GET", "/items/{id}"),
        ("GET", "/items/{id}/parts/{part}"),
        ("POST", "/items/special"),
        ("GET", "/café"),
        ("ANY", "/{proxy+}"),
    ]
]
RESPONSE = GatewayResponse(
    None,
    headers={
        "X-Origin": "method.request.header.accept",
        "X-Query": "method.request.querystring.limit",
        "X-Path": "context.path",
    },
    templates={"application/json": "$context.error.messageString $context.path $method.request.header.cookie"},
)

few = settings(deadline=None)


def assert_writable(reply: Reply) -> None:
    """Every header line can be written to the socket and stays one line; so does the status."""
    assert 200 <= reply.status <= 599
    assert isinstance(reply.body, bytes)
    for name, value in reply.headers:
        assert re.fullmatch(r"[!-9;-~]+", name)
        assert not _LINE_BREAK.search(value)
        f"{name}: {value}".encode("latin-1")


def events_of(request: Request, exchange: Exchange) -> list[dict[str, Any]]:
    """Every event that can be built for a request whose route is known."""
    context = exchange.context
    match = exchange.match
    assert match is not None
    if context.deployment.flavor == "rest":
        return [
            rest_event.build_event(request, match, context),
            rest_event.build_authorizer_event(request, match, context, []),
            rest_event.build_token_authorizer_event(request, match, context, ["token"]),
        ]
    return [
        event_v2.build_event(request, match, context),
        event_v2.build_authorizer_event(request, match, context, ["token"]),
        event_v1.build_event(request, match, context),
        event_v1.build_authorizer_event(request, match, context, ["token"]),
    ]


@few
@given(REQUESTS, st.sampled_from(["http", "rest"]), st.sampled_from(["$default", "prod"]), AUTHORIZATIONS)
def test_any_request_is_matched_or_rejected_and_its_events_are_json(
    request: Request, flavor: Any, stage: str, authorization: Authorization | None
) -> None:
    operations = OPERATIONS
    if flavor == "http":
        operations = [*OPERATIONS, make_operation(method="ANY", path="$default")]
    deployment = make_deployment(flavor=flavor, stage=stage, stage_variables={"a": "b"}, binary_media_types=("a/*",))
    context = make_context(deployment=deployment, authorization=authorization, received=request.received)
    try:
        match = Router(operations, flavor, stage).match(request.method, request.target)
    except GatewayError as error:
        assert error.type is GatewayResponseType.NO_STAGE
        return
    if match is None:
        return
    for event in events_of(request, Exchange(request, context, match)):
        assert json.loads(json.dumps(event, allow_nan=False)) == event
        json.dumps(event, ensure_ascii=False).encode()


@few
@given(ANSWERS, REQUESTS, st.sampled_from([("http", "2.0"), ("http", "1.0"), ("rest", "1.0")]))
def test_any_proxy_response_becomes_a_writable_reply_or_a_gateway_error(
    answer: Any, request: Request, kind: tuple[Any, Any]
) -> None:
    flavor, payload_format = kind
    deployment = make_deployment(flavor=flavor, payload_format=payload_format, binary_media_types=("*/*",))
    to_reply = http_reply.to_reply if flavor == "http" else rest_reply.to_reply
    try:
        assert_writable(to_reply(make_invocation(answer), request, make_context(deployment=deployment)))
    except GatewayError as error:
        assert error.type in {
            GatewayResponseType.MALFORMED_PROXY_RESPONSE,
            GatewayResponseType.UNDECODABLE_PROXY_RESPONSE,
        }


@few
@given(st.binary(max_size=30), st.sampled_from([None, "Unhandled"]), st.sampled_from(["http", "rest"]))
def test_any_bytes_from_a_function_become_a_reply_or_a_gateway_error(
    payload: bytes, error: str | None, flavor: Any
) -> None:
    to_reply = http_reply.to_reply if flavor == "http" else rest_reply.to_reply
    context = make_context(deployment=make_deployment(flavor=flavor))
    try:
        assert_writable(to_reply(make_invocation(payload, error=error), make_request(), context))
    except GatewayError as error:
        assert error.type in {
            GatewayResponseType.FUNCTION_FAILED,
            GatewayResponseType.MALFORMED_PROXY_RESPONSE,
            GatewayResponseType.UNDECODABLE_PROXY_RESPONSE,
        }


@few
@given(
    REQUESTS, st.sampled_from(GatewayResponseType), st.sampled_from(["http", "rest"]), st.none() | st.text(max_size=12)
)
def test_any_gateway_response_can_be_written(
    request: Request, response_type: GatewayResponseType, flavor: Any, message: str | None
) -> None:
    responses = {"DEFAULT_4XX": RESPONSE, "DEFAULT_5XX": RESPONSE}
    context = make_context(deployment=make_deployment(flavor=flavor, gateway_responses=responses))
    error_reply = http_responses.error_reply if flavor == "http" else rest_responses.error_reply
    error = GatewayError(response_type, message=message, validation=message)
    assert_writable(error_reply(error, Exchange(request, context)))


@few
@given(st.text(max_size=12))
def test_a_path_parameter_arrives_decoded_in_http_apis_and_as_sent_in_rest_apis(value: str) -> None:
    encoded = f"x{quote(value, safe='')}"
    operation = make_operation(path="/items/{id}")
    request = make_request(target=f"/prod/items/{encoded}")
    seen = {}
    for flavor, build_event in (("http", event_v2.build_event), ("rest", rest_event.build_event)):
        context = make_context(deployment=make_deployment(flavor=flavor, stage="prod"))  # type: ignore[arg-type]
        match = make_match(request=request, operation=operation, deployment=context.deployment)
        seen[flavor] = build_event(request, match, context)["pathParameters"]
    assert seen == {"http": {"id": f"x{value}"}, "rest": {"id": encoded}}
