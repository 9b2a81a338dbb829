from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.context import CallTrace, Exchange
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.ids import resource_id
from homeport.gateway.observers.access_log import AccessLogFile, LoggedCall, access_log
from homeport.project.stages.log_format import log_format
from homeport.rotating_log import RotatingLogWriter
from homeport.runtime.api import Invocation
from tests.support.gateway import (
    RECEIVED,
    SHORT_ID,
    UUID_ID,
    make_answered,
    make_context,
    make_deployment,
    make_exchange,
    make_operation,
    make_request,
)
from tests.support.stages import make_stage

Flavor = Literal["http", "rest"]
REPLY = Reply(200, (), b"0123456789")
INVOCATION = Invocation(b"{}", None, request_id="fn-1", duration_ms=9.0, init_ms=None, log=b"")


def _exchange(
    flavor: Flavor,
    *,
    matched: bool = True,
    authorization: Authorization | None = None,
    agent: str = "curl/8",
    error: GatewayError | None = None,
) -> Exchange:
    base = "/prod" if flavor == "rest" else ""
    exchange = make_exchange(
        request=make_request(target=f"{base}/items/a%20b?x=1", headers=(("User-Agent", agent),), body=b"12345"),
        context=make_context(
            deployment=make_deployment(flavor=flavor),
            authorization=authorization,
            api_key="secret" if flavor == "rest" else None,
            api_key_id="k1" if flavor == "rest" else None,
        ),
        operation=make_operation() if matched else None,
    )
    return replace(exchange, trace=CallTrace(invocation=INVOCATION if error is None else None, error=error))


def _line(
    layout: str, flavor: Flavor, exchange: Exchange | None = None, reply: Reply = REPLY, *, tracing: bool = False
) -> str:
    call = LoggedCall(exchange or _exchange(flavor), reply, RECEIVED + 0.012)
    return access_log(layout, flavor, tracing=tracing)(call)


def test_a_line_of_an_http_api_in_our_default_format() -> None:
    assert json.loads(_line(log_format({}, "http"), "http")) == {
        "requestId": SHORT_ID,
        "sourceIp": "192.0.2.1",
        "requestTime": "22/Sep/2026:10:58:21 +0000",
        "httpMethod": "GET",
        "routeKey": "GET /items/{itemId}",
        "status": "200",
        "protocol": "HTTP/1.1",
        "responseLength": "10",
        "responseLatency": "12",
        "integrationLatency": "9",
        "integrationErrorMessage": "-",
    }


def test_a_line_of_a_rest_api_in_our_default_format() -> None:
    assert json.loads(_line(log_format({}, "rest"), "rest")) == {
        "requestId": UUID_ID,
        "extendedRequestId": SHORT_ID,
        "sourceIp": "192.0.2.1",
        "requestTime": "22/Sep/2026:10:58:21 +0000",
        "httpMethod": "GET",
        "resourcePath": "/items/{itemId}",
        "status": "200",
        "protocol": "HTTP/1.1",
        "responseLength": "10",
        "responseLatency": "12",
        "integrationLatency": "9",
        "message": "-",
    }


@pytest.mark.parametrize(
    ("layout", "line"),
    [
        (
            '$context.identity.sourceIp $context.identity.caller [$context.requestTime] "$context.httpMethod '
            '$context.path $context.protocol" $context.status $context.responseLength $context.requestId',
            f'192.0.2.1 - [22/Sep/2026:10:58:21 +0000] "GET /prod/items/a%20b HTTP/1.1" 200 10 {UUID_ID}',
        ),
        (
            '<request id="$context.requestId"> <status>$context.status</status></request>',
            f'<request id="{UUID_ID}"> <status>200</status></request>',
        ),
        ("$context.stage,$context.apiId,$context.requestTimeEpoch", "prod,a1b2c3d4e5,1790074701250"),
    ],
)
def test_clf_xml_and_csv_are_formats_as_any(layout: str, line: str) -> None:
    assert _line(layout, "rest") == line


