"""homeport add."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeport.errors import HomeportError
from homeport.project.check import examine_project
from homeport.project.load import load_project
from homeport.scaffold.add import add_operation
from homeport.scaffold.new_operation import parse_access, parse_operation
from tests.scaffold.test_add_shapes import JWT
from tests.support.project import SPEC
from tests.support.scaffold import contents, homeport, make_project, write_notes

ACCESS = "NotesTable:PutItem"


def add(root: Path, name: str, method: str, path: str, *access: str, function: str | None = None) -> list[str]:
    return add_operation(root, "local", parse_operation(name, method, path, parse_access(access), function))


def spec_of(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / "openapi.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project as ``homeport init`` writes it, to be copied."""
    return make_project(tmp_path_factory.mktemp("started"), source="items")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write_notes(tmp_path / "notes")


def test_an_operation_comes_with_handler_test_and_access(notes: Path) -> None:
    assert add(notes, "createNote", "POST", "/notes", ACCESS, function="writes") == [
        "wrote service/errors.py",
        "wrote service/exact_json.py",
        "wrote service/operation.py",
        "wrote service/proxy.py",
        "wrote service/validation.py",
        "wrote tests/contract/conftest.py",
        "changed openapi.yaml",
        "wrote service/handlers/create_note.py",
        "wrote tests/contract/test_create_note.py",
    ]
    operation = next(found for found in load_project(notes).api.operations if found.id == "createNote")
    assert (operation.method, operation.path, operation.function) == ("POST", "/notes", "writes")
    assert spec_of(notes)["paths"]["/notes"]["post"]["x-homeport"] == {
        "function": "writes",
        "access": {"NotesTable": ["PutItem"]},
    }
    assert examine_project(notes) == []


@pytest.mark.stack  # Whole projects: seconds.
def test_the_rest_of_the_document_keeps_every_character(tmp_path: Path, started: Path) -> None:
    root = shutil.copytree(started, tmp_path / "made")
    before = (root / "openapi.yaml").read_text()
    lines = before.splitlines(keepends=True)
    add(root, "createOrder", "POST", "/orders", "ItemsTable:PutItem")
    add(root, "countItems", "HEAD", "/items")
    after = (root / "openapi.yaml").read_text().splitlines(keepends=True)
    rest = iter(after)
    assert all(line in rest for line in lines)
    assert len(after) > len(lines) + 20


def test_the_handler_makes_the_calls_that_it_may_make(notes: Path) -> None:
    add(notes, "getOther", "GET", "/others/{noteId}", "NotesTable:GetItem")
    assert (
        (notes / "service" / "handlers" / "get_other.py").read_text()
        == '''"""GET /others/{noteId}."""

from __future__ import annotations

import os

import boto3

from service.errors import ServiceError
from service.operation import operation
from service.proxy import Response
from service.validation import Call

notes_table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])


class Missing(ServiceError):
    """404."""

    status = 404
    title = "Not Found"


@operation("getOther")
def handler(call: Call) -> Response:
    """200. Get other: what it really does is yours to write."""
    answer = notes_table.get_item(Key={"noteId": call.path["noteId"]}, ConsistentRead=True).get("Item")
    if answer is None:
        raise Missing("There is no such thing.")
    return Response(200, answer)
'''
    )


def test_path_variables_are_documented(notes: Path) -> None:
    add(notes, "getPart", "GET", "/notes/{noteId}/parts/{rest+}")
    parameters = spec_of(notes)["paths"]["/notes/{noteId}/parts/{rest+}"]["get"]["parameters"]
    assert [(found["name"], found["in"], found["required"]) for found in parameters] == [
        ("noteId", "path", True),
        ("rest", "path", True),
    ]


@pytest.mark.stack  # Whole projects: seconds.
def test_a_parameter_that_the_path_documents_is_not_repeated(tmp_path: Path, started: Path) -> None:
    root = shutil.copytree(started, tmp_path / "made")
    add(root, "headItem", "HEAD", "/items/{itemId}")
    add(root, "listParts", "GET", "/items/{itemId}/parts")
    paths = spec_of(root)["paths"]
    assert "parameters" not in paths["/items/{itemId}"]["head"]
    assert paths["/items/{itemId}/parts"]["get"]["parameters"] == [{"$ref": "#/components/parameters/ItemId"}]
    assert paths["/items/{itemId}/parts"]["get"]["tags"] == ["items"]


