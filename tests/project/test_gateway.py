"""The document's settings of the gateway as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.project.cors import Cors
from homeport.project.model import Api, GatewayResponse, RequestValidator
from tests.support.spec import document, errors, load, operation, write_document

AMAZON = "x-amazon-apigateway-"


def spec(act: dict[str, Any] | None = None, **extensions: Any) -> dict[str, Any]:
    """A document with API Gateway's extensions, by the ends of their names."""
    return document({"/a": {"get": act or operation()}}, **{AMAZON + key: value for key, value in extensions.items()})


def api(root: Path, value: dict[str, Any], flavor: str = "rest") -> Api:
    """The API of a document."""
    return load(write_document(root, value, flavor=flavor)).api


def report(root: Path, value: dict[str, Any]) -> list[str]:
    """Return the problems that reading a document reports, without its lines."""
    return [line.partition("error: ")[2] for line in errors(write_document(root, value, flavor="rest"))]


VALIDATORS = {
    "all": {"validateRequestBody": True, "validateRequestParameters": True},
    "body": {"validateRequestBody": True},
}


def test_a_validator_is_the_operations_or_the_documents_and_a_rest_apis_only(tmp_path: Path) -> None:
    named: dict[str, Any] = {"request-validators": VALIDATORS, "request-validator": "all"}
    own = operation(**{f"{AMAZON}request-validator": "body"})
    assert api(tmp_path, spec(**named)).operations[0].validator == RequestValidator(True, True)
    assert api(tmp_path, spec(own, **named)).operations[0].validator == RequestValidator(True, False)
    assert api(tmp_path, spec(own, **named), "http").operations[0].validator is None


def test_binary_types_key_source_and_gateway_responses_are_read(tmp_path: Path) -> None:
    answer = {
        "statusCode": "401",
        "responseParameters": {"gatewayresponse.header.X-Why": "'no'", "gatewayresponse.header.Y": "context.requestId"},
        "responseTemplates": {"application/json": '{"m":$context.error.messageString}'},
    }
    extensions: dict[str, Any] = {
        "binary-media-types": ["image/png", "*/*", "application~1pdf", "*/test"],
        "api-key-source": "AUTHORIZER",
        "gateway-responses": {"UNAUTHORIZED": answer, "DEFAULT_5XX": {}},
    }
    found = api(tmp_path, spec(**extensions))
    assert found.binary_media_types == ("image/png", "*/*", "application/pdf", "*/test")
    assert found.api_key_source == "AUTHORIZER"
    assert found.gateway_responses == {
        "UNAUTHORIZED": GatewayResponse(
            401,
            {"X-Why": "'no'", "Y": "context.requestId"},
            {"application/json": '{"m":$context.error.messageString}'},
        ),
        "DEFAULT_5XX": GatewayResponse(None),
    }


CORS = {"allowOrigins": ["https://a.example"], "allowMethods": ["GET"], "maxAge": 5, "allowCredentials": True}


def test_the_stages_cors_overrides_parts_of_the_documents(tmp_path: Path) -> None:
    stages = "stages: {local: {cors: {allowOrigins: ['*'], allowCredentials: false, exposeHeaders: [X]}}}"
    root = write_document(tmp_path, spec(cors=CORS), stages=stages)
    assert load(root).api.cors == Cors(("*",), ("GET",), (), ("X",), 5, False)


def test_a_document_without_cors_has_no_cors(tmp_path: Path) -> None:
    assert api(tmp_path, spec()).cors is None
    assert api(tmp_path, spec(cors={})).cors is None


@pytest.mark.parametrize(
    ("extensions", "message"),
    [
        (
            {"request-validator": "al", "request-validators": VALIDATORS},
            "there is no request validator 'al' (did you mean all?)",
        ),
        (
            {"request-validators": {"all": {"validateBody": True}}},
            "unknown key 'validateBody' in a request validator (did you mean validateRequestBody?)",
        ),
        ({"binary-media-types": ["png"]}, "'png' is no media type (write it as image/png, image/* or */*)"),
        ({"binary-media-types": "*/*"}, f"'{AMAZON}binary-media-types' must be a list, not the text '*/*'"),
        ({"api-key-source": "QUERY"}, f"'{AMAZON}api-key-source' can't be 'QUERY' (known: AUTHORIZER, HEADER)"),
        (
            {"gateway-responses": {"UNAUTHORISED": {}}},
            "there is no gateway response 'UNAUTHORISED' (did you mean UNAUTHORIZED?)",
        ),
        (
            {"gateway-responses": {"THROTTLED": {"statusCode": 42}}},
            "'statusCode' can't be 42 (give an HTTP status such as 403)",
        ),
        (
            {"gateway-responses": {"THROTTLED": {"responseParameters": {"header.X": "'a'"}}}},
            "'header.X' sets no header (write it as gatewayresponse.header.NAME)",
        ),
        (
            {"gateway-responses": {"THROTTLED": {"responseParameters": {"gatewayresponse.header.X": "a"}}}},
            "'a' is no mapping expression (write \"'text'\", context.NAME or method.request.…)",
        ),
        (
            {"cors": {"allowOrigin": ["*"]}},
            "unknown key 'allowOrigin' in the CORS configuration (did you mean allowOrigins?)",
        ),
        ({"cors": {"allowOrigins": "*"}}, "'allowOrigins' must be a list, not the text '*'"),
        ({"cors": {"maxAge": 90000}}, "'maxAge' must be from -1 to 86400 seconds, not 90000"),
    ],
)
def test_a_setting_that_api_gateway_does_not_know_is_an_error(tmp_path: Path, extensions: Any, message: str) -> None:
    assert report(tmp_path, spec(**extensions)) == [message]
