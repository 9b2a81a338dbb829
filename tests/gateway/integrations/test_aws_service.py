"""Integrations with services of AWS, against a stand-in that keeps what it was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply
from homeport.gateway.integrations.aws_service import ServiceAddress, parse_uri
from homeport.project.integrations.rest_api import CustomMapping, ServiceIntegration
from tests.support.backend import Backend, running_backend
from tests.support.rest_calls import call, mapped, mapping

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


def ask(
    backend: Backend, rest: str, made: CustomMapping | None = None, *, method: str = "POST", **request: Any
) -> Reply:
    service = rest.partition(":")[0]
    uri = f"arn:aws:apigateway:eu-west-1:{rest}"
    integration = ServiceIntegration(service, uri, method, "", made or mapping())
    return call(integration, service_url=lambda name: f"{backend.url}/" if name == service else None, **request)


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("arn:aws:apigateway:eu-west-1:sqs:path/1/jobs", ServiceAddress("sqs", "eu-west-1", "/1/jobs", "")),
        ("arn:aws:apigateway:eu-west-1:sqs:path//1/jobs", ServiceAddress("sqs", "eu-west-1", "/1/jobs", "")),
        ("arn:aws:apigateway:eu-west-1:sns:path//", ServiceAddress("sns", "eu-west-1", "/", "")),
        ("arn:aws:apigateway:eu-west-1:my.s3:path/k?x=1", ServiceAddress("s3", "eu-west-1", "/my/k?x=1", "")),
        ("arn:aws-cn:apigateway::dynamodb:action/Query", ServiceAddress("dynamodb", "", "/", "Query")),
        ("arn:aws:apigateway:a:s3:action/Get&Bucket=b", ServiceAddress("s3", "a", "/?Bucket=b", "Get")),
    ],
)
def test_a_uri_names_a_service_and_a_path_or_an_action(uri: str, found: ServiceAddress) -> None:
    assert parse_uri(uri) == found


def test_an_action_of_a_json_service_has_its_target_and_its_version(backend: Backend) -> None:
    ask(backend, "dynamodb:action/PutItem", body=b'{"TableName": "t"}', headers=(("Content-Type", "application/json"),))
    (request,) = backend.seen
    assert (request.method, request.target, request.body) == ("POST", "/", b'{"TableName": "t"}')
    assert request.values("x-amz-target") == ["DynamoDB_20120810.PutItem"]
    assert request.values("content-type") == ["application/x-amz-json-1.0"]


def test_a_mapped_target_and_content_type_win(backend: Backend) -> None:
    made = mapping(
        parameters=(
            mapped("header", "X-Amz-Target", "'AmazonSQS.SendMessage'"),
            mapped("header", "Content-Type", "'application/x-amz-json-1.0'"),
        )
    )
    ask(backend, "sqs:path/", made, body=b"{}")
    assert backend.seen[0].values("x-amz-target") == ["AmazonSQS.SendMessage"]
    assert backend.seen[0].values("content-type") == ["application/x-amz-json-1.0"]


def test_an_action_of_a_query_service_is_in_the_query_with_its_version(backend: Backend) -> None:
    ask(backend, "sns:action/Publish", mapping(parameters=(mapped("querystring", "Message", "'a&b'"),)))
    assert parse_qs(urlsplit(backend.seen[0].target).query) == {
        "Action": ["Publish"],
        "Version": ["2010-03-31"],
        "Message": ["a&b"],
    }


def test_a_parameter_is_asked_for_in_both_protocols_and_answered_in_the_old_one(backend: Backend) -> None:
    backend.body = b'{"Parameter": {"Name": "p", "Value": "v"}}'
    made = mapping(parameters=(mapped("querystring", "Name", "'p'"), mapped("querystring", "WithDecryption", "'true'")))
    reply = ask(backend, "ssm:action/GetParameter", made)
    (request,) = backend.seen
    assert parse_qs(urlsplit(request.target).query)["Action"] == ["GetParameter"]
    assert request.values("x-amz-target") == ["AmazonSSM.GetParameter"]
    assert json.loads(request.body) == {"Name": "p", "WithDecryption": True}
    (response,) = json.loads(reply.body).values()
    assert response["GetParameterResult"] == {
        "Parameter": {"Name": "p", "Value": "v", "Selector": None, "SourceResult": None}
    }


def test_a_request_is_signed_for_the_service_and_its_region(backend: Backend) -> None:
    ask(backend, "sqs:path/1/jobs", mapping(parameters=(mapped("querystring", "a", "'ä b'"),)), body=b"x")
    (request,) = backend.seen
    (authorization,) = request.values("authorization")
    found = re.search(r"Credential=test/(\d{8})/eu-west-1/sqs/aws4_request, SignedHeaders=([^,]+)", authorization)
    assert found is not None
    headers = {name: value for name, value in request.headers if name.lower() in found[2].split(";")}
    again = AWSRequest(request.method, f"{backend.url}{request.target}", headers=headers, data=request.body)
    again.context["timestamp"] = request.values("x-amz-date")[0]
    signer = SigV4Auth(Credentials("test", "test", "test"), "sqs", "eu-west-1")
    canonical = signer.canonical_request(again)
    assert authorization.endswith(signer.signature(signer.string_to_sign(again, canonical), again))


def test_an_answer_of_a_query_service_in_xml_comes_out_as_json(backend: Backend) -> None:
    backend.headers = [("Content-Type", "text/xml")]
    backend.body = (
        b'<?xml version="1.0"?><SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        b"<SendMessageResult><MessageId>m</MessageId><MD5OfMessageBody>5</MD5OfMessageBody></SendMessageResult>"
        b"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendMessageResponse>"
    )
    made = mapping(parameters=(mapped("header", "Content-Type", f"'{FORM}'"),))
    assert json.loads(ask(backend, "sqs:path/1/jobs", made, body=b"Action=SendMessage").body) == {
        "SendMessageResponse": {
            "SendMessageResult": {
                "MD5OfMessageAttributes": None,
                "MD5OfMessageBody": "5",
                "MessageId": "m",
                "SequenceNumber": None,
            },
            "ResponseMetadata": {"RequestId": "r"},
        }
    }
    wants_xml = mapping(parameters=(*made.parameters, mapped("header", "Accept", "'application/xml'")))
    assert ask(backend, "sqs:path/1/jobs", wants_xml, body=b"Action=SendMessage").body == backend.body


def test_messages_and_errors_of_sqs_come_out_as_json(backend: Backend) -> None:
    backend.headers = [("Content-Type", "text/xml")]
    backend.body = (
        b"<ReceiveMessageResponse><ReceiveMessageResult><Message><Body>a</Body></Message><Message><Body>b</Body>"
        b"</Message></ReceiveMessageResult></ReceiveMessageResponse>"
    )
    found = json.loads(ask(backend, "sqs:path/1/jobs").body)
    assert found == {"ReceiveMessageResponse": {"ReceiveMessageResult": {"messages": [{"Body": "a"}, {"Body": "b"}]}}}
    backend.body = (
        b"<ErrorResponse><Error><Code>C</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
    assert json.loads(ask(backend, "sqs:path/1/jobs").body) == {
        "Error": {"Code": "C", "Message": "m"},
        "RequestId": "r",
    }


def test_any_is_the_clients_method(backend: Backend) -> None:
    made = mapping(parameters=(mapped("path", "key", "method.request.path.itemId"),))
    ask(backend, "s3:path/b/{key}", made, method="ANY", target="/prod/items/a%20b")
    ask(backend, "s3:path/b/{key}", made, method="GET", target="/prod/items/a%20b")
    assert [(seen.method, seen.target) for seen in backend.seen] == [("POST", "/b/a%20b"), ("GET", "/b/a%20b")]


def test_a_service_that_does_not_run_is_named() -> None:
    integration = ServiceIntegration("iot", "arn:aws:apigateway:a:iot:path/x", "GET", "", mapping())
    with pytest.raises(GatewayError, match="iot does not run here") as error:
        call(integration)
    assert error.value.type is GatewayResponseType.INTEGRATION_FAILURE


def test_a_mapped_authorization_fails_the_call(backend: Backend) -> None:
    with pytest.raises(GatewayError, match="Authorization"):
        ask(backend, "sqs:path/1/jobs", mapping(parameters=(mapped("header", "Authorization", "'x'"),)))
    assert backend.seen == []
