"""openapi.yaml, deploy/ and service/ agree with each other and with the rules of this house."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from homeport.project.load import load_project
from homeport.project.schema.json_schema import to_json_schema
from homeport.project.schema.references import resolve_reference
from service.model import PROPERTIES, changes, new_item
from tests.support.service import ROOT

PROJECT = load_project(ROOT)
DOCUMENT = PROJECT.api.document
SCHEMAS = DOCUMENT["components"]["schemas"]
SOURCES = sorted((ROOT / "service").rglob("*.py"))


def nodes(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from nodes(child)


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resolve_reference(node["$ref"], DOCUMENT) if "$ref" in node else node
    return found


def answers() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each response, and where it is."""
    for operation in operations():
        for status, answer in operation["responses"].items():
            yield f"{operation['operationId']} {status}", resolved(answer)


def operations() -> Iterator[Mapping[str, Any]]:
    for path in DOCUMENT["paths"].values():
        yield from (operation for name, operation in path.items() if name != "parameters")


def media() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each operation takes and answers, by media type."""
    yield from ((name, answer.get("content", {})) for name, answer in answers())
    for operation in operations():
        yield operation["operationId"], resolved(operation.get("requestBody", {})).get("content", {})


def schema_names(answer: Mapping[str, Any]) -> set[str]:
    """The components that an answer consists of."""
    return {kind["schema"].get("$ref", "").rpartition("/")[2] for kind in answer.get("content", {}).values()}


def validator(schema: Mapping[str, Any], direction: Any) -> Any:
    return jsonschema_rs.Draft7Validator(to_json_schema(schema, DOCUMENT, direction), validate_formats=True)


def test_the_models_defaults_are_the_contracts() -> None:
    item = new_item({"name": "Widget"}, new_id="1", now=datetime(2026, 1, 31, tzinfo=UTC))
    declared = {
        name: resolve_reference(prop["$ref"], DOCUMENT)["default"]
        for name, prop in SCHEMAS["ItemInput"]["properties"].items()
        if "default" in resolve_reference(prop["$ref"], DOCUMENT)
    }
    assert declared == {name: item[name] for name in ("description", "price", "status", "tags")}
    assert changes(dict.fromkeys(declared)) == declared


def test_the_models_properties_are_the_contracts() -> None:
    assert list(PROPERTIES) == list(SCHEMAS["Item"]["properties"])
    written = set(SCHEMAS["ItemInput"]["properties"])
    assert set(SCHEMAS["ItemPatch"]["properties"]) == written - {"itemId"}
    assert written == set(PROPERTIES) - {"createdAt", "updatedAt", "version"}


def test_an_item_of_the_model_keeps_to_the_contract() -> None:
    item = new_item({"name": "Widget"}, new_id="1", now=datetime(2026, 1, 31, tzinfo=UTC))
    validator(SCHEMAS["Item"], "response").validate(item)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_has_limits(name: str) -> None:
    for schema in nodes(SCHEMAS[name]):
        kind = schema.get("type")
        if kind == "string" and "enum" not in schema:
            assert "maxLength" in schema
        if kind == "array":
            assert "maxItems" in schema
        if kind == "number":
            assert {"minimum", "maximum"} <= schema.keys()
        if kind == "integer":
            assert "minimum" in schema


def test_every_example_keeps_to_its_schema() -> None:
    checked = 0
    for media in (node for node in nodes(DOCUMENT) if "examples" in node and "schema" in node):
        sent = media["schema"].get("$ref", "").endswith(("Input", "Patch", "Ids"))
        direction = "request" if sent else "response"
        for example in media["examples"].values():
            example = resolve_reference(example["$ref"], DOCUMENT) if "$ref" in example else example
            validator(media["schema"], direction).validate(example["value"])
            checked += 1
    for node in (node for node in nodes(DOCUMENT) if "example" in node and ("type" in node or "schema" in node)):
        validator(node.get("schema", node), "response").validate(node["example"])
        checked += 1
    assert checked > 20


def test_every_body_has_an_example() -> None:
    for name, content in media():
        assert all(kind.get("examples") for kind in content.values()), name


def test_every_item_that_is_answered_leads_to_what_can_be_done_with_it() -> None:
    everything = {"getItem", "replaceItem", "changeItem", "deleteItem"}
    items = [answer for _, answer in answers() if "Item" in schema_names(answer)]
    assert len(items) == 5
    assert all(set(answer["links"]) == everything for answer in items)


def test_the_seed_keeps_to_the_contract() -> None:
    for item in json.loads((ROOT / "deploy" / "seed" / "local.json").read_text())["ItemsTable"]:
        validator(SCHEMAS["Item"], "response").validate(item)


def test_each_function_may_do_just_what_its_operation_needs() -> None:
    assert {name: dict(function.access) for name, function in PROJECT.api.functions.items()} == {
        "create-item": {"ItemsTable": ("PutItem",), "IdempotencyTable": ("PutItem",)},
        "get-item": {"ItemsTable": ("GetItem",)},
        "batch-get-items": {"ItemsTable": ("BatchGetItem",)},
        "list-items": {"ItemsTable": ("Scan",), "ItemsTable/byStatus": ("Query",)},
        "replace-item": {"ItemsTable": ("UpdateItem",)},
        "change-item": {"ItemsTable": ("UpdateItem",)},
        "delete-item": {"ItemsTable": ("DeleteItem",)},
    }


@pytest.mark.parametrize("name", ["ItemsTable", "IdempotencyTable"])
@pytest.mark.parametrize("stage", ["local", "prod"])
def test_tables_are_billed_by_request_encrypted_backed_up_and_protected_where_the_stage_says_so(
    name: str, stage: str
) -> None:
    properties = load_project(ROOT, stage).resources.tables[name].properties
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is (stage == "prod")


def test_receipts_end_by_themselves_and_items_do_not() -> None:
    tables = PROJECT.resources.tables
    assert tables["IdempotencyTable"].properties["TimeToLiveSpecification"] == {
        "AttributeName": "expiresAt",
        "Enabled": True,
    }
    assert "TimeToLiveSpecification" not in tables["ItemsTable"].properties


def test_the_routes_that_look_like_items_are_no_ids() -> None:
    beside = {path.rpartition("/")[2] for path in DOCUMENT["paths"] if path.startswith("/items/") and "{" not in path}
    assert set(SCHEMAS["ItemId"]["not"]["enum"]) == beside


def test_cors_allows_exactly_the_methods_and_headers_of_the_contract() -> None:
    cors = DOCUMENT["x-amazon-apigateway-cors"]
    methods = {name.upper() for path in DOCUMENT["paths"].values() for name in path if name != "parameters"}
    assert set(cors["allowMethods"]) == methods
    parameters = DOCUMENT["components"]["parameters"].values()
    asked = {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
    assert set(cors["allowHeaders"]) == {"content-type", *asked}
    told = {name.lower() for node in nodes(DOCUMENT["paths"]) for name in node.get("headers", ())} | {"retry-after"}
    assert set(cors["exposeHeaders"]) == told


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_service_imports_nothing_but_the_standard_library_boto3_and_itself(source: Any) -> None:
    allowed = {*sys.stdlib_module_names, "service"} | ({"boto3", "botocore"} if source.name == "store.py" else set())
    for node in ast.walk(ast.parse(source.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert {name.partition(".")[0] for name in names} <= allowed


@pytest.mark.stack
def test_a_cold_start_loads_only_boto3_and_what_that_needs() -> None:
    code = "import sys, service.handlers.create_item; print(*{name.partition('.')[0] for name in sys.modules})"
    variables = {"AWS_DEFAULT_REGION": "eu-west-1", "ITEMS_TABLE": "items", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if not name.startswith("_")} - sys.stdlib_module_names
    assert loaded & {"flask", "homeport", "fastjsonschema", "yaml"} == set()
    assert {"boto3", "botocore", "service"} <= loaded
