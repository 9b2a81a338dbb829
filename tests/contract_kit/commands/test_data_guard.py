"""No command changes data that it did not create at a URL that is not this machine's."""

from __future__ import annotations

import argparse
import json
import shutil
import threading
from pathlib import Path

import pytest
import requests
import yaml

from homeport.cli import main, make_parser
from homeport.contract.created_resources import CreatedResource, note_created
from homeport.contract.fuzz.schemathesis_run import CREATED, FuzzOptions
from homeport.contract.har import to_har
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.recording_proxy import RecordingProxy
from homeport.contract.remote_data import DataGuard, is_remote
from homeport.contract.replay import compare_urls, open_guard, run_parity, run_replay
from homeport.errors import HomeportError
from homeport.http_client import is_local
from homeport.project.load import load_project
from homeport.project.project import ProjectInputs
from tests.support.notes_api import SEEDED, Notes, notes_api, notes_project

URL = "https://api.example.com/prod"


@pytest.fixture
def guard(tmp_path: Path) -> DataGuard:
    """A guard of the notes at an address of another machine."""
    return DataGuard(load_project(notes_project(tmp_path), "local").api, URL)


def created(id_: str) -> HttpExchange:
    location = (("Location", f"/prod/notes/{id_}"),)
    return HttpExchange("POST", f"{URL}/notes", status=201, reply_headers=location)


def test_a_guard_lets_requests_that_only_read_through(guard: DataGuard) -> None:
    assert all(guard.allows(method, "/notes/theirs?a=b") for method in ("GET", "HEAD", "OPTIONS", "TRACE"))


@pytest.mark.parametrize("request_line", ["PATCH /notes/theirs", "DELETE /notes/theirs?a=b", "DELETE /notes", "PUT /x"])
def test_a_guard_sends_no_write_to_what_the_run_did_not_create(guard: DataGuard, request_line: str) -> None:
    method, target = request_line.split()
    assert not guard.allows(method, target)
    assert guard.not_sent[0].startswith(f"{method} {target.partition('?')[0]}: ")


def test_a_guard_sends_writes_to_what_the_run_created(guard: DataGuard) -> None:
    guard.note(created("mine"))
    assert guard.allows("PATCH", "/notes/mine")
    assert guard.allows("DELETE", "/notes/mine")
    assert not guard.allows("DELETE", "/notes/mine2")


def test_a_guard_lets_a_post_create_something(guard: DataGuard) -> None:
    assert guard.allows("POST", "/notes", b'{"text": "new"}')


def test_a_guard_sends_no_create_under_an_id_that_may_be_taken(guard: DataGuard) -> None:
    body = b'{"noteId": "seed-1"}'
    assert not guard.allows("POST", "/notes", body)
    assert guard.not_sent == ["POST /notes: it names an id that may exist there"]
    guard.invent("seed-1-a1b2c3d4")
    assert guard.allows("POST", "/notes", b'{"noteId": "seed-1-a1b2c3d4"}')
    assert guard.allows("PATCH", "/notes/seed-1-a1b2c3d4")


def test_a_guard_knows_the_id_of_what_was_made_in_a_nested_collection(tmp_path: Path) -> None:
    root = notes_project(tmp_path)
    document = yaml.safe_load((root / "openapi.yaml").read_text())
    for path, method, id_ in (("/notes", "post", "createMemo"), ("/notes/{memoId}", "get", "getMemo")):
        document["paths"][f"/users/{{userId}}{path}"] = {method: {"operationId": id_, "responses": {}}}
    for name in ("create_memo", "get_memo"):
        shutil.copy(root / "service/handlers/get_note.py", root / f"service/handlers/{name}.py")
    (root / "openapi.yaml").write_text(yaml.safe_dump(document))
    guard = DataGuard(load_project(root, "local").api, URL)
    guard.note(HttpExchange("POST", f"{URL}/users/ada/notes", status=201, reply_body=b'{"memoId": "mine"}'))
    assert guard.allows("DELETE", "/users/ada/notes/mine")
    assert not guard.allows("DELETE", "/users/ada/notes/theirs")


@pytest.mark.parametrize("location", ["/prod/notes", "/prod/notes/", f"{URL}/notes?new=1", "/prod", "/prod/", "/"])
def test_a_location_of_a_whole_collection_makes_nothing_in_it_the_run_s_own(guard: DataGuard, location: str) -> None:
    guard.note(HttpExchange("POST", f"{URL}/notes", status=201, reply_headers=(("Location", location),)))
    assert not guard.allows("DELETE", "/notes")
    assert not guard.allows("DELETE", "/notes/theirs")


