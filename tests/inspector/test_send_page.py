"""The page ``/send``: the operations of the document, an example of each, and the credentials that it asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jwt
import pytest

from homeport.errors import HomeportError
from homeport.inspector.send.credentials import (
    CredentialChoice,
    PreparedRequest,
    add_credentials,
    credential_needs,
    find_operation,
)
from homeport.inspector.send.operations import operation_groups
from homeport.project.load import load_project
from homeport.project.model import IamCaller
from homeport.project.project import Project
from tests.support.inspector import make_recording
from tests.support.project import notes_project, write_files
from tests.support.site import OWN, client_of, make_site

BASE = "http://127.0.0.1:8080"
SPEC = """
openapi: 3.0.3
info: {title: Notes, version: 1.0.0}
paths:
  /notes:
    get:
      operationId: listNotes
      tags: [notes]
      parameters:
        - {name: owner, in: query, required: true, schema: {type: string}, example: ada lovelace}
        - {name: limit, in: query, schema: {type: integer, minimum: 5}}
        - {name: X-Trace, in: header, required: true, schema: {type: string, enum: ["on"]}}
      security: [{users: [notes:read]}]
      responses: {"200": {description: Notes.}}
    post:
      operationId: putNote
      tags: [notes]
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, properties: {text: {type: string}}}
            examples: {first: {value: {text: From the document}}}
      responses: {"201": {description: Kept.}}
  /notes/{noteId}:
    get:
      operationId: getNote
      parameters: [{name: noteId, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: One.}}
components:
  securitySchemes:
    users:
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration: {issuer: "https://issuer.example.com", audience: [notes]}
"""
HANDLER = "def handler(event, context):\n    return {'statusCode': 200}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_files(tmp_path, {"service/handlers/list_notes.py": HANDLER})
    return notes_project(tmp_path, spec=SPEC)


@pytest.fixture
def project(root: Path) -> Project:
    return load_project(root, "local")


def test_operations_are_grouped_by_tag_and_else_by_path(project: Project) -> None:
    groups = {
        group.title: [(each.id, each.locked) for each in group.operations] for group in operation_groups(project.api)
    }
    assert groups == {"notes": [("listNotes", True), ("putNote", False)], "/notes": [("getNote", False)]}


def test_the_form_has_the_example_of_the_document(root: Path) -> None:
    page = client_of(make_site(root)).get("/send?operation=putNote", headers=OWN).text
    assert "From the document" in page
    assert "Content-Type: application/json" in page


def test_required_parameters_are_filled_in_and_others_are_offered(root: Path) -> None:
    page = client_of(make_site(root)).get("/send?operation=listNotes", headers=OWN).text
    assert 'value="/notes?owner=ada%20lovelace"' in page
    assert "X-Trace: on" in page
    assert 'data-query="limit" data-value="5"' in page


def test_a_path_variable_without_an_example_is_one_that_was_found_before(root: Path) -> None:
    found = make_recording(target="/notes/n-7", operation="getNote", path_parameters=(("noteId", "n-7"),))
    missed = make_recording(id="other-id", target="/notes/x", operation="getNote", status=404)
    page = client_of(make_site(root, recordings=[found, missed])).get("/send?operation=getNote", headers=OWN).text
    assert 'value="/notes/n-7"' in page


def test_recorded_requests_are_offered_again(root: Path) -> None:
    site = make_site(root, recordings=[make_recording(target="/notes/n-7", body={"text": "sent before"})])
    client = client_of(site)
    link = "/send?from=JCJgriq-vHcEPMg%3D"
    assert link in client.get("/send", headers=OWN).text
    assert "sent before" in client.get(link, headers=OWN).text


def test_the_route_says_what_it_asks_for(root: Path) -> None:
    client = client_of(make_site(root))
    found = client.get("/send/credentials?method=GET&target=/notes?owner=x", headers=OWN).json
    assert found == {
        "operation": "listNotes",
        "needs": [
            {
                "text": "a token of the local issuer for users, in Authorization with one of the scopes notes:read",
                "made": True,
            }
        ],
        "scopes": ["notes:read"],
        "signed": False,
    }
    nothing = client.get("/send/credentials?method=GET&target=/none", headers=OWN).json
    assert nothing == {"operation": None, "needs": [], "scopes": [], "signed": False}


def prepare(
    project: Project, method: str, target: str, choice: CredentialChoice | None = None, **headers: str
) -> PreparedRequest:
    given = tuple(headers.items())
    return add_credentials(PreparedRequest(method, target, given, b""), project, BASE, choice or CredentialChoice())


def test_a_token_has_the_operation_s_scopes_or_those_that_are_chosen(project: Project) -> None:
    made = dict(prepare(project, "GET", "/notes").headers)["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(made, options={"verify_signature": False})
    assert (claims["sub"], claims["scope"], claims["aud"]) == ("user-1", "notes:read", "notes")
    chosen = prepare(project, "GET", "/notes", CredentialChoice("ada", ("notes:write",)))
    claims = jwt.decode(chosen.headers[0][1].removeprefix("Bearer "), options={"verify_signature": False})
    assert (claims["sub"], claims["scope"]) == ("ada", "notes:write")


def test_a_header_that_is_written_by_hand_stays(project: Project) -> None:
    made = prepare(project, "GET", "/notes", Authorization="Bearer mine")
    assert (made.headers, made.added) == ((("Authorization", "Bearer mine"),), ())


def test_open_operations_and_unknown_paths_get_nothing(project: Project) -> None:
    for method, target in (("POST", "/notes"), ("GET", "/nowhere")):
        made = prepare(project, method, target)
        assert (made.headers, made.added) == ((), ())


def test_a_signed_route_is_signed_by_the_chosen_caller(project: Project) -> None:
    callers = {name: IamCaller(name, f"AKIA{name.upper()}", "secret", ("*",), ()) for name in ("ann", "bob")}
    operations = tuple(replace(one, iam=True, security=()) for one in project.api.operations)
    signed = replace(
        project,
        api=replace(project.api, operations=operations),
        stage=replace(project.stage, iam=callers),
    )
    made = prepare(signed, "GET", "/notes", CredentialChoice(caller="bob"))
    assert "Credential=AKIABOB/" in dict(made.headers)["Authorization"]
    assert made.added == ("AWS4-HMAC-SHA256 signature",)
    with pytest.raises(HomeportError, match="has no caller 'bbo'"):
        prepare(signed, "GET", "/notes", CredentialChoice(caller="bbo"))


def test_a_secret_of_the_project_is_named_where_it_is_missing() -> None:
    shop = load_project(Path(__file__).parents[2] / "examples" / "shop", "local")
    without = replace(shop, root=Path("/nowhere"))
    operation = find_operation(shop, "POST", "/admin/products")
    assert operation is not None
    assert [need.made for need in credential_needs(operation, shop)] == [True]
    (need,) = credential_needs(operation, without)
    assert not need.made
    assert "tests/contract/schemathesis.toml under [auth.openapi." in need.text
    feed = find_operation(shop, "GET", "/feed")
    assert feed is not None
    assert "x-api-key" in credential_needs(feed, shop)[0].text
    assert prepare(shop, "GET", "/feed").added == ("x-api-key",)