def test_a_project_with_other_modules_of_those_names_keeps_them(notes: Path) -> None:
    (notes / "service" / "proxy.py").write_text("MINE = 1\n")
    add(notes, "ping", "GET", "/ping")
    assert (notes / "service" / "proxy.py").read_text() == "MINE = 1\n"
    assert "from service.contract.operation import operation" in (notes / "service/handlers/ping.py").read_text()
    validation = (notes / "service" / "contract" / "validation.py").read_text()
    assert "from service import _validators\nfrom service.contract.errors import BadRequest\n" in validation


def test_two_additions_share_the_helper_modules(notes: Path) -> None:
    add(notes, "ping", "GET", "/ping")
    assert add(notes, "pong", "GET", "/pong") == [
        "changed openapi.yaml",
        "wrote service/handlers/pong.py",
        "wrote tests/contract/test_pong.py",
    ]


REFUSED = {
    "the path is taken": (
        ("other", "GET", "/notes/{noteId}"),
        r"openapi\.yaml:5: GET /notes/\{noteId\} is there already",
    ),
    "the name is taken": (("getNote", "GET", "/x"), r"openapi\.yaml:5: the operationId getNote is taken"),
    "the name leads to the same file": (
        ("get_note", "GET", "/x"),
        r"openapi\.yaml:5: the operationId getNote is taken",
    ),
    "another name for the variable": (("other", "POST", "/notes/{id}"), r"noteId"),
    "no such table": (("x", "POST", "/x", "NoteTable:PutItem"), r"did you mean NotesTable"),
    "no such index": (("x", "GET", "/x", "NotesTable/byUser:Query"), r"has no index 'byUser'"),
    "no such action": (("x", "GET", "/x", "NotesTable:Read"), r"'Read' is no action on DynamoDB items"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_a_rejected_addition_leaves_the_project_unchanged(notes: Path, words: tuple[str, ...], said: str) -> None:
    before = contents(notes)
    folders = sorted(place for place in notes.rglob("*") if place.is_dir())
    with pytest.raises(HomeportError, match=said):
        add(notes, *words)
    assert contents(notes) == before
    assert sorted(place for place in notes.rglob("*") if place.is_dir()) == folders


def test_a_handler_or_test_that_is_there_is_not_overwritten(notes: Path) -> None:
    (notes / "service" / "handlers" / "ping.py").write_text("MINE = 1\n")
    before = contents(notes)
    with pytest.raises(HomeportError, match=r"service/handlers/ping\.py:1: exists already"):
        add(notes, "ping", "GET", "/ping")
    assert contents(notes) == before


@pytest.mark.parametrize("flaw", ["x", "paths: [", "openapi: 3.0.3\npaths: {/a: 5}\n"])
def test_a_document_that_can_t_be_read_is_left_alone(notes: Path, flaw: str) -> None:
    (notes / "openapi.yaml").write_text(flaw)
    before = contents(notes)
    with pytest.raises(HomeportError):
        add(notes, "ping", "GET", "/ping", "NoTable:PutItem")
    assert contents(notes) == before


def test_a_problem_that_was_there_before_does_not_stop_an_addition(notes: Path) -> None:
    (notes / "service" / "handlers" / "put_note.py").unlink()
    before = examine_project(notes)
    assert before
    add(notes, "ping", "GET", "/ping")
    assert [problem.message for problem in examine_project(notes)] == [problem.message for problem in before]


def test_a_secured_api_s_test_asks_without_a_token(notes: Path) -> None:
    scheme = "{type: apiKey, in: header, name: x-api-key}"
    secured = f"{SPEC}security: [{{key: []}}]\ncomponents: {{securitySchemes: {{key: {scheme}}}}}\n"
    write_notes(notes, secured)
    (notes / "deploy" / "stages.yaml").write_text("defaults: {flavor: rest}\nstages: {local: {}}\n")
    add(notes, "ping", "GET", "/ping")
    assert "in (401, 403)" in (notes / "tests" / "contract" / "test_ping.py").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a-b", "GET", "/x"), "can't be an operationId"),
        (("x", "GETT", "/x"), "did you mean GET"),
        (("x", "GET", "x"), "can't be a path"),
        (("x", "GET", "/{a"), "can't be a path"),
        (("x", "GET", "/{a}/{a}"), "twice"),
    ],
)
def test_arguments_without_an_operation_are_explained(words: tuple[str, str, str], said: str) -> None:
    with pytest.raises(HomeportError, match=said):
        parse_operation(*words, access={}, function=None)


