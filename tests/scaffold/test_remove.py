"""homeport remove."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.project.check import examine_project
from homeport.project.load import load_project
from homeport.scaffold.add import add_operation
from homeport.scaffold.new_operation import parse_access, parse_operation
from homeport.scaffold.remove import remove_operation
from homeport.scaffold.yaml_spans import SpanError, add_entry, remove_entry
from tests.scaffold.test_yaml_spans import ENTRY, TEXTS
from tests.support.project import SPEC
from tests.support.scaffold import contents, homeport, make_project, write_notes

NODE_STAGES = "defaults: {flavor: http, runtime: nodejs22.x}\nstages: {local: {}}\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A project with its helper modules, so that an operation is the only thing that ``add`` adds."""
    root = write_notes(tmp_path / "notes")
    add(root, "ping", "GET", "/ping")
    return root


def add(root: Path, name: str, method: str, path: str, *access: str, function: str | None = None) -> None:
    add_operation(root, "local", parse_operation(name, method, path, parse_access(access), function))


OPERATIONS = (
    ("createNote", "POST", "/notes", "NotesTable:PutItem"),
    ("getOther", "GET", "/others/{noteId}", "NotesTable:GetItem"),
    ("patchNote", "PATCH", "/notes/{noteId}", "NotesTable:UpdateItem"),
    ("deleteNote", "DELETE", "/notes/{noteId}", "NotesTable:DeleteItem"),
    ("listNotes", "GET", "/notes", "NotesTable:Scan"),
    ("anything", "HEAD", "/any/{rest+}"),
)


@pytest.mark.parametrize(
    ("stages", "shared"), [("", None), ("", "together"), (NODE_STAGES, None)], ids=["alone", "in a group", "in Node.js"]
)
def test_an_added_operation_is_removed_to_the_last_character(notes: Path, stages: str, shared: str | None) -> None:
    if stages:
        (notes / "deploy" / "stages.yaml").write_text(stages)
    before = contents(notes)
    for name, method, path, *access in OPERATIONS:
        add(notes, name, method, path, *access, function=shared)
    for name, *_ in reversed(OPERATIONS):
        module = next(file for file in (notes / "service" / "handlers").glob("*") if _snake(name) == file.stem)
        assert remove_operation(notes, "local", name) == [
            "changed openapi.yaml",
            f"removed {module.relative_to(notes)}",
            f"removed tests/contract/test_{module.stem}.py",
        ]
    assert contents(notes) == before


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def test_a_dry_run_says_the_same_and_changes_nothing(notes: Path) -> None:
    add(notes, "createNote", "POST", "/notes", "NotesTable:PutItem")
    before = contents(notes)
    lines = remove_operation(notes, "local", "createNote", dry_run=True)
    assert contents(notes) == before
    assert remove_operation(notes, "local", "createNote") == lines


def test_a_handler_and_a_test_that_were_changed_stay_unless_they_are_asked_for(notes: Path) -> None:
    add(notes, "createNote", "POST", "/notes", "NotesTable:PutItem")
    handler, test = notes / "service/handlers/create_note.py", notes / "tests/contract/test_create_note.py"
    handler.write_text(handler.read_text() + "# mine\n")
    test.write_text(test.read_text() + "# mine\n")
    reason = "it is not as homeport wrote it (--force removes it too)"
    assert remove_operation(notes, "local", "createNote") == [
        "changed openapi.yaml",
        f"kept service/handlers/create_note.py: {reason}",
        f"kept tests/contract/test_create_note.py: {reason}",
    ]
    assert handler.exists()
    assert test.exists()
    with pytest.raises(HomeportError, match="exists already"):
        add(notes, "createNote", "POST", "/notes")


def test_a_handler_as_init_wrote_it_goes_and_the_test_that_calls_it_is_named(tmp_path: Path) -> None:
    root = make_project(tmp_path, "fresh")
    lines = remove_operation(root, "local", "listTasks")
    assert lines[:2] == ["changed openapi.yaml", "removed service/handlers/list_tasks.py"]
    assert not [line for line in lines if line.startswith("still called")]
    lines = remove_operation(root, "local", "createTask")
    assert "removed service/handlers/create_task.py" in lines
    assert [line for line in lines if line.startswith("still called: tests/contract/test_tasks.py:5: ")]
    handler = root / "service/handlers/get_task.py"
    handler.write_text(f"{handler.read_text()}# mine\n")
    assert "kept service/handlers/get_task.py" in "\n".join(remove_operation(root, "local", "getTask"))


def test_the_error_response_that_is_left_is_used_again(tmp_path: Path) -> None:
    root = make_project(tmp_path, "fresh")
    for name in ("listTasks", "createTask", "getTask", "replaceTask", "deleteTask"):
        remove_operation(root, "local", name)
    add(root, "createNote", "POST", "/notes")
    document = load_project(root).api.document["paths"]["/notes"]["post"]["responses"]
    assert [document[status] for status in ("4XX", "5XX")] == [{"$ref": "#/components/responses/Error"}] * 2


