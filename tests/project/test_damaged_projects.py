"""Damaged files of a project: each is read or explained, and nothing raises."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.errors import ProjectError
from homeport.project.check import check_project
from homeport.project.load import load_project, read_project
from tests.support.spec import SPEC, change_copy, document, errors, operation, write_project

RICH: dict[str, Any] = document(
    {
        "/things": {
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
            "get": operation(
                security=[{"pool": ["read"]}],
                **{"x-homeport": {"access": {"Table": ["Query"]}, "memory": 256, "function": "group", "policies": []}},
            ),
        },
        "/{proxy+}": {
            "x-amazon-apigateway-any-method": {
                "x-homeport": {"handler": "act", "throttle": {"rate": 1, "burst": 1}},
                "responses": {"default": {"$ref": "#/components/responses/Done"}},
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
            }
        },
    },
    components={
        "responses": {"Done": {"description": "Done."}},
        "schemas": {"Thing": {"type": "object", "properties": {"more": {"$ref": "#/components/schemas/Thing"}}}},
        "securitySchemes": {
            "pool": {
                "type": "oauth2",
                "flows": {},
                "x-amazon-apigateway-authorizer": {"type": "jwt", "jwtConfiguration": {"audience": ["a"]}},
            },
            "own": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Token",
                "x-amazon-apigateway-authorizer": {"type": "request", "x-homeport": {"handler": "act"}},
            },
        },
    },
    **{
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 5},
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True}},
        "x-amazon-apigateway-gateway-responses": {
            "DEFAULT_4XX": {"statusCode": 400, "responseParameters": {"gatewayresponse.header.X": "'1'"}}
        },
    },
)
STAGES: dict[str, Any] = {
    "defaults": {"environment": {"KEY": "${KEY}"}, "throttle": {"rate": 1}, "cors": {"allowMethods": ["GET"]}},
    "stages": {
        "local": {
            "flavor": "rest",
            "usagePlans": {"p": {"rate": 1, "burst": 1, "quota": {"limit": 1, "period": "DAY"}}},
        },
        "prod": {"apiKeys": {"k": {"value": "${KEY}"}}, "accessLog": {"format": {"a": "$context.requestId"}}},
    },
}
TABLES: dict[str, Any] = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Conditions": {"Live": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": {"Fn::If": ["Live", "PAY_PER_REQUEST", "PAY_PER_REQUEST"]},
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
    },
}

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(
            None,
            True,
            0,
            -1,
            1.5,
            10**30,
            "",
            "x",
            "*",
            "/x",
            "${KEY}",
            "${NO}",
            "#/components/schemas/Thing",
            "x.yaml",
        ),
        *([], {}, [[]], [{}], ["a"], {"a": 1}, {"$ref": "#/paths"}, {"$ref": "#/"}, {"$ref": 1}, {"Ref": "x"}),
        *({"Fn::If": ["Live", 1, 2]}, {"Fn::Sub": "${x}"}, {"Fn::Select": [1, []]}, {"Fn::GetAtt": ["a", "b"]}),
    ]
)
KEYS = st.sampled_from(["", "x", "$ref", "x-amazon-apigateway-cors", "x-homeport", "Ref", "<<", "get", "type"])


def _containers(value: Any) -> list[Any]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, dict | list) and value else []
    return found + [container for child in children for container in _containers(child)]


@st.composite
def damage_value(draw: st.DrawFn, value: dict[str, Any]) -> dict[str, Any]:
    """A value with one to four things replaced, removed or renamed."""
    copied = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 4))):
        containers = _containers(copied)
        if not containers:
            break
        container = draw(st.sampled_from(containers))
        place = draw(st.sampled_from(list(container) if isinstance(container, dict) else range(len(container))))
        match draw(st.sampled_from(["replace", "remove", "rename"])):
            case "replace":
                container[place] = copy.deepcopy(draw(JUNK))
            case "rename" if isinstance(container, dict):
                container[draw(KEYS)] = container.pop(place)
            case _:
                del container[place]
    return copied


@pytest.mark.parametrize("stage", ["local", "prod"])
@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_project_is_read_or_explained_but_never_raises(
    tmp_path_factory: pytest.TempPathFactory, stage: str, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("project")
    write_project(root, spec=json.dumps(RICH), handlers=("act",))
    files = {"openapi.yaml": RICH, "deploy/stages.yaml": STAGES, "deploy/resources.yaml": TABLES}
    broken = data.draw(st.sampled_from(sorted(files)))
    for name, value in files.items():
        (root / name).write_text(json.dumps(data.draw(damage_value(value)) if name == broken else value))
    project, problems = read_project(root, stage, {"KEY": "k" * 20})
    assert project is not None or problems
    if project is not None:
        check_project(project)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(0, len(SPEC)), st.integers(0, 40))
def test_text_that_is_cut_into_pieces_is_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory, inserted: str, place: int, removed: int
) -> None:
    root = write_project(tmp_path_factory.mktemp("project"), spec=SPEC[:place] + inserted + SPEC[place + removed :])
    try:
        load_project(root, environ={})
    except ProjectError as error:
        assert all(problem.message and problem.file for problem in error.problems)


def test_the_undamaged_project_of_the_fuzz_test_is_valid(tmp_path: Path) -> None:
    root = write_project(tmp_path, spec=json.dumps(RICH), resources=json.dumps(TABLES), handlers=("act",))
    (root / "deploy/stages.yaml").write_text(json.dumps(change_copy(STAGES, lambda all_: all_["stages"].pop("prod"))))
    assert errors(root, environ={"KEY": "k"}) == []