@pytest.mark.parametrize("text", ["Table", "Table:", ":PutItem", "Table:,"])
def test_access_to_an_unknown_table_is_explained(text: str) -> None:
    with pytest.raises(HomeportError, match="is not TABLE:ACTION"):
        parse_access([text])


def test_access_may_be_given_in_parts() -> None:
    assert parse_access(["T:GetItem,PutItem", "T:PutItem,Scan", "T/i:Query"]) == {
        "T": ("GetItem", "PutItem", "Scan"),
        "T/i": ("Query",),
    }


@pytest.mark.stack
def test_the_command_prints_one_line_a_file_and_one_for_an_error(notes: Path) -> None:
    done = homeport(notes, "add", "ping", "get", "/ping")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3:] == [
        "changed openapi.yaml",
        "wrote service/handlers/ping.py",
        "wrote tests/contract/test_ping.py",
    ]
    again = homeport(notes, "add", "ping", "get", "/ping")
    assert again.returncode == 2
    assert again.stderr.startswith("homeport: openapi.yaml:")
    assert "Traceback" not in again.stderr


NODE_STAGES = "defaults: {flavor: http, runtime: nodejs22.x}\nstages: {local: {}}\n"


def test_an_operation_of_a_project_in_nodejs_has_its_handler_in_javascript(notes: Path) -> None:
    (notes / "deploy" / "stages.yaml").write_text(NODE_STAGES)
    written = add(notes, "createNote", "POST", "/notes", ACCESS)
    assert written[-3:] == [
        "changed openapi.yaml",
        "wrote service/handlers/create_note.mjs",
        "wrote tests/contract/test_create_note.py",
    ]
    text = (notes / "service" / "handlers" / "create_note.mjs").read_text()
    assert "export const handler = async (event) => {" in text
    assert "await client.send(new PutCommand({ TableName: notesTable, Item: answer }));" in text
    function = load_project(notes).api.functions["create-note"]
    assert (function.handler, function.runtime) == ("handlers/create_note.handler", "")
    assert examine_project(notes) == []