def test_an_empty_id_of_a_created_resource_makes_no_other_the_run_s_own(guard: DataGuard) -> None:
    guard.note(HttpExchange("POST", f"{URL}/notes", status=201, reply_body=b'{"noteId": ""}'))
    assert not guard.allows("PATCH", "/notes/theirs")


@pytest.mark.parametrize("path", ["/notes/mine/../theirs", "/notes/mine/%2E%2e/theirs", "/notes/mine/./../theirs"])
def test_a_guard_sends_no_write_whose_path_leads_out_of_what_the_run_created(guard: DataGuard, path: str) -> None:
    guard.note(created("mine"))
    assert not guard.allows("DELETE", path)


def test_a_guard_lets_a_post_name_what_the_run_created(guard: DataGuard) -> None:
    guard.note(HttpExchange("POST", f"{URL}/notes", status=201, reply_body=b'{"noteId": "mine"}'))
    assert guard.allows("POST", "/notes", b'{"noteId": "mine"}')


@pytest.mark.parametrize(
    "body",
    [
        b'{"ids": ["theirs"]}',
        b'{"noteIds": ["theirs"]}',
        b'[{"noteId": "theirs"}]',
        b'{"notes": [{"text": "a"}, {"id": 7}]}',
    ],
)
def test_a_guard_sends_no_batch_that_names_ids_which_may_be_taken(guard: DataGuard, body: bytes) -> None:
    assert not guard.allows("POST", "/notes", body)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1.example.com", "http://127.evil.example", "http://localhost.example.com", "http://0.0.0.0"]
)
def test_a_host_that_only_looks_like_this_machine_is_not_local(url: str) -> None:
    assert not is_local(url)


def test_every_loopback_address_is_local() -> None:
    assert all(is_local(url) for url in ("http://127.9.9.9:1/prod", "http://[::1]", "http://LOCALHOST:8080"))


def test_a_port_in_front_of_another_machine_is_remote() -> None:
    with notes_api() as own, notes_api(via=True) as theirs:
        assert not is_remote(own.url)
        assert is_remote(theirs.url)


@pytest.mark.stack
def test_the_recording_proxy_names_itself_only_before_another_machine() -> None:
    with notes_api() as own, RecordingProxy(0, own.url, lambda exchange: None) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True).start()
        assert not is_remote(proxy.url)
        # The same server by an address that is not known to be this machine's.
        proxy.upstream = proxy.upstream.replace("127.0.0.1", "0.0.0.0")
        assert is_remote(proxy.url)
        proxy.shutdown()


def recorded() -> list[HttpExchange]:
    """Requests as they were recorded elsewhere, where the run had made nothing of it."""
    base = "http://127.0.0.1:8080"

    def exchange(method: str, path: str, status: int, sent: object = None, reply: object = None) -> HttpExchange:
        body, answer = (b"" if each is None else json.dumps(each).encode() for each in (sent, reply))
        return HttpExchange(method, base + path, (), body, status, (), answer, base=base)

    return [
        exchange("GET", "/notes", 200, reply={"notes": [SEEDED]}),
        exchange("PATCH", "/notes/seed-1", 200, {"text": "mine"}, {"noteId": "seed-1", "text": "mine"}),
        exchange("POST", "/notes", 201, {"text": "a"}, {"noteId": "made-by-us-1", "text": "a"}),
        exchange("PATCH", "/notes/made-by-us-1", 200, {"text": "b"}, {"noteId": "made-by-us-1", "text": "b"}),
        exchange("DELETE", "/notes/seed-1", 204),
        exchange("DELETE", "/notes", 204),
    ]


def unharmed(api: Notes) -> bool:
    writes = {line for line in api.received if not line.startswith(("GET", "HEAD", "OPTIONS", "TRACE"))}
    return api.items == {"seed-1": SEEDED} and not writes & {"DELETE /notes", "DELETE /notes/seed-1"}


def options_of(project: Path, **more: object) -> argparse.Namespace:
    shared = {"project": project, "stage": "local", "header": [], "token": None, "api_key": None, "seed": 1}
    return argparse.Namespace(**{**shared, "max_examples": 2, "inputs": ProjectInputs(), "api": None, **more})


