"""``homeport dev --fault``: what a client sees when DynamoDB fails by order."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import running_stack
from tests.support.commands import assert_one_clear_line, homeport
from tests.support.project import notes_project
from tests.support.waiting import eventually

TELLS = """
import os
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client("dynamodb", config=Config(retries={"max_attempts": 0}))

def handler(event, context):
    try:
        client.get_item(TableName=os.environ["NOTES_TABLE"], Key={"noteId": {"S": "1"}})
    except ClientError as error:
        return {"statusCode": 200, "body": error.response["Error"]["Code"]}
    return {"statusCode": 200, "body": "fine"}
"""
FAULT = "NotesTable.GetItem=ThrottlingException@0.5"


def answers(project: Path, seed: int) -> list[str]:
    with running_stack(project, faults=(FAULT,), fault_seed=seed) as stack:
        assert f"fault {FAULT}\n" in stack.read_output()
        return [requests.get(f"{stack.url}/notes/1", timeout=60).text for _ in range(12)]


def test_faults_happen_as_often_as_said_and_the_same_way_again(tmp_path: Path) -> None:
    project = notes_project(tmp_path, get_note=TELLS)
    first = answers(project, 1)
    assert set(first) == {"fine", "ThrottlingException"}
    assert answers(project, 1) == first
    assert answers(project, 2) != first


def test_a_fault_happens_also_in_the_gateways_own_process_and_is_reported(tmp_path: Path) -> None:
    project = notes_project(tmp_path, get_note=TELLS)
    options = ("--no-data", "--in-process")
    with running_stack(project, options, faults=("NotesTable=InternalServerError",)) as stack:
        assert requests.get(f"{stack.url}/notes/1", timeout=60).text == "InternalServerError"
        line = "homeport: fault NotesTable=InternalServerError on GetItem"
        assert eventually(lambda: line in stack.read_output())


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("NotesTabel.GetItem=ThrottlingException", ["the table 'NotesTabel'", "did you mean NotesTable?"]),
        ("NotesTable/byText.Query=ThrottlingException", ["the index 'byText'", "there are none"]),
        ("NotesTable.GetItem=Throtling@0.1", ["'Throtling', which is no error", "did you mean Throttling"]),
        ("NotesTable.GetItem", ["has no target or no kind", "write TARGET=KIND@PROBABILITY"]),
    ],
)
def test_a_fault_that_is_none_is_one_clear_line(tmp_path: Path, fault: str, expected: list[str]) -> None:
    ports = ("--port", "0", "--dynamodb-port", "0", "--no-data")
    assert_one_clear_line(homeport(notes_project(tmp_path), "dev", *ports, "--fault", fault), *expected)
