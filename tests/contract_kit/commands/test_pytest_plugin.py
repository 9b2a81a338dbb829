"""The pytest plugin, in a pytest of its own over a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from homeport.contract.har import to_har
from homeport.contract.http_exchange import HttpExchange
from tests.support.made_project import Made, Route, write_project
from tests.support.notes_api import SEEDED, notes_api
from tests.support.notes_api import notes_project as notes_api_project

pytestmark = pytest.mark.stack

TABLE = {
    "Resources": {
        "NotesTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
    }
}
WRITES = """
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["NOTES_TABLE"])

def handler(event, context):
    try:
        table.put_item(Item={"id": "made by the API"})
    except table.meta.client.exceptions.ProvisionedThroughputExceededException:
        return {"statusCode": 503}
    return {"statusCode": 201}
"""
CASES = """
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest


def post(url):
    request = urllib.request.Request(f"{url}/notes", b"{}", {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_note_of_the_api_is_in_the_table(homeport_url, homeport_table):
    assert post(homeport_url) == 201
    homeport_table("NotesTable").put_item(Item={"id": "made by the test"})
    assert homeport_table("NotesTable").scan()["Count"] == 2
    assert homeport_table.client.list_tables()["TableNames"] == [homeport_table("NotesTable").name]


def test_a_number_of_39_digits_is_taken_away_after_the_test(homeport_target, homeport_table):
    item = {"id": {"S": "large"}, "n": {"N": "1" + "0" * 38}}
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    plain = boto3.client("dynamodb", endpoint_url=homeport_target.dynamodb, **keys)
    plain.put_item(TableName=homeport_table("NotesTable").name, Item=item)


def test_a_test_finds_no_items_of_the_one_before(homeport_table):
    assert homeport_table("NotesTable").scan()["Items"] == []


def test_an_unknown_table_name_is_an_error_with_the_nearest_name(homeport_table):
    with pytest.raises(Exception, match="has no table 'NoteTable'.*NotesTable"):
        homeport_table("NoteTable")


def test_a_fault_has_the_api_fail(homeport_url, homeport_faults):
    homeport_faults.throttled("NotesTable.PutItem")
    assert post(homeport_url) == 503


def test_a_fault_ends_with_its_test(homeport_url, homeport_table):
    assert post(homeport_url) == 201


def test_a_fault_with_an_unknown_table_is_an_error(homeport_faults):
    with pytest.raises(Exception, match="NotesTabel.*did you mean"):
        homeport_faults("NotesTabel=timeout")


def test_a_call_waits_until_the_test_lets_it_go_on(homeport_url, homeport_table, homeport_faults):
    with ThreadPoolExecutor() as threads, homeport_faults.hold("NotesTable.PutItem") as holds:
        status = threads.submit(post, homeport_url)
        call = holds.wait(60)
        assert (call.action, call.table) == ("PutItem", "NotesTable")
        assert call.body["Item"] == {"id": {"S": "made by the API"}}
        assert homeport_table("NotesTable").scan()["Count"] == 0
        call.release()
        assert status.result() == 201
    assert homeport_table("NotesTable").scan()["Count"] == 1


def test_environments_are_new(homeport_url, homeport_table, homeport_faults):
    homeport_faults.new_environments()
    with homeport_faults.eventual():
        assert post(homeport_url) == 201


def test_a_note_of_a_test_without_the_fixture_stays(homeport_url):
    assert post(homeport_url) == 201


def test_a_test_changes_that_note(homeport_table):
    (note,) = homeport_table("NotesTable").scan()["Items"]
    homeport_table("NotesTable").put_item(Item={**note, "changed": True})


def test_a_test_deletes_the_note_that_is_as_it_was(homeport_table):
    (note,) = homeport_table("NotesTable").scan()["Items"]
    assert "changed" not in note
    homeport_table("NotesTable").delete_item(Key={"id": note["id"]})


def test_the_note_is_there_again(homeport_table):
    assert homeport_table("NotesTable").scan()["Count"] == 1
"""


def notes_project(root: Path) -> Path:
    access = {"access": {"NotesTable": ["PutItem"]}}
    write_project(root, Made((Route("POST", "/notes", WRITES, {"x-homeport": access}),)))
    (root / "deploy" / "resources.yaml").write_text(yaml.safe_dump(TABLE))
    return root


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HOMEPORT_")}
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, timeout=600, check=False)


def test_the_fixtures_reach_the_api_its_tables_and_its_faults(tmp_path: Path) -> None:
    notes_project(tmp_path / "notes")
    (tmp_path / "test_notes.py").write_text(CASES)
    done = run_pytest(tmp_path, "--homeport-project", "notes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13 passed" in done.stdout


def test_tables_and_faults_are_skipped_at_a_url_with_a_reason(tmp_path: Path) -> None:
    notes_project(tmp_path / "notes")
    (tmp_path / "test_url.py").write_text(
        "def test_url(homeport_url): assert homeport_url == 'http://api.test/prod'\n"
        "def test_table(homeport_table): raise AssertionError\n"
        "def test_faults(homeport_faults): raise AssertionError\n"
    )
    done = run_pytest(tmp_path, "-rs", "--homeport-project", "notes", "--homeport-url", "http://api.test/prod/")
    assert "1 passed, 2 skipped" in done.stdout
    assert "give --homeport-dynamodb-url" in done.stdout
    assert "a stack that the tests start themselves" in done.stdout


def test_tables_on_another_machine_are_not_opened(tmp_path: Path) -> None:
    notes_project(tmp_path / "notes")
    (tmp_path / "test_url.py").write_text("def test_table(homeport_table): raise AssertionError\n")
    urls = ("--homeport-url", "http://api.test", "--homeport-dynamodb-url", "http://127.0.0.1.test:8000")
    done = run_pytest(tmp_path, "-rs", "--homeport-project", "notes", *urls)
    assert "1 skipped" in done.stdout
    assert "tables on another machine may be in use by others" in done.stdout


def test_a_saved_test_that_would_change_others_data_is_skipped(tmp_path: Path) -> None:
    notes_api_project(tmp_path / "notes")
    file = tmp_path / "notes" / "test_saved.py"
    file.write_text(
        "from pathlib import Path\n"
        "def test_saved(homeport_replay): homeport_replay(Path(__file__).with_suffix('.har'))\n"
    )
    base = "http://127.0.0.1:8080"
    calls = [
        HttpExchange("POST", f"{base}/notes", (), b'{"text": "mine"}', 201, base=base),
        HttpExchange("PATCH", f"{base}/notes/seed-1", (), b'{"text": "mine"}', 200, base=base),
    ]
    file.with_suffix(".har").write_text(to_har(calls))
    with notes_api(via=True) as api:
        done = run_pytest(file.parent, "-rs", "--homeport-url", api.url, str(file))
        assert api.items == {"seed-1": SEEDED}
        assert "POST /notes" in api.received
    assert "1 skipped" in done.stdout, done.stdout + done.stderr
    assert "PATCH /notes/seed-1: it may change what this run did not create" in done.stdout


def test_a_folder_that_is_no_project_fails_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "test_url.py").write_text("def test_url(homeport_url): pass\n")
    done = run_pytest(tmp_path)
    assert done.returncode == 1
    assert "homeport: " in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("package", ["boto3", "schemathesis", "yaml", "localstack_client", "homeport.project.load"])
def test_a_pytest_run_loads_no_package_that_it_does_not_use(package: str, tmp_path: Path) -> None:
    code = f"import sys, homeport.contract.fixtures.plugin\nassert {package!r} not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
