"""Models: what of a schema API Gateway and CloudFormation take, meaning the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.cloud.template.build import build_template
from homeport.cloud.template.rest_models import Models
from homeport.errors import ProjectError
from homeport.gateway.rest_api.request_models import Draft4
from homeport.project.load import load_project
from tests.support.template import TABLES, made, project_of

VALUES: tuple[Any, ...] = (None, "", "a", "b", 1, Decimal("2.5"), True, [], ["a"], {}, {"a": None})


def cleaned(schema: Any, **schemas: Any) -> tuple[Any, dict[str, Any]]:
    models = Models({"components": {"schemas": schemas}})
    return models.of(schema), models.used


def holds_none(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_none, value.values()))
    return any(map(holds_none, value)) if isinstance(value, list) else value is None


def test_keywords_without_effect_on_validity_are_left_out() -> None:
    schema = {
        "type": "object",
        "title": "A thing",
        "description": "Words.",
        "example": {"description": "x"},
        "x-ours": 1,
        "properties": {
            "description": {"type": "string", "default": None, "description": "Words.", "minLength": 1},
            "example": {"enum": ["x", "title"]},
        },
    }
    assert cleaned(schema)[0] == {
        "type": "object",
        "properties": {"description": {"type": "string", "minLength": 1}, "example": {"enum": ["x", "title"]}},
    }


def test_references_to_models_stay_and_bring_their_models() -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    unused = {"type": "string"}
    reference, used = cleaned(tree, Tree=tree, Unused=unused)
    assert reference == {"$ref": "#/components/schemas/Tree"}
    assert used == {"Tree": tree}


def test_a_reference_into_a_model_is_unfolded() -> None:
    schemas = {"Thing": {"properties": {"name": {"type": "string", "maxLength": 5}}}}
    schema = {"properties": {"other": {"$ref": "#/components/schemas/Thing/properties/name"}}}
    assert cleaned(schema, **schemas) == ({"properties": {"other": {"type": "string", "maxLength": 5}}}, {})


@given(st.lists(st.sampled_from((None, "a", 1, True)), min_size=1, unique_by=repr), st.booleans())
def test_a_null_in_an_enum_is_said_without_null(enum: list[Any], typed: bool) -> None:
    schema = {"enum": enum, **({"type": "string"} if typed else {})}
    said = cleaned(schema)[0]
    assert not holds_none(said)
    before, after = Draft4(schema, {}), Draft4(said, {})
    assert [bool(before.messages(value)) for value in VALUES] == [bool(after.messages(value)) for value in VALUES]


def test_a_key_without_value_in_resources_yaml_is_an_error_at_its_line(tmp_path: Path) -> None:
    root = tmp_path / "project"
    project_of(root, made(resources=TABLES))
    (root / "deploy" / "resources.yaml").write_text("Resources:\n  News:\n    Type: AWS::SNS::Topic\n    Properties:\n")
    with pytest.raises(ProjectError, match=r"^deploy/resources.yaml:4: error: 'Properties' has no value"):
        build_template(load_project(root, "prod", {}))
