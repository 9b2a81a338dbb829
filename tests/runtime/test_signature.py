"""What goes to the embedded engine carries no signature; whatever goes elsewhere does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from homeport.runtime.worker.signature import spare
from tests.support.endpoint import Endpoint
from tests.support.runtime import Deploy

ENGINE = "http://127.0.0.1:8"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=key/\d{8}/eu-west-1/dynamodb/aws4_request, "
    r"SignedHeaders=host;x-amz-date(;x-amz-security-token)?;x-amz-target, Signature=(?P<signature>[0-9a-f]{64})"
)


@pytest.fixture(autouse=True)
def _unsigned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SigV4Auth, "add_auth", SigV4Auth.add_auth)
    spare(ENGINE)


def signed(url: str, kind: Callable[..., Any] = SigV4Auth) -> AWSRequest:
    request = AWSRequest("POST", url, {"X-Amz-Target": "DynamoDB_20120810.GetItem"}, b"{}")
    request.context["payload_signing_enabled"] = True
    kind(Credentials("key", "secret", "session"), "dynamodb", "eu-west-1").add_auth(request)
    return request


def signature(request: AWSRequest) -> str:
    found = AUTHORIZATION.fullmatch(request.headers["Authorization"])
    assert found is not None, request.headers["Authorization"]
    return found["signature"]


def test_the_engine_gets_the_usual_head_without_a_signature() -> None:
    request = signed(f"{ENGINE}/")
    assert signature(request) == "0" * 64
    assert request.headers["X-Amz-Security-Token"] == "session"
    assert re.fullmatch(r"\d{8}T\d{6}Z", request.headers["X-Amz-Date"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "https://dynamodb.eu-west-1.amazonaws.com/"])
def test_whatever_goes_elsewhere_is_signed(url: str) -> None:
    assert signature(signed(url)) != "0" * 64


def test_other_kinds_of_signatures_stay_as_they_are() -> None:
    assert "Signature=0000" not in signed(f"{ENGINE}/", S3SigV4Auth).headers["Authorization"]


def test_who_reads_botocores_log_of_signatures_finds_them(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "botocore.auth"):
        assert signature(signed(f"{ENGINE}/")) != "0" * 64
    assert "CanonicalRequest" in caplog.text


CODE = """
    import boto3

    client = boto3.client("dynamodb")
    sent = []
    client.meta.events.register("before-send", lambda request, **_: sent.append(request.headers["Authorization"]))

    def handler(event, context):
        client.get_item(TableName="t", Key={"id": {"S": "1"}})
        return sent.pop().decode()
"""


@pytest.mark.parametrize("embedded", [True, False])
def test_a_function_signs_for_every_engine_but_the_embedded_one(
    deploy: Deploy, dynamodb: Endpoint, embedded: bool
) -> None:
    function = deploy(
        CODE,
        rights={"*": ["GetItem"]},
        environment={"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url},
        unsigned=dynamodb.url if embedded else None,
    )
    assert function.invoke({}).payload.endswith(b"Signature=" + b"0" * 64 + b'"') is embedded
    assert dynamodb.operations == ["GetItem"]