def test_force_removes_changed_files_too(notes: Path) -> None:
    assert remove_operation(notes, "local", "getNote", force=True)[:2] == [
        "changed openapi.yaml",
        "removed service/handlers/get_note.py",
    ]


def test_a_handler_of_another_route_stays_even_with_force(notes: Path) -> None:
    spec = (notes / "openapi.yaml").read_text()
    (notes / "openapi.yaml").write_text(
        spec.replace("x-homeport: {access: {NotesTable: [PutItem]}}", "x-homeport: {handler: get_note}")
    )
    lines = remove_operation(notes, "local", "getNote", force=True)
    assert lines[1] == "kept service/handlers/get_note.py: it serves PUT /notes/{noteId} too"
    assert (notes / "service/handlers/get_note.py").exists()


def test_settings_of_the_route_go_and_other_lines_stay(notes: Path) -> None:
    stages = (
        "defaults:\n  flavor: http\n  # the busy ones\n  throttle:\n    routes:\n"
        "      getNote: {rate: 5, burst: 5}  # slow\n"
        "      putNote: {rate: 7, burst: 7}\nstages:\n  local: {}\n"
        '  prod:\n    throttle: {routes: {"GET /notes/{noteId}": {rate: 9, burst: 9}}}\n'
    )
    (notes / "deploy" / "stages.yaml").write_text(stages)
    assert remove_operation(notes, "local", "getNote")[:2] == ["changed openapi.yaml", "changed deploy/stages.yaml"]
    assert (notes / "deploy" / "stages.yaml").read_text() == stages.replace(
        "      getNote: {rate: 5, burst: 5}  # slow\n", ""
    ).replace('"GET /notes/{noteId}": {rate: 9, burst: 9}', "")
    assert [problem for problem in examine_project(notes, "prod") if problem.severity == "error"] == []


def test_unused_components_and_tables_stay_and_are_named(notes: Path) -> None:
    for name in ("getNote", "putNote"):
        lines = remove_operation(notes, "local", name, force=True)
    assert lines[-1] == "kept NotesTable (deploy/resources.yaml:2): no function has access to it now"
    root = make_project(notes.parent, "items-api", "items")
    lines = remove_operation(root, "local", "batchGetItems", dry_run=True)
    unused = [line.split()[1] for line in lines if line.endswith("nothing refers to it now")]
    assert unused
    named = [line for line in lines if line.startswith("still named: ")]
    text = (root / "openapi.yaml").read_text()
    assert all(line.partition(": ")[2].partition(": ")[2] in text for line in named)


def test_an_anchor_that_others_need_keeps_its_operation(tmp_path: Path) -> None:
    spec = SPEC.replace('responses: {"200": {description: The note.}}', 'responses: &ok {"200": {description: Ok.}}')
    spec = spec.replace('responses: {"204": {description: Kept.}}', "responses: *ok")
    root = write_notes(tmp_path / "notes", spec)
    before = contents(root)
    with pytest.raises(HomeportError):
        remove_operation(root, "local", "getNote", force=True)
    assert contents(root) == before


def test_an_unknown_operation_names_the_nearest(notes: Path) -> None:
    with pytest.raises(HomeportError, match="there is no operation 'getNot'") as caught:
        remove_operation(notes, "local", "getNot")
    assert caught.value.hint == "did you mean getNote?"


@pytest.mark.stack
def test_the_command_lists_what_went_and_what_stays(notes: Path) -> None:
    done = homeport(notes, "remove", "ping", "--dry-run")
    assert done.stdout.splitlines() == [
        "changed openapi.yaml",
        "removed service/handlers/ping.py",
        "removed tests/contract/test_ping.py",
        "nothing has changed: this was a dry run",
    ]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_added_entry_is_removed_to_the_last_character(text: str) -> None:
    started = add_entry(text, ("paths",), "/a", {"get": 1}) if "/a" not in text else text
    added = add_entry(started, ("paths",), "/b", ENTRY)
    removed = remove_entry(added, ("paths", "/b"))
    assert removed == started if started.endswith(("\n", "}")) else removed == f"{started}\n"


def test_the_last_entry_leaves_an_empty_map() -> None:
    assert (
        remove_entry("a: 1\npaths: # none\n  /a:\n    get: 1\nz: 1\n", ("paths", "/a"))
        == "a: 1\npaths: {} # none\nz: 1\n"
    )
    assert remove_entry('{"paths": {"/a": 1}}', ("paths", "/a")) == '{"paths": {}}'


def test_one_empty_line_stays_between_what_was_apart() -> None:
    text = "paths:\n  /a: 1\n\n  # of b\n  /b: 1\n\n  /c: 1\n"
    assert remove_entry(text, ("paths", "/b")) == "paths:\n  /a: 1\n\n  # of b\n\n  /c: 1\n"
    assert remove_entry(text, ("paths", "/c")) == "paths:\n  /a: 1\n\n  # of b\n  /b: 1\n\n"


def test_nothing_is_removed_where_nothing_is() -> None:
    with pytest.raises(SpanError, match="paths → /x is not there"):
        remove_entry("paths: {}\n", ("paths", "/x"))
