"""``homeport doctor`` asks what ``homeport dev`` asks at its start, by the same code, and changes nothing."""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from homeport.commands.dev import add_arguments
from homeport.dev.doctor import examine
from homeport.dev.doctor_finding import DoctorFinding
from homeport.dev.running_instance import RunningInstance, announce
from homeport.dynamodb.embedded.data_directory import DataDirectory
from homeport.dynamodb.embedded.journal import JournalRecord
from homeport.dynamodb.engine import examine_data
from homeport.issuer.keys import KEY_FILE
from homeport.runtime.faults import Faults, parse_fault
from tests.dev.test_doctor import context, problems
from tests.support.commands import homeport
from tests.support.dynamodb import create_items_table, running_engine
from tests.support.project import RESOURCES, notes_project
from tests.support.waiting import eventually

TABLE = {
    "TableName": "notes-local-NotesTable",
    "KeySchema": [{"AttributeName": "noteId", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "noteId", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
HOLDS = (
    "import sys\n"
    "from pathlib import Path\n"
    "from homeport.dynamodb.embedded.data_directory import DataDirectory\n"
    "store = DataDirectory.open(Path(sys.argv[1]), {})\n"
    "print('open', flush=True)\n"
    "input()\n"
)


def findings(root: Path, **changes: Any) -> list[DoctorFinding]:
    cache = root / "cache"
    return list(examine(context(root, cache, **changes)))


def make_data(root: Path, *requests: tuple[str, dict[str, Any]]) -> Path:
    """Make the data of earlier runs: a journal of these requests."""
    store, _ = DataDirectory.open(root / "data", {"id": "1", "account": "000000000000", "region": "us-east-1"})
    for number, (action, request) in enumerate(requests or [("CreateTable", TABLE)], start=1):
        store.append(JournalRecord(number, 1e9, action, json.dumps(request).encode()))
    store.close()
    return root / "data"


def journal_of(data: Path) -> Path:
    return data / "journal-0000000000000000.log"


@contextmanager
def holder(data: Path) -> Iterator[int]:
    """A process that has the data open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate("\n")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_readable_data_is_reported_and_stays_as_it_was(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    before = contents(data)
    found = findings(root, data=data)
    assert DoctorFinding("ok", f"the data in {data} can be read, with {TABLE['TableName']}") in found
    assert problems(found) == []
    assert contents(data) == before


def test_project_without_data_gets_none_from_the_doctor(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    assert problems(findings(root, data=root / ".homeport" / "data")) == []
    assert not (root / ".homeport").exists()


def test_damaged_journal_is_the_problem_that_the_engine_names(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    journal_of(data).write_bytes(journal_of(data).read_bytes().replace(b"PAY_PER_REQUEST", b"PAY_PER_REQUESX"))
    (problem,) = problems(findings(root, data=data))
    assert problem.text.startswith(f"{journal_of(data)} is damaged at byte ")
    assert "make clean-data" in problem.hint


def test_damaged_journal_keeps_the_command_from_an_all_clear(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root / ".homeport")
    journal_of(data).write_bytes(b"no journal\n")
    done = homeport(root, "doctor", "--port", "0", "--dynamodb-port", "0")
    assert done.returncode == 1
    assert f"problem  {journal_of(data)} is damaged at byte 0" in done.stdout
    assert homeport(root, "doctor", "--port", "0", "--dynamodb-port", "0", "--no-data").returncode == 0


def test_write_that_was_cut_short_is_a_note_and_is_not_cut_off(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    journal_of(data).write_bytes(journal_of(data).read_bytes()[:-5])
    before = contents(data)
    found = findings(root, data=data)
    assert any("ended in a write that was cut short" in note.text for note in found if note.state == "note")
    assert problems(found) == []
    assert contents(data) == before


def test_data_of_another_format_are_a_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    journal_of(data).write_bytes(journal_of(data).read_bytes().replace(b'"format": 1', b'"format": 9'))
    (problem,) = problems(findings(root, data=data))
    assert "has format 9; this version of homeport reads format 1" in problem.text


def test_data_directory_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    (root / "file").write_text("")
    found = problems(findings(root, data=root / "file" / "data"))
    assert any(str(root / "file" / "data") in problem.text for problem in found)


def test_data_in_use_by_another_process_are_a_problem_that_names_it(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    with holder(data) as process:
        (problem,) = problems(findings(root, data=data))
    assert problem == DoctorFinding(
        "problem",
        f"the data in {data} is in use by process {process}",
        "end that process first, or use other data: --data DIR or --no-data",
    )
    assert problems(findings(root, data=data)) == []


def test_data_in_use_by_a_homeport_dev_of_this_project_are_fine(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    dev = RunningInstance("http://127.0.0.1:1", "http://127.0.0.1:2", "local", str(data))
    with holder(data), announce(root, dev):
        found = findings(root, data=data, port=1)
    assert problems(found) == []
    texts = [finding.text for finding in found]
    assert "homeport dev runs already: stage local at http://127.0.0.1:1" in texts
    assert f"the data in {data} is that of a homeport dev of this project, which runs" in texts


def test_data_of_a_homeport_dev_at_another_port_are_in_use(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    data = make_data(root)
    dev = RunningInstance("http://127.0.0.1:1", "http://127.0.0.1:2", "local", str(data))
    with holder(data), announce(root, dev):
        (problem,) = problems(findings(root, data=data, port=0))
        assert problems(findings(root, data=None, port=0)) == []
    assert problem == DoctorFinding(
        "problem",
        f"the data in {data} is in use by homeport dev, stage local at http://127.0.0.1:1",
        "end that one first, or use other data: --data DIR or --no-data",
    )


def test_stored_table_that_can_not_become_the_wanted_one_is_a_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path, resources=RESOURCES.replace("noteId", "otherId"))
    data = make_data(root)
    (problem,) = problems(findings(root, data=data))
    assert problem.text == (
        "deploy/resources.yaml:3: NotesTable can't be changed in place: "
        "its primary key was (noteId S) and is (otherId S) now"
    )


def test_stored_table_that_was_deleted_since_is_no_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path, resources=RESOURCES.replace("noteId", "otherId"))
    data = make_data(root, ("CreateTable", TABLE), ("DeleteTable", {"TableName": TABLE["TableName"]}))
    assert problems(findings(root, data=data)) == []


def test_tables_that_the_engine_has_committed_are_known(tmp_path: Path) -> None:
    with running_engine(tmp_path, checkpoint_after=5) as stand:
        create_items_table(stand.client())
        for number in range(10):
            stand.client().put_item(TableName="items", Item={"itemId": {"S": str(number)}})
        assert eventually(lambda: not (tmp_path / "journal-0000000000000000.log").exists())
    table = examine_data(tmp_path)[1]["items"]
    assert table["KeySchema"] == [{"AttributeName": "itemId", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "itemId", "AttributeType": "S"}]


def test_seed_that_the_tables_can_not_take_is_a_problem_with_its_line(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    (root / "deploy/seed").mkdir()
    (root / "deploy/seed/local.json").write_text('{"NotesTable": [\n{"id": "1"}]}')
    (problem,) = problems(findings(root))
    assert problem.text == "deploy/seed/local.json:2: NotesTable: the item lacks its key noteId"
    assert problems(findings(root, dynamodb="none")) == []


def test_damaged_key_of_the_issuer_is_a_problem(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    (root / KEY_FILE).parent.mkdir(parents=True)
    (root / KEY_FILE).write_text("no key")
    (problem,) = problems(findings(root))
    assert problem.text == f"{root / KEY_FILE} is no private key"


def test_outside_dynamodb_that_does_not_answer_is_a_problem(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (problem,) = problems(findings(notes_project(tmp_path), dynamodb=f"http://127.0.0.1:{port}"))
    assert problem.text.startswith(f"http://127.0.0.1:{port} does not answer as DynamoDB does")


def test_fault_of_an_unknown_table_is_a_problem(tmp_path: Path) -> None:
    faults = Faults((parse_fault("NoteTable.PutItem=timeout"),))
    (problem,) = problems(findings(notes_project(tmp_path), faults=faults))
    assert "names the table 'NoteTable'" in problem.text


def test_taken_port_of_the_inspector_is_a_problem_only_if_it_was_chosen(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (problem,) = problems(findings(root, inspector_port=port, chosen_ports=frozenset(["--inspector-port"])))
        assert problems(findings(root, inspector_port=port)) == []
    assert problem.text.startswith(f"port {port} is in use by another program")


def test_doctor_has_every_option_of_dev(tmp_path: Path) -> None:
    asked = argparse.ArgumentParser(add_help=False)
    add_arguments(asked)
    help_text = homeport(tmp_path, "doctor", "--help").stdout
    assert [action.option_strings[0] for action in asked._actions if action.option_strings[0] not in help_text] == []
