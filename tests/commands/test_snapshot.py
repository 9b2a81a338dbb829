"""``homeport snapshot`` as a person calls it: on a local DynamoDB, and on a stage's stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from homeport.contract.fixtures.stack import running_stack
from homeport.dynamodb.client import dynamodb_client
from tests.support.cloud import at_ministack
from tests.support.commands import assert_one_clear_line, homeport, homeport_here
from tests.support.dynamodb import Stand, running_engine
from tests.support.project import RESOURCES, notes_project

pytestmark = pytest.mark.stack

STAGES = """
stages:
  local: {stackName: notes-local}
  dev: {stackName: notes}
  prod: {stackName: notes, deletionProtection: true}
"""
NOTE = {"noteId": {"S": "1"}, "text": {"S": "kept"}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return notes_project(tmp_path / "project", stages=STAGES)


@pytest.fixture(scope="module")
def engine() -> Iterator[Stand]:
    with running_engine() as stand:
        yield stand


@pytest.fixture
def url(engine: Stand) -> Iterator[str]:
    """A local DynamoDB with one note."""
    table = {
        "TableName": "notes-local-NotesTable",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "noteId", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "noteId", "AttributeType": "S"}],
    }
    engine.client().create_table(**table)  # type: ignore[arg-type]
    engine.client().put_item(TableName="notes-local-NotesTable", Item=NOTE)
    yield engine.endpoint
    engine.client().delete_table(TableName="notes-local-NotesTable")


def notes(url: str) -> list[Any]:
    found = dynamodb_client(url, "us-east-1").scan(TableName="notes-local-NotesTable")["Items"]
    return sorted(item["noteId"]["S"] for item in found)


def put(url: str, note: str) -> None:
    dynamodb_client(url, "us-east-1").put_item(TableName="notes-local-NotesTable", Item={"noteId": {"S": note}})


def test_a_snapshot_is_saved_listed_loaded_and_deleted(project: Path, url: str) -> None:
    saved = homeport_here(project, "snapshot", "save", "before", "--dynamodb", url)
    assert saved.returncode == 0, saved.stderr
    assert saved.stdout.startswith(
        "NotesTable: read 1 item\nsaved 1 item of 1 table in .homeport/snapshots/before.json"
    )
    assert "stage local: NotesTable" in homeport_here(project, "snapshot", "list").stdout
    put(url, "2")
    assert_one_clear_line(
        homeport_here(project, "snapshot", "load", "before", "--dynamodb", url), "NotesTable holds items", "--replace"
    )
    loaded = homeport_here(project, "snapshot", "load", "before", "--dynamodb", url, "--replace")
    assert loaded.stdout.splitlines() == [
        "NotesTable: removed 2 items",
        "NotesTable: wrote 1 item",
        "loaded 1 item of 1 table of .homeport/snapshots/before.jsonl.gz",
    ]
    assert notes(url) == ["1"]
    assert homeport_here(project, "snapshot", "delete", "before").stdout == "deleted before\n"
    assert homeport_here(project, "snapshot", "list").stdout.startswith("there are no snapshots")


def test_a_snapshot_is_json_for_programs(project: Path, url: str) -> None:
    saved = json.loads(homeport_here(project, "snapshot", "save", "before", "--dynamodb", url, "--json").stdout)
    assert saved == {"version": 1, "action": "save", "items": {"NotesTable": 1}, "services": False}
    (listed,) = json.loads(homeport_here(project, "snapshot", "list", "--json").stdout)["snapshots"]
    assert (listed["name"], listed["stage"], listed["tables"], listed["problem"]) == (
        "before",
        "local",
        ["NotesTable"],
        None,
    )
    load = ("load", "before", "--dynamodb", url, "--replace", "--json")
    loaded = json.loads(homeport_here(project, "snapshot", *load).stdout)
    assert loaded == {"version": 1, "action": "load", "items": {"NotesTable": 1}, "services": False}


def test_a_running_homeport_dev_is_found(project: Path) -> None:
    with running_stack(project, ("--no-data",), state=project / ".homeport") as stack:
        note, text = f"{stack.url}/notes/1", {"Content-Type": "text/plain"}
        assert requests.put(note, data="kept", headers=text, timeout=60).status_code == 204
        assert homeport(project, "snapshot", "save", "before").returncode == 0
        requests.put(note, data="changed", headers=text, timeout=60)
        assert homeport(project, "snapshot", "load", "before", "--replace").returncode == 0
        assert requests.get(note, timeout=60).text == "kept"


def test_a_snapshot_is_not_overwritten_unless_told(project: Path, url: str) -> None:
    homeport_here(project, "snapshot", "save", "x", "--dynamodb", url)
    put(url, "2")
    again = homeport_here(project, "snapshot", "save", "x", "--dynamodb", url)
    assert_one_clear_line(again, "there is a snapshot x already", "--replace")
    assert "saved 2 items" in homeport_here(project, "snapshot", "save", "x", "--dynamodb", url, "--replace").stdout


def test_a_damaged_snapshot_is_listed_as_such(project: Path, url: str) -> None:
    folder = project / ".homeport" / "snapshots"
    folder.mkdir(parents=True)
    (folder / "broken.jsonl.gz").write_bytes(b"broken")
    assert "is damaged" in homeport_here(project, "snapshot", "list").stdout
    assert_one_clear_line(homeport_here(project, "snapshot", "load", "broken", "--dynamodb", url), "is damaged")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("save", "x"), ("no homeport dev runs here", "--dynamodb URL")),
        (("save",), ("snapshot save needs a name", "homeport snapshot save NAME")),
        (("load", "gone"), ("there is no snapshot gone", "homeport snapshot list")),
        (("delete", "gone"), ("there is no snapshot gone", "homeport snapshot list")),
        (("save", "x", "--dynamodb", "https://dynamodb.eu-west-1.amazonaws.com"), ("is AWS", "--stage")),
        (("save", "x", "--dynamodb", "http://127.0.0.1:1"), ("does not answer as DynamoDB",)),
    ],
    ids=str,
)
def test_obstacle_to_a_snapshot_is_one_line(
    project: Path, arguments: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert_one_clear_line(homeport_here(project, "snapshot", *arguments), *expected)


@pytest.mark.parametrize("name", ["../x", ".x", "", "a/b", "x" * 65])
def test_a_name_stays_in_its_folder(project: Path, name: str) -> None:
    done = homeport_here(project, "snapshot", "save", name, "--dynamodb", "http://127.0.0.1:1")
    assert done.returncode == 2
    assert "is no name" in done.stderr


@pytest.fixture(scope="module", autouse=True)
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with at_ministack(tmp_path_factory.mktemp("ministack")):
        cloudformation = boto3.client("cloudformation", region_name="us-east-1")
        cloudformation.create_stack(StackName="notes", TemplateBody=RESOURCES)
        cloudformation.get_waiter("stack_create_complete").wait(StackName="notes", WaiterConfig={"Delay": 1})
        yield


@pytest.fixture
def table(aws: None) -> Iterator[Any]:
    found = boto3.client("cloudformation", region_name="us-east-1").list_stack_resources(StackName="notes")
    table = boto3.resource("dynamodb", region_name="us-east-1").Table(
        found["StackResourceSummaries"][0]["PhysicalResourceId"]
    )
    table.put_item(Item={"noteId": "1", "text": "deployed"})
    yield table
    for item in table.scan()["Items"]:
        table.delete_item(Key={"noteId": item["noteId"]})


def test_a_stage_is_saved_and_loaded_into_a_local_dynamodb(project: Path, table: Any, url: str) -> None:
    saved = homeport_here(project, "snapshot", "save", "dev", "--stage", "dev")
    assert saved.returncode == 0, saved.stderr
    assert saved.stdout.startswith("DynamoDB of notes of account 000000000000 in us-east-1\n")
    homeport_here(project, "snapshot", "load", "dev", "--dynamodb", url, "--replace")
    (item,) = dynamodb_client(url, "us-east-1").scan(TableName="notes-local-NotesTable")["Items"]
    assert json.dumps(item, sort_keys=True) == '{"noteId": {"S": "1"}, "text": {"S": "deployed"}}'


def test_loading_asks_first_and_protected_data_twice(project: Path, table: Any) -> None:
    homeport_here(project, "snapshot", "save", "dev", "--stage", "dev")
    table.put_item(Item={"noteId": "2"})
    unasked = homeport_here(project, "snapshot", "load", "dev", "--stage", "dev", "--replace")
    assert_one_clear_line(unasked, "nobody is there to ask", "notes of account 000000000000", "--yes")
    protected = homeport_here(project, "snapshot", "load", "dev", "--stage", "prod", "--replace", "--yes")
    assert_one_clear_line(protected, "stage prod is protected from deletion", "--delete-protected-data")
    assert table.scan()["Count"] == 2
    loaded = homeport_here(project, "snapshot", "load", "dev", "--stage", "dev", "--replace", "--yes")
    assert loaded.returncode == 0, loaded.stderr
    assert table.scan()["Items"] == [{"noteId": "1", "text": "deployed"}]


def test_a_stage_that_is_not_deployed_is_named(project: Path, aws: None) -> None:
    (project / "deploy/stages.yaml").write_text("stages: {local: {}, dev: {stackName: nowhere}}\n")
    done = homeport_here(project, "snapshot", "save", "x", "--stage", "dev")
    assert_one_clear_line(done, "nowhere of account 000000000000", "has no tables", "homeport deploy --stage dev")
