"""The flavor of a document whose stage names none, and the functions that its integrations name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeport.project.load import load_project
from homeport.project.openapi.flavor import flavor_of_document
from homeport.project.source.document import Document
from tests.support.spec import write_project

INTEGRATION = "x-amazon-apigateway-integration"
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:my-fn"


def document(*integrations: Any, **extra: Any) -> dict[str, Any]:
    paths = {
        f"/p{number}": {"get": {INTEGRATION: integration, "responses": {}}}
        for number, integration in enumerate(integrations)
    }
    return {"openapi": "3.0.1", "info": {"title": "Exported", "version": "1"}, "paths": paths, **extra}


def proxy(**settings: Any) -> dict[str, Any]:
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": URI.format(ARN), **settings}


@pytest.mark.parametrize(
    ("spec", "flavor"),
    [
        (document(), "http"),
        (document({"type": "aws_proxy", "timeoutInMillis": 1000}), "http"),
        (document(proxy()), "rest"),
        (document(proxy(payloadFormatVersion="2.0")), "http"),
        (document(proxy(), proxy(payloadFormatVersion="1.0")), "http"),
        (document({"type": "aws_proxy", "integrationSubtype": "SQS-PurgeQueue", "uri": ""}), "http"),
        (document({"type": "mock"}), "rest"),
        (document({"type": "aws", "uri": "arn"}), "rest"),
        (document({"$ref": "#/components/x-amazon-apigateway-integrations/a"}), "http"),
        (
            document(
                {"$ref": "#/components/x-amazon-apigateway-integrations/a"},
                components={"x-amazon-apigateway-integrations": {"a": proxy()}},
            ),
            "rest",
        ),
        ({"swagger": "2.0", "info": {}, "paths": {}}, "rest"),
    ],
)
def test_a_document_is_for_the_api_that_imports_it(spec: dict[str, Any], flavor: str) -> None:
    assert flavor_of_document(Document("openapi.yaml", spec, {})) == flavor


def load(root: Path, spec: dict[str, Any], *handlers: str, **stage: Any) -> Any:
    stages = json.dumps({"stages": {"local": stage}})
    return load_project(
        write_project(root, spec=json.dumps(spec), stages=stages, resources=None, handlers=handlers), environ={}
    )


def test_the_stage_has_the_flavor_of_its_document_unless_it_names_one(tmp_path: Path) -> None:
    rest = load(tmp_path / "rest", document(proxy()), "my_fn").stage
    assert (rest.flavor, rest.stage_name, rest.payload_format) == ("rest", "local", "1.0")
    http = load(tmp_path / "http", document(proxy()), "my_fn", flavor="http").stage
    assert (http.flavor, http.stage_name, http.payload_format) == ("http", "$default", "2.0")


def test_a_function_arn_names_the_handler_of_all_its_operations(tmp_path: Path) -> None:
    api = load(tmp_path, document(proxy(), proxy()), "my_fn").api
    assert [operation.id for operation in api.operations] == ["getP0", "getP1"]
    assert list(api.functions) == ["my-fn"]
    function = api.functions["my-fn"]
    assert (function.handler, function.operations) == ("service.handlers.my_fn.handler", ("getP0", "getP1"))
    assert not function.generated


def test_an_operation_id_names_the_handler_if_there_is_one_of_its_name(tmp_path: Path) -> None:
    spec = document(proxy(), proxy())
    spec["paths"]["/p0"]["get"]["operationId"] = "listItems"
    spec["paths"]["/p1"]["get"]["operationId"] = "readItem"
    api = load(tmp_path, spec, "my_fn", "list_items").api
    assert {name: it.handler.rpartition(".")[0] for name, it in api.functions.items()} == {
        "list-items": "service.handlers.list_items",
        "my-fn": "service.handlers.my_fn",
    }
    assert [operation.id for operation in api.operations] == ["listItems", "readItem"]


def test_x_homeport_overrides_the_function_of_the_uri(tmp_path: Path) -> None:
    spec = document(proxy())
    spec["paths"]["/p0"]["get"]["x-homeport"] = {"handler": "other"}
    assert load(tmp_path, spec, "other").api.operations[0].handler == "service.handlers.other.handler"


def test_a_function_arn_with_a_stage_variable_is_named_by_its_last_part(tmp_path: Path) -> None:
    uri = URI.format("arn:aws:lambda:us-east-1:123456789012:function:my-fn:${stageVariables.alias}")
    assert list(
        load(tmp_path, document({"type": "aws_proxy", "httpMethod": "POST", "uri": uri}), "my_fn").api.functions
    ) == ["my-fn"]
