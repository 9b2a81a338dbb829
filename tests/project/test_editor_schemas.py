"""The JSON Schemas of a project's files: their files are current, and they say what the readers say."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from homeport.project.editor_schemas import SCHEMAS, schema_files, schema_text
from homeport.project.source.document import read_document
from homeport.project.source.yaml_text import read_yaml
from tests.support.invalid_settings import INVALID_SETTINGS
from tests.support.spec import RESOURCES, document, errors, operation, report, write_document, write_project

ROOT = Path(__file__).parents[2]
FILES = {"openapi": "openapi.yaml", "resources": "deploy/resources.yaml", "stages": "deploy/stages.yaml"}
PROJECTS = [
    ROOT,
    *(file.parent for pattern in ("*", "nodejs/*") for file in ROOT.glob(f"examples/{pattern}/openapi.yaml")),
]
WHOLE = [
    pytest.param(name, project / file, id=f"{project.name}-{name}")
    for project in PROJECTS
    for name, file in FILES.items()
    if (project / file).exists()
]

# What depends on another key, on the environment, or on the whole document.
ACROSS_KEYS = (
    "needs",
    "has no",
    "there is no usage plan",
    "payload format is always",
    "is not set (export it",
    "the environment is",
)


@cache
def validator(name: str) -> jsonschema_rs.Draft7Validator:
    """The validator of a schema."""
    return jsonschema_rs.Draft7Validator(SCHEMAS[name]())


@pytest.mark.parametrize("name", SCHEMAS)
def test_file_of_a_schema_is_that_of_the_tables(name: str) -> None:
    assert schema_files()[name].read_text(encoding="utf-8") == schema_text(name), "run: make reference"


@pytest.mark.parametrize(("name", "file"), WHOLE)
def test_files_of_the_examples_are_valid(name: str, file: Path) -> None:
    found, _ = read_document(file.parent, file.name)
    assert found is not None
    assert [error.message for error in validator(name).iter_errors(found.value)] == []


@pytest.mark.parametrize(("settings", "message"), INVALID_SETTINGS)
def test_setting_that_the_reader_refuses_is_not_valid(settings: str, message: str) -> None:
    inside = settings if settings.startswith("{") else f"{{{settings}}}"
    is_valid = validator("stages").is_valid(read_yaml(f"stages: {{local: {inside}}}").value)
    assert is_valid == any(words in message for words in ACROSS_KEYS), message


@pytest.mark.parametrize("text", ["[]", "stage: {}", "stages: []", "stages: {local: 5}", "defaults: 5"])
def test_file_of_stages_with_another_structure_is_not_valid(tmp_path: Path, text: str) -> None:
    assert errors(write_project(tmp_path, stages=text))
    assert not validator("stages").is_valid(read_yaml(text).value)


def test_stage_may_take_a_default_away() -> None:
    defaults = "{memory: 512, cors: {maxAge: 1}, domain: {name: a}}"
    text = f"defaults: {defaults}\nstages: {{local: {{memory: null, cors: {{maxAge: null}}}}, dev: null}}"
    assert validator("stages").is_valid(read_yaml(text).value)


def refused(root: Path, spec: dict[str, Any]) -> bool:
    """Return whether reading or checking the document finds an error."""
    return bool(errors(write_document(root, spec))) or any(line.startswith("error") for line in report(root, spec))


BAD_OPERATIONS: list[dict[str, Any]] = [
    {"sumary": "x"},
    {"deprecated": "yes"},
    {"responses": {"200": {}}},
    {"parameters": [{"name": "a", "in": "query", "schema": {"type": ["string", "null"]}}]},
    {"parameters": [{"name": "a", "in": "query", "schema": {"const": 5}}]},
    {"parameters": [{"name": "a", "in": "query", "schema": {"typ": "string"}}]},
    {"x-homeport": {"memry": 512}},
    {"x-homeport": {"memory": 64}},
    {"x-homeport": {"handler": 5}},
    {"x-homeport": {"function": "a b"}},
    {"x-homeport": {"timeout": 901}},
    {"x-homeport": {"throttle": {"rate": 5}}},
    {"x-homeport": {"throttle": {"rate": -1, "burst": 5}}},
    {"x-homeport": {"access": {"ItemsTable": ["Get"]}}},
    {"x-homeport": {"access": {"ItemsTable": "GetItem"}}},
    {"x-homeport": {"policies": [{"Effect": "Allow", "Action": "s3:GetObject"}]}},
    {"x-homeport": {"policies": [{"Effect": "Alow", "Action": "s3:GetObject", "Resource": "*"}]}},
    {"x-homeport": {"policies": [{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}]}},
    {"x-homeport": {"policies": [{"Effect": "Allow", "Action": "*", "Resource": "bucket"}]}},
    {"x-homeport": {"resource": {"role": "makes"}}},
    {"x-homeport": {"resource": {"filter": "none"}}},
    {"x-homeport": {"environment": {"AWS_REGION": "x"}}},
    {"x-homeport": {"environment": {"A-B": "x"}}},
    {"x-homeport": {"runtime": "python2.7"}},
    {"x-amazon-apigateway-cors": {"allowOrigins": ["*"]}},
    {"x-amazon-apigateway-integration": {"type": "aws_proxy", "urri": "x"}},
    {"x-amazon-apigateway-auth": {"typ": "AWS_IAM"}},
]


@pytest.mark.parametrize("change", BAD_OPERATIONS, ids=str)
def test_operation_that_is_refused_is_not_valid(tmp_path: Path, change: dict[str, Any]) -> None:
    spec = document({"/a": {"get": operation(**copy.deepcopy(change))}})
    assert refused(tmp_path, spec)
    assert not validator("openapi").is_valid(spec)


BAD_DOCUMENTS: list[dict[str, Any]] = [
    {"infos": {}},
    {"x-homeport": {"function": {}}},
    {"x-homeport": {"functions": {"ship-order": {"timeout": 0}}}},
    {"x-homeport": {"functions": {"ship-order": {"function": "x"}}}},
    {"x-amazon-apigateway-cors": {"allowOrigin": ["*"]}},
    {"x-amazon-apigateway-gateway-responses": {"DEFAULT_9XX": {}}},
    {"x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"status": 400}}},
    {"x-amazon-apigateway-request-validators": {"all": {"validateBody": True}}},
    {"x-amazon-apigateway-api-key-source": "HEADERS"},
    {"x-amazon-apigateway-security-policy": "TLS_1_2"},
]


@pytest.mark.parametrize("change", BAD_DOCUMENTS, ids=str)
def test_document_that_is_refused_is_not_valid(tmp_path: Path, change: dict[str, Any]) -> None:
    spec = {**document({"/a": {"get": operation()}}), **change}
    assert refused(tmp_path, spec)
    assert not validator("openapi").is_valid(spec)


def test_functions_of_cloudformation_are_valid_in_either_form() -> None:
    whole = RESOURCES.replace("PAY_PER_REQUEST", "{Ref: Mode}")
    assert validator("resources").is_valid(read_yaml(whole).value)
    # An editor sees the sequence behind !If.
    seen = RESOURCES.replace("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: [IsProd, true, false]")
    assert validator("resources").is_valid(read_yaml(seen).value)


@pytest.mark.parametrize("version", [{"openapi": "3.1.0"}, {"swagger": "2.0"}])
def test_extensions_are_looked_at_in_documents_of_other_versions(version: dict[str, str]) -> None:
    spec = {**version, "paths": {"/a": {"get": {"whatever": 1, "x-homeport": {"memory": 512}}}}}
    assert validator("openapi").is_valid(spec)
    spec["paths"]["/a"]["get"]["x-homeport"] = {"memry": 512}  # type: ignore[index]
    assert not validator("openapi").is_valid(spec)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("PAY_PER_REQUEST", "PAY_PER_REQEST"),
        ("KeyType: HASH", "KeyType: hash"),
        ("AttributeType: S", "AttributeTyp: S"),
        ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: [1]"),
        ("Properties:", "Propertys:"),
        ("Resources:", "Resource:"),
        ("          Projection: {ProjectionType: ALL}\n", ""),
    ],
)
def test_table_that_is_refused_is_not_valid(tmp_path: Path, before: str, after: str) -> None:
    assert validator("resources").is_valid(read_yaml(RESOURCES).value)
    assert errors(write_project(tmp_path, resources=RESOURCES)) == []
    changed = RESOURCES.replace(before, after)
    assert errors(write_project(tmp_path, resources=changed))
    assert not validator("resources").is_valid(read_yaml(changed).value)
