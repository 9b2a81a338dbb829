from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from homeport.contract.document.checks import document_findings
from tests.support.openapi_map import answer, api, line
from tests.support.spec import HANDLER, load, write_project

_NOTE = {
    "type": "object",
    "required": ["noteId", "owner", "text"],
    "properties": {"noteId": {"type": "string"}, "owner": {"type": "string"}, "text": {"type": "string"}},
}
_PAGE = {"type": "object", "properties": {"notes": {"type": "array", "items": {"$ref": "#/components/schemas/Note"}}}}


def _found(
    root: Path,
    projection: dict[str, Any],
    access: dict[str, Any],
    note: dict[str, Any] = _NOTE,
    store: str = "",
    **more: Any,
) -> list[str]:
    get = {"operationId": "listNotes", "responses": {"200": answer(_PAGE)}, "x-homeport": {"access": access}}
    properties = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "noteId", "AttributeType": "S"},
            {"AttributeName": "owner", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "noteId", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "byOwner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": projection,
            }
        ],
        **more,
    }
    resources = {"Resources": {"Notes": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    write_project(
        root,
        spec=yaml.safe_dump(api({"/notes": {"get": get}}, schemas={"Note": note})),
        resources=yaml.safe_dump(resources),
        handlers={"list_notes": f"{store}\n{HANDLER}"},
    )
    return [line(finding) for finding in document_findings(load(root))]


def test_list_of_an_index_that_lacks_a_required_property_is_an_error(tmp_path: Path) -> None:
    (found,) = _found(tmp_path, {"ProjectionType": "KEYS_ONLY"}, {"Notes/byOwner": ["Query"]})
    assert found.startswith(
        "error index-projects-what-the-list-shows: GET /notes reads Notes/byOwner, and nothing by key, "
        "though the index lacks text that Note requires (deploy/resources.yaml:2"
    )


@pytest.mark.parametrize(
    ("projection", "access"),
    [
        ({"ProjectionType": "ALL"}, {"Notes/byOwner": ["Query"]}),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"]}, {"Notes/byOwner": ["Query"]}),
        ({"ProjectionType": "KEYS_ONLY"}, {"Notes/byOwner": ["Query"], "Notes": ["BatchGetItem"]}),
    ],
)
def test_list_of_an_index_that_has_all_is_silent(
    tmp_path: Path, projection: dict[str, Any], access: dict[str, Any]
) -> None:
    assert _found(tmp_path, projection, access) == []


def test_keys_that_are_no_properties_say_nothing_of_them(tmp_path: Path) -> None:
    note = {**_NOTE, "required": ["text"], "properties": {"text": {"type": "string"}}}
    assert _found(tmp_path, {"ProjectionType": "KEYS_ONLY"}, {"Notes/byOwner": ["Query"]}, note) == []


def test_key_of_another_type_than_its_property_is_a_warning(tmp_path: Path) -> None:
    note = {**_NOTE, "properties": {**_NOTE["properties"], "noteId": {"type": "integer"}}}  # type: ignore[dict-item]
    (found,) = _found(tmp_path, {"ProjectionType": "ALL"}, {"Notes/byOwner": ["Query"]}, note)
    assert "Note.noteId is of type integer, and the key noteId of Notes of type S" in found


def test_expiry_under_another_name_than_the_ttl_is_an_error(tmp_path: Path) -> None:
    ttl = {"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}}
    access = {"Notes": ["PutItem"]}
    store = "ITEM = {'expiresAt': 5}"
    (found,) = _found(tmp_path / "a", {"ProjectionType": "ALL"}, access, store=store, **ttl)
    assert found.startswith("error expiry-is-ttl: the TTL attribute of Notes is 'ttl', and service/handlers/list_notes")
    (found,) = _found(tmp_path / "b", {"ProjectionType": "ALL"}, access, store=store)
    assert found.startswith("warning expiry-is-ttl: ")


@pytest.mark.stack
def test_template_without_words_for_path_parameters_is_silent(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Get:\n    Type: AWS::Serverless::Function\n"
        "    Properties:\n      Runtime: python3.13\n      Handler: app.handler\n      CodeUri: src\n"
        "      Events: {Get: {Type: HttpApi, Properties: {Path: '/notes/{id}', Method: get}}}\n"
    )
    assert document_findings(load(tmp_path)) == ()
