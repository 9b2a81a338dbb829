"""Integrations of HTTP APIs over a socket: proxies, services, and functions with parameter mapping."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.recording_backend import Backend, running_backend
from tests.support.served_api import served_api
from tests.support.spec import document

INTEGRATION = "x-amazon-apigateway-integration"


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


def routes(paths: dict[str, Any]) -> Any:
    """A document whose paths have an integration for any method each."""
    responses = {"default": {"description": "any"}}
    return document(
        {
            path: {"x-amazon-apigateway-any-method": {INTEGRATION: integration, "responses": responses}}
            for path, integration in paths.items()
        }
    )


def proxy(uri: str, **settings: Any) -> dict[str, Any]:
    return {"type": "http_proxy", "httpMethod": "ANY", "uri": uri, "payloadFormatVersion": "1.0", **settings}


def test_a_proxy_passes_the_whole_exchange(backend: Backend, tmp_path: Path) -> None:
    backend.status = 302
    backend.headers = (("location", "/elsewhere"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Server", "mine"))
    backend.body = b"\x00\xff"
    with served_api(tmp_path, routes({"/shop/{proxy+}": proxy(f"{backend.url}/v1/{{proxy}}")})) as api:
        sent = api.ask("PATCH", "/shop/a%20b?q=1&q=2", (("X-Own", "x"), ("Expect", "100-continue")), b"\xfe\x00")
    assert (sent.status, sent.body) == (302, b"\x00\xff")
    assert sent.header("location") == "/elsewhere"
    assert sent.values("set-cookie") == ["a=1", "b=2"]
    assert sent.header("server") == "mine"
    assert sent.header("apigw-requestid")
    seen = backend.last
    assert (seen.method, seen.target, seen.body) == ("PATCH", "/v1/a%20b?q=1&q=2", b"\xfe\x00")
    assert seen.header("host") == backend.url.partition("//")[2]
    assert (seen.header("x-own"), seen.header("expect")) == ("x", None)
    assert seen.header("forwarded") == "for=127.0.0.1;host=127.0.0.1;proto=https"
    assert seen.header("via") == "HTTP/1.1 AmazonAPIGateway"


def test_a_proxy_answers_head_and_no_content(backend: Backend, tmp_path: Path) -> None:
    with served_api(tmp_path, routes({"/a": proxy(backend.url)})) as api:
        assert api.ask("HEAD", "/a").status == 200
        backend.status = 204
        assert api.ask("GET", "/a").body == b""
    assert [seen.method for seen in backend.seen] == ["HEAD", "GET"]


def test_a_backend_that_is_not_there_is_503(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with served_api(tmp_path, routes({"/a": proxy(f"http://127.0.0.1:{port}")})) as api:
        found = api.ask("GET", "/a")
    assert (found.status, found.json()) == (503, {"message": "Service Unavailable"})


def test_a_backend_that_takes_too_long_is_503(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with served_api(tmp_path, routes({"/a": proxy(url, timeoutInMillis=50)})) as api:
            found = api.ask("GET", "/a")
    assert (found.status, found.json()) == (503, {"message": "Service Unavailable"})


def test_a_backend_that_speaks_no_http_is_503(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with served_api(tmp_path, routes({"/a": proxy(url)})) as api:
            asking = api.start("GET", "/a")
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-server\r\n\r\n")
            with asking:
                found = asking.read()
    assert found.status == 503


def send(queue: Any) -> dict[str, Any]:
    return {
        "type": "aws_proxy",
        "integrationSubtype": "SQS-SendMessage",
        "credentials": {"Fn::GetAtt": ["Sender", "Arn"]},
        "requestParameters": {"QueueUrl": queue, "MessageBody": "$request.body"},
        "responseParameters": {"200": {"overwrite:statuscode": "202"}},
    }


QUEUE = {"Resources": {"Orders": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders"}}}}


def test_a_queue_of_the_resources_gets_the_body(backend: Backend, tmp_path: Path) -> None:
    backend.headers, backend.body = (("Content-Type", "text/xml"),), b"<SendMessageResponse/>"
    with served_api(
        tmp_path,
        routes({"/orders": send({"Ref": "Orders"})}),
        resources=QUEUE,
        stages={"region": "eu-central-1"},
        service_url={"sqs": backend.url}.get,
    ) as api:
        found = api.ask("POST", "/orders", (), b'{ "id": 1 }')
    assert (found.status, found.header("content-type"), found.text) == (202, "text/xml", "<SendMessageResponse/>")
    assert backend.last.path == "/000000000000/orders"
    assert b"MessageBody=%7B+%22id%22%3A+1+%7D" in backend.last.body
    assert "/eu-central-1/sqs/aws4_request" in (backend.last.header("authorization") or "")


def test_a_value_that_only_aws_knows_ends_the_call(backend: Backend, tmp_path: Path) -> None:
    queue = {"Fn::ImportValue": "orders-queue"}
    with served_api(tmp_path, routes({"/orders": send(queue)}), service_url={"sqs": backend.url}.get) as api:
        found = api.ask("POST", "/orders", (), b"{}")
    assert (found.status, found.json()) == (500, {"message": "Internal Server Error"})
    assert backend.seen == []


def test_a_missing_parameter_is_400_and_a_failed_action_500(backend: Backend, tmp_path: Path) -> None:
    with served_api(
        tmp_path, routes({"/orders": send("https://queue/1/orders")}), service_url={"sqs": backend.url}.get
    ) as api:
        missing = api.ask("POST", "/orders")
        assert (missing.status, missing.json()) == (400, {"message": "Bad Request"})
        backend.status = 400
        failed = api.ask("POST", "/orders", (), b"{}")
        assert (failed.status, failed.json()) == (500, {"message": "Internal Server Error"})


def test_a_service_that_does_not_run_is_500(tmp_path: Path) -> None:
    with served_api(tmp_path, routes({"/orders": send("https://queue/1/orders")})) as api:
        assert api.ask("POST", "/orders", (), b"{}").status == 500


@pytest.mark.parametrize("payload_format", ["1.0", "2.0"])
def test_a_function_gets_the_mapped_request_and_its_own_context(payload_format: str, tmp_path: Path) -> None:
    mapped = {
        "type": "aws_proxy",
        "payloadFormatVersion": payload_format,
        "requestParameters": {
            "append:header.x-added": "$context.routeKey",
            "overwrite:querystring.q": "new",
            "overwrite:path": "/v2/$request.path.id",
        },
        "responseParameters": {"200": {"append:header.x-out": "$response.body.a", "overwrite:statuscode": "201"}},
    }
    spec = routes({"/items/{id}": mapped})
    spec["paths"]["/items/{id}"]["x-amazon-apigateway-any-method"]["operationId"] = "getItem"
    events: list[Any] = []

    def function(event: Any) -> Any:
        events.append(event)
        return {"statusCode": 200, "body": '{"a": "b"}'}

    with served_api(
        tmp_path,
        spec,
        stages={"stageName": "prod", "payloadFormat": payload_format},
        handlers=("get_item",),
        functions={"get-item": function},
    ) as api:
        found = api.ask("GET", "/prod/items/7?q=old")
    assert (found.status, found.header("x-out"), found.text) == (201, "b", '{"a": "b"}')
    [event] = events
    assert event["headers"]["x-added"] == "ANY /items/{id}"
    assert event["queryStringParameters"] == {"q": "new"}
    assert event["pathParameters"] == {"id": "7"}
    if payload_format == "2.0":
        assert (event["rawPath"], event["rawQueryString"]) == ("/v2/7", "q=new")
        assert event["requestContext"]["http"]["path"] == "/prod/items/7"
    else:
        assert (event["path"], event["requestContext"]["path"]) == ("/v2/7", "/prod/items/7")
    assert json.dumps(event)