def test_a_replay_leaves_what_others_made_and_removes_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "calls.har"
    archive.write_text(to_har(recorded()))
    with notes_api("/prod", via=True) as api:
        run_replay(options_of(notes_project(tmp_path / "p"), file=archive, url=api.url))
        assert unharmed(api)
        assert "PATCH /notes/seed-1" not in api.received
    said = capsys.readouterr().err
    assert "homeport: not sent: PATCH /notes/seed-1: it may change what this run did not create\n" in said
    assert "homeport: not sent: DELETE /notes: it may change" in said


def test_a_replay_at_this_machine_sends_everything(tmp_path: Path) -> None:
    archive = tmp_path / "calls.har"
    archive.write_text(to_har(recorded()))
    with notes_api() as api:
        run_replay(options_of(tmp_path, file=archive, url=api.url))
        assert {"PATCH /notes/seed-1", "DELETE /notes/seed-1", "DELETE /notes"} <= set(api.received)


def test_parity_of_an_archive_leaves_what_others_made_on_both_sides(tmp_path: Path) -> None:
    archive = tmp_path / "calls.har"
    archive.write_text(to_har(recorded()))
    with notes_api(via=True) as first, notes_api("/prod", via=True) as second:
        run_parity(options_of(notes_project(tmp_path / "p"), file=archive, first=first.url, second=second.url))
        assert unharmed(first)
        assert unharmed(second)


@pytest.mark.parametrize("command", ["replay", "parity"])
def test_an_interrupted_run_removes_what_it_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    archive, project = tmp_path / "calls.har", notes_project(tmp_path / "p")
    archive.write_text(to_har(recorded()[2:3]))

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("homeport.contract.replay.compare_responses", interrupt)
    with notes_api(via=True) as first, notes_api("/prod", via=True) as second, pytest.raises(KeyboardInterrupt):
        options = options_of(project, file=archive, url=first.url, first=first.url, second=second.url)
        (run_replay if command == "replay" else run_parity)(options)
    assert any(line.startswith("POST") for line in first.received)
    assert unharmed(first)
    assert unharmed(second)


def test_an_interrupted_fuzz_run_removes_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = notes_project(tmp_path)

    def make_a_note_and_be_interrupted(_: Path, url: str, options: FuzzOptions, __: object) -> int:
        made = requests.post(f"{url}/notes", json={"text": "mine"}, timeout=60)
        options.report.mkdir(parents=True)
        note_created(options.report / CREATED, CreatedResource("POST", "/notes", made.headers["Location"]))
        raise KeyboardInterrupt

    monkeypatch.setattr("homeport.contract.run.parts.fuzz", make_a_note_and_be_interrupted)
    with notes_api("/prod", via=True) as api:
        assert main(["test", "--project", str(project), "--url", api.url]) == 130
        assert "POST /notes" in api.received
        assert unharmed(api)
    assert capsys.readouterr().err.endswith("homeport: interrupted\n")


def test_parity_pairs_no_items_by_their_place_in_a_list() -> None:
    """The id of a seeded note is another on each side, at the same place of the list."""
    listed, changed = recorded()[:2]
    with notes_api() as first, notes_api() as second:
        second.items = {"other-9": {"noteId": "other-9", "text": "theirs"}}
        list(compare_urls([listed, changed], first.url, second.url))
        assert "PATCH /notes/other-9" not in second.received
        assert second.items == {"other-9": {"noteId": "other-9", "text": "theirs"}}


@pytest.mark.stack
def test_generated_parity_leaves_what_others_made_and_removes_its_own(tmp_path: Path) -> None:
    with notes_api() as first, notes_api("/prod", via=True) as second:
        run_parity(options_of(notes_project(tmp_path / "p"), file=None, first=first.url, second=second.url))
        assert any(line == "POST /notes" for line in second.received)
        assert unharmed(first)
        assert unharmed(second)


def test_a_remote_url_without_a_readable_spec_is_one_clear_error(tmp_path: Path) -> None:
    with notes_api(via=True) as api, pytest.raises(HomeportError, match="may hold others' data"):
        open_guard(tmp_path, "local", api.url)


@pytest.mark.parametrize("command", ["test", "replay", "parity"])
def test_the_help_of_a_command_that_sends_requests_says_what_it_changes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "At the URL of another machine, a run changes only resources that it created itself" in said
