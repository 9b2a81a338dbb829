"""Extensions that one kind of API has and the other has not."""

from __future__ import annotations

from pathlib import Path

from tests.support.spec import document, operation, report


def test_a_rest_extension_is_named_once_on_http(tmp_path: Path) -> None:
    act = operation(**{"x-amazon-apigateway-request-validator": "all"})
    spec = document(
        {"/a": {"get": act}},
        **{
            "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True}},
            "x-amazon-apigateway-binary-media-types": ["*/*"],
        },
    )
    assert report(tmp_path, spec) == [
        "warning: an HTTP API has no request validators: bodies and parameters reach the function unchecked "
        "(remove it, or have a stage with flavor: rest)",
        "warning: an HTTP API has no binary media types: what is no text arrives as base64 by itself "
        "(remove it, or have a stage with flavor: rest)",
    ]
    assert report(tmp_path, spec, "rest") == []


def test_models_of_a_rest_api_have_plain_names_and_no_discriminator(tmp_path: Path) -> None:
    schemas = {
        "my-thing": {"type": "object"},
        "Pet": {
            "oneOf": [{"type": "object", "properties": {"discriminator": {"type": "string"}}}],
            "discriminator": {"propertyName": "a"},
        },
    }
    spec = document({"/a": {"get": operation()}}, components={"schemas": schemas})
    assert report(tmp_path, spec) == []
    assert report(tmp_path, spec, "rest") == [
        "error: a REST API's model can't have the name 'my-thing' (rename the schema: letters and digits only)",
        "error: a REST API's models have no 'discriminator' "
        "(remove it; oneOf alone says as much to the function's validator)",
    ]


def test_keywords_that_aws_does_not_promise_to_check_are_named_once(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": {"type": "integer", "format": "int32"}},
    }
    spec = document(
        {"/a": {"post": operation(requestBody={"content": {"application/json": {"schema": schema}}})}},
        components={"schemas": {"A": schema, "B": schema}},
        **{
            "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True}},
            "x-amazon-apigateway-request-validator": "all",
        },
    )
    assert report(tmp_path, spec, "rest") == [
        "warning: AWS documents additionalProperties, format int32 as unsupported in a REST API's models "
        "(let the function check them too)"
    ]


def test_null_that_a_rest_api_s_validator_refuses_is_a_warning(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    named = {"type": "array", "items": {"type": "string", "nullable": True}}
    more = {"properties": {"owner": named, "any": {"nullable": True}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Node"}, more]}
    paths = {
        path: {"post": operation(operationId=name, requestBody={"content": {kind: {"schema": schema}}})}
        for path, name, kind in (("/a", "act", "application/json"), ("/b", "other", "text/plain"))
    }
    key = "x-amazon-apigateway-request-validator"

    def lines(validator: str) -> list[str]:
        validators = {"all": {"validateRequestBody": True}, "none": {"validateRequestBody": False}}
        whole = {"components": {"schemas": {"Node": node}}, f"{key}s": validators, key: validator}
        return [line for line in report(tmp_path, document(paths, **whole), "rest", "other") if "null" in line]

    assert lines("all") == [
        "warning: POST /a refuses null for owner: a REST API's models ignore nullable (take the type out there and "
        "check it in the function, or let the validator not look at bodies)"
    ]
    assert lines("none") == []
