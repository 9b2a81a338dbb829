"""A project directory as a Project, or as everything that is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.errors import ProjectError
from homeport.project.integrations import LambdaProxy
from homeport.project.load import read_project
from homeport.project.model import Function, Operation, Parameter, RequestBody, Source, Stage
from homeport.project.source.yaml_text import read_yaml
from homeport.project.stages.traffic_keys import DEFAULT_THROTTLE
from tests.support.spec import (
    RESOURCES,
    SPEC,
    document,
    errors,
    line_of,
    load,
    operation,
    write_document,
    write_project,
)


def test_a_project_is_read_whole(tmp_path: Path) -> None:
    project = load(write_project(tmp_path))
    assert (project.api.title, project.api.version) == ("Things API", "1.0")
    assert project.api.operations[1:] == (
        Operation(
            id="createThing",
            method="POST",
            path="/things",
            integration=LambdaProxy("create-thing"),
            source=Source("openapi.yaml", line_of(SPEC, "    post:")),
            body=RequestBody(True, {"application/json": project.api.document["components"]["schemas"]["Thing"]}),
            responses={"201": {"description": "Made."}},
            handler="service.handlers.create_thing.handler",
        ),
        Operation(
            id="getThing",
            method="GET",
            path="/things/{thingId}",
            integration=LambdaProxy("get-thing"),
            source=Source("openapi.yaml", line_of(SPEC, "    get:\n      operationId: getThing")),
            parameters=(Parameter("thingId", "path", True, {"type": "string"}),),
            responses={"200": {"description": "The thing."}},
            handler="service.handlers.get_thing.handler",
        ),
    )
    assert project.api.functions["get-thing"] == Function(
        name="get-thing",
        handler="service.handlers.get_thing.handler",
        source=project.api.operations[2].source,
        operations=("getThing",),
        access={"ThingsTable": ("GetItem",), "ThingsTable/byOwner": ("Query",)},
    )
    assert list(project.resources.tables) == ["ThingsTable"]
    assert project.stage == Stage(
        key="local",
        stage_name="$default",
        flavor="http",
        payload_format="2.0",
        region="us-east-1",
        stack_name="things-api-local",
        throttle=DEFAULT_THROTTLE,
    )


def test_a_project_knows_its_files_and_folders(tmp_path: Path) -> None:
    project = load(write_project(tmp_path, files={"deploy/seed/local.json": "{}", "service/requirements.txt": ""}))
    assert project.root == tmp_path.resolve()
    assert project.service_dir == tmp_path / "service"
    assert project.data_dir == tmp_path / ".homeport"
    assert project.seed_file == tmp_path / "deploy/seed/local.json"
    assert project.requirements == tmp_path / "service/requirements.txt"


def test_only_openapi_yaml_must_be_there(tmp_path: Path) -> None:
    project = load(write_document(tmp_path, document({"/a": {"get": operation()}})))
    assert (project.seed_file, project.requirements, dict(project.resources.tables)) == (None, None, {})


def test_the_document_may_be_json(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "openapi.yaml").unlink()
    (tmp_path / "openapi.json").write_text(json.dumps(read_yaml(SPEC).value, indent=2))
    project = load(tmp_path)
    assert [operation.id for operation in project.api.operations] == ["listThings", "createThing", "getThing"]
    assert project.spec_file.name == "openapi.json"
    assert project.api.operations[1].source.line > 10


def test_every_problem_of_every_file_is_reported_at_once(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        spec=SPEC.replace("operationId: getThing", "operationId: get Thing").replace("PutItem", "PutItm"),
        stages="stages:\n  local: {memry: 5}\n",
        resources=RESOURCES.replace("KeyType: HASH}\n", "KeyType: HSH}\n", 1),
        handlers=("create_thing",),
    )
    with pytest.raises(ProjectError) as caught:
        load(tmp_path)
    assert [(problem.file, problem.message) for problem in caught.value.problems] == [
        ("deploy/resources.yaml", "'KeyType' can't be 'HSH'"),
        ("deploy/stages.yaml", "unknown key 'memry' in a stage"),
        ("openapi.yaml", "the handler service/handlers/list_things.py does not exist"),
        ("openapi.yaml", "'PutItm' is no action on DynamoDB items"),
        ("openapi.yaml", "the operationId 'get Thing' can't name a handler"),
    ]


def test_a_resources_file_that_can_not_be_read_hides_no_other_problem(tmp_path: Path) -> None:
    write_project(tmp_path, resources="Resources: [1, 2", handlers=("create_thing", "get_thing"))
    assert errors(tmp_path) == [
        "deploy/resources.yaml:1: error: not YAML: a bracket that is never closed, or a comma too few (close it)",
        f"openapi.yaml:{line_of(SPEC, 'operationId: listThings')}: error: the handler service/handlers/list_things.py "
        "does not exist (write it, with def handler(event, context), or name another in x-homeport.handler)",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'openapi.yaml' must be an OpenAPI document, a map, not nothing"),
        ("[]", "'openapi.yaml' must be an OpenAPI document, a map, not a list"),
        ("a: 1", "this is no OpenAPI document: it has no 'openapi'"),
        ('swagger: "1.2"', "there is no OpenAPI 1.2 (Swagger)"),
        ("openapi: 3.2.0", "OpenAPI 3.2.0 is not what API Gateway imports"),
        ("openapi: 3.0", "'openapi' is a number here"),
        ("openapi: 4", "OpenAPI 4 is not what API Gateway imports"),
    ],
)
def test_a_document_other_than_openapi_3_0_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    root = write_project(tmp_path, spec=text)
    project, problems = read_project(root, environ={})
    assert project is None
    assert [problem.message for problem in problems] == [message]
    assert str(problems[0]).startswith("openapi.yaml")


def test_an_empty_document_is_an_error_that_names_the_missing_parts(tmp_path: Path) -> None:
    assert errors(write_project(tmp_path, spec="openapi: 3.0.3\ninfo: {version: 1}\n")) == [
        "openapi.yaml:2: error: the API has no info.title (give it one: it names the stack)",
        "openapi.yaml:1: error: the API has no paths (add one, such as /items with a get operation)",
    ]


def test_a_directory_without_a_project_is_an_error(tmp_path: Path) -> None:
    assert errors(tmp_path) == [
        "openapi.yaml: error: the project has no openapi.yaml, and nothing of AWS CDK, Chalice, SAM or CloudFormation, "
        "Serverless Framework or Terraform (check --project, or give --template FILE)"
    ]
    assert errors(tmp_path / "nowhere") == [
        f"{tmp_path / 'nowhere'}: error: there is no such directory (check --project)"
    ]


def test_two_documents_are_an_error(tmp_path: Path) -> None:
    assert errors(write_project(tmp_path, files={"openapi.json": "{}"})) == [
        "openapi.json: error: there is also openapi.yaml (keep one of them)"
    ]


def test_throttles_of_a_stage_replace_those_of_operations(tmp_path: Path) -> None:
    stages = """
        stages:
          local:
            throttle:
              routes: {listThings: {rate: 1, burst: 2}, "GET /things/{thingId}": {rate: 3, burst: 4}}
    """
    project = load(write_project(tmp_path, stages=stages))
    throttles = [operation.throttle for operation in project.api.operations]
    assert [(t.rate, t.burst) if t else None for t in throttles] == [(1.0, 2), None, (3.0, 4)]
    assert project.stage.throttle == DEFAULT_THROTTLE


def test_a_throttle_for_a_route_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    stages = "stages:\n  local:\n    throttle:\n      routes:\n        listThigs: {rate: 1, burst: 2}\n"
    assert errors(write_project(tmp_path, stages=stages)) == [
        "deploy/stages.yaml:5: error: there is no route 'listThigs' (did you mean listThings?)"
    ]


def test_auth_settings_for_an_unknown_scheme_are_an_error(tmp_path: Path) -> None:
    stages = "stages:\n  local:\n    auth: {pool: {issuer: https://issuer.example}}\n"
    assert errors(write_project(tmp_path, stages=stages)) == [
        "deploy/stages.yaml:3: error: openapi.yaml has no authorizer 'pool' (there are none)"
    ]