@pytest.mark.parametrize(
    ("flavor", "name", "value"),
    [
        ("http", "accountId", "123456789012"),
        ("http", "domainName", "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"),
        ("http", "domainPrefix", "a1b2c3d4e5"),
        ("http", "path", "/items/a b"),
        ("http", "stage", "$default"),
        ("http", "dataProcessed", "15"),
        ("http", "integrationStatus", "200"),
        ("http", "integration.integrationStatus", "200"),
        ("http", "integration.status", "200"),
        ("http", "integration.latency", "9"),
        ("http", "integration.requestId", "fn-1"),
        ("http", "awsEndpointRequestId", "fn-1"),
        ("http", "identity.userAgent", "curl/8"),
        # Each flavor prints its own variables only.
        ("http", "resourcePath", "-"),
        ("http", "identity.apiKey", "-"),
        ("rest", "routeKey", "-"),
        ("rest", "dataProcessed", "-"),
        ("rest", "resourceId", resource_id("a1b2c3d4e5", "/items/{itemId}")),
        ("rest", "deploymentId", "d1e2f3"),
        ("rest", "identity.apiKey", "secret"),
        ("rest", "identity.apiKeyId", "k1"),
        ("rest", "endpointType", "REGIONAL"),
        ("rest", "isCanaryRequest", "false"),
        ("rest", "wafResponseCode", "-"),
        ("rest", "xrayTraceId", "-"),
        ("rest", "no.such.thing", "-"),
        ("rest", "authorizer.claims.sub", "-"),
        ("rest", "authorizer.principalId", "-"),
    ],
)
def test_a_variable_has_its_value_or_a_dash(flavor: Flavor, name: str, value: str) -> None:
    assert _line(f"$context.{name}", flavor) == value


def test_a_traced_stage_knows_its_trace() -> None:
    assert _line("$context.xrayTraceId", "rest", tracing=True) == "1-6ab250cd-00112233445566778899aabb"


@pytest.mark.parametrize(
    ("flavor", "authorization", "layout", "line"),
    [
        (
            "http",
            Authorization("jwt", {"sub": "u1", "exp": 1787996002, "roles": ["a", "b"]}),
            "$context.authorizer.claims.sub $context.authorizer.claims.exp $context.authorizer.claims.roles "
            "$context.authorizer.claims $context.authorizer.sub",
            "u1 1787996002 [a b] - -",
        ),
        (
            "rest",
            Authorization("lambda", {"tenant": "t1", "numKey": 1, "boolKey": True}, principal_id="user-1"),
            "$context.authorizer.principalId $context.authorizer.tenant $context.authorizer.numKey "
            "$context.authorizer.boolKey $context.authorizer.claims.tenant",
            "user-1 t1 1 true -",
        ),
        ("rest", Authorization("cognito", {"sub": "u1"}), "$context.authorizer.claims.sub", "u1"),
    ],
)
def test_claims_and_context_values_are_logged(
    flavor: Flavor, authorization: Authorization, layout: str, line: str
) -> None:
    assert _line(layout, flavor, _exchange(flavor, authorization=authorization)) == line


def test_the_functions_status_is_not_that_of_the_lambda_service() -> None:
    layout = "$context.integration.status $context.integration.integrationStatus"
    assert _line(layout, "http", reply=Reply(201, (), b"")) == "201 200"


def test_an_error_of_the_gateway_has_its_type_message_and_validation() -> None:
    error = GatewayError(GatewayResponseType.BAD_REQUEST_BODY, validation='["a"]')
    layout = (
        '{"m":"$context.error.message","s":$context.error.messageString,"t":"$context.error.responseType",'
        '"v":"$context.error.validationErrorString","r":"$context.resourcePath","l":"$context.integrationLatency"}'
    )
    assert json.loads(_line(layout, "rest", _exchange("rest", matched=False, error=error))) == {
        "m": "Invalid request body",
        "s": "Invalid request body",
        "t": "BAD_REQUEST_BODY",
        "v": '["a"]',
        "r": "-",
        "l": "-",
    }


def test_a_client_can_not_break_the_line() -> None:
    agent = 'a"b\\c\x1b[31m\x9b{}$context.status'
    line = _line('{"agent":"$context.identity.userAgent"}', "http", _exchange("http", agent=agent))
    assert json.loads(line) == {"agent": agent}
    assert line.isprintable()


def test_a_format_without_variables_is_its_own_line() -> None:
    assert _line("%s {0} $contextual", "http") == "%s {0} $contextual"


def test_the_file_has_a_line_for_every_call_in_order(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "access.log"
    files = RotatingLogWriter()
    log = AccessLogFile(make_stage(), file, files)
    for status in range(200, 240):
        log.on_reply(make_answered(make_exchange(), Reply(status, (), b"{}")))
    files.flush()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["status"] for line in lines] == [str(status) for status in range(200, 240)]
    assert lines[0]["responseLength"] == "2"