@pytest.mark.stack
@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed here")
def test_every_call_of_a_handler_in_javascript_is_javascript(notes: Path) -> None:
    (notes / "deploy" / "stages.yaml").write_text(NODE_STAGES)
    writes = "NotesTable:PutItem,UpdateItem,DeleteItem,BatchWriteItem,ConditionCheckItem"
    add(notes, "createNote", "POST", "/notes", writes)
    add(notes, "changeNote", "PATCH", "/notes/{noteId}", writes)
    add(notes, "listNotes", "GET", "/notes", "NotesTable:Query,Scan,BatchGetItem,DescribeTable")
    add(notes, "readNote", "GET", "/read/{noteId}", "NotesTable:GetItem,Query")
    add(notes, "ping", "HEAD", "/ping")
    files = sorted((notes / "service" / "handlers").glob("*.mjs"))
    assert len(files) == 5
    for file in files:
        done = subprocess.run(["node", "--check", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_responses_of_an_authorizer_are_documented_where_the_document_has_one(notes: Path) -> None:
    responses = "".join(f'"{status}": {{$ref: "#/components/responses/E"}}, ' for status in (400, 404, 500, 502, 503))
    parts = f"\ncomponents:\n  responses:\n    E: {{description: An error.}}\n{JWT}"
    spec = SPEC.replace('responses: {"204"', f'responses: {{{responses}"204"') + parts
    (notes / "openapi.yaml").write_text(spec.lstrip())
    add(notes, "ping", "GET", "/ping")
    assert spec_of(notes)["paths"]["/ping"]["get"]["responses"].keys() == {"200", "400", "404", "500", "502", "503"}
    (notes / "openapi.yaml").write_text((notes / "openapi.yaml").read_text() + "security: [{users: []}]\n")
    add(notes, "pong", "GET", "/pong")
    assert "4XX" in spec_of(notes)["paths"]["/pong"]["get"]["responses"]


def test_put_tells_a_new_item_from_a_replaced_one(notes: Path) -> None:
    add(notes, "putOther", "PUT", "/others/{noteId}", "NotesTable:PutItem")
    text = (notes / "service" / "handlers" / "put_other.py").read_text()
    assert 'known = notes_table.put_item(Item=answer, ReturnValues="ALL_OLD").get("Attributes")' in text
    assert text.endswith("    return Response(200 if known else 201, answer)\n")
    assert {"200", "201"} <= spec_of(notes)["paths"]["/others/{noteId}"]["put"]["responses"].keys()


def test_patch_needs_an_item_and_answers_with_the_whole_of_it(notes: Path) -> None:
    add(notes, "patchOther", "PATCH", "/others/{noteId}", "NotesTable:UpdateItem")
    text = (notes / "service" / "handlers" / "patch_other.py").read_text()
    assert 'ConditionExpression=Attr("noteId").exists(),' in text
    assert 'raise Missing("There is no such thing.") from None' in text
    assert "== 404" in (notes / "tests" / "contract" / "test_patch_other.py").read_text()


def test_responses_have_the_properties_that_the_handler_returns(notes: Path) -> None:
    add(notes, "createNote", "POST", "/users/{userId}/notes", ACCESS)
    add(notes, "listNotes", "GET", "/notes", "NotesTable:Scan")
    paths = spec_of(notes)["paths"]
    created = paths["/users/{userId}/notes"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert created["required"] == ["name", "userId", "noteId"]
    listed = paths["/notes"]["get"]
    assert "parameters" not in listed
    items = listed["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["items"]["items"]
    assert items == {
        "type": "object",
        "required": ["noteId"],
        "properties": {"noteId": {"type": "string"}},
        "additionalProperties": True,
    }


def test_a_list_has_every_page_of_dynamodb(notes: Path) -> None:
    add(notes, "listNotes", "GET", "/notes", "NotesTable:Scan")
    text = (notes / "service" / "handlers" / "list_notes.py").read_text()
    assert 'get_paginator("scan")' in text
    assert "for page in pages" in text


def test_a_number_in_a_key_is_one_in_javascript_too(notes: Path) -> None:
    (notes / "deploy" / "stages.yaml").write_text(NODE_STAGES)
    resources = notes / "deploy" / "resources.yaml"
    resources.write_text(resources.read_text().replace("AttributeType: S", "AttributeType: N"))
    add(notes, "putOther", "PUT", "/others/{noteId}", "NotesTable:PutItem")
    text = (notes / "service" / "handlers" / "put_other.mjs").read_text()
    assert "const answer = { ...body, ...event.pathParameters, noteId: Number(event.pathParameters.noteId) };" in text
    checked = 'if (!/^[0-9]+$/.test(event.pathParameters?.noteId ?? "") || !Number.isSafeInteger('
    assert f"{checked}Number(event.pathParameters?.noteId))) return reply(400" in text


@pytest.mark.parametrize(
    ("access", "message", "hint"),
    [
        ("NotesTable:Getitem", "'Getitem' is no action on DynamoDB items", "did you mean GetItem?"),
        ("NotesTable:*", "'*' is a pattern", "name each action"),
        ("NotesTable:TransactWriteItems", "TransactWriteItems is no action of IAM", ""),
    ],
)
def test_a_misspelt_action_is_named_with_the_nearest_one(access: str, message: str, hint: str) -> None:
    with pytest.raises(HomeportError) as caught:
        parse_access([access])
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_a_post_names_the_item_that_it_only_reads(tmp_path: Path) -> None:
    """The room is there already: its key comes from the client, and so does that of the booking made of it."""
    root = make_project(tmp_path, "rooms", "blank")
    attributes = "AttributeDefinitions: [{AttributeName: %s, AttributeType: S}]"
    key = attributes + ", KeySchema: [{AttributeName: %s, KeyType: HASH}]"
    tables = {"RoomsTable": "roomId", "BookingsTable": "bookingId"}
    (root / "deploy" / "resources.yaml").write_text(
        "Resources:\n"
        + "".join(
            f"  {table}:\n    Type: AWS::DynamoDB::Table\n"
            f"    Properties: {{BillingMode: PAY_PER_REQUEST, {key % (name, name)}}}\n"
            for table, name in tables.items()
        )
    )
    access = parse_access(["RoomsTable:GetItem", "BookingsTable:PutItem"])
    add_operation(root, "local", parse_operation("createBooking", "POST", "/bookings", access, None))
    handler = (root / "service" / "handlers" / "create_booking.py").read_text()
    assert 'get_item(Key={"roomId": call.query["roomId"]})' in handler
    assert 'answer["bookingId"] = str(uuid4())' in handler
    assert handler.count("uuid4()") == 1
    (parameter,) = load_project(root).api.operations_by_id["createBooking"].parameters
    assert (parameter.name, parameter.place, parameter.required) == ("roomId", "query", True)
    assert [problem for problem in examine_project(root) if problem.severity == "error"] == []
