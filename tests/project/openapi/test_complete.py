"""The document of a template's API as other tools read it."""

from __future__ import annotations

from typing import Any

from homeport.project.openapi.complete import complete_document

ANY = "x-amazon-apigateway-any-method"


def test_operation_gets_the_variables_of_its_path_and_a_response() -> None:
    written: dict[str, Any] = {"paths": {"/notes/{id}": {"get": {}}}}
    operation = complete_document(written)["paths"]["/notes/{id}"]["get"]
    assert operation["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    ]
    assert list(operation["responses"]) == ["default"]
    assert written == {"paths": {"/notes/{id}": {"get": {}}}}


def test_parameters_and_responses_of_the_owner_stay() -> None:
    own = {"parameters": [{"name": "id", "in": "path"}], "responses": {"204": {"description": "gone"}}}
    assert complete_document({"paths": {"/notes/{id}": {"delete": own}}})["paths"]["/notes/{id}"]["delete"] == own


def test_route_for_any_method_and_the_rest_of_a_path_is_one_that_can_be_asked() -> None:
    found = complete_document({"paths": {"/{proxy+}": {ANY: {}}, "/$default": {ANY: {}}}})["paths"]
    assert list(found) == ["/{proxy}"]
    assert (list(found["/{proxy}"]), found["/{proxy}"]["get"]["parameters"][0]["name"]) == (["get"], "proxy")
