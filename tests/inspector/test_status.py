"""What every page shows of the stack: its processes and faults; and the pages of errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from homeport.inspector.status import shown_process
from homeport.process_states import ProcessState, ProcessStateFile, read_process_states
from homeport.recordings.store import Recordings
from tests.support.project import notes_project
from tests.support.site import OWN, TOKEN, client_of, make_site

GATEWAY = ProcessState("the gateway", "running", 12, url="http://127.0.0.1:8080/dev")
TABLES = ProcessState("the table set-up", "done")
PAGE = {**OWN, "Accept": "text/html"}


class FailingRecordings(Recordings):
    """Recordings whose reading is an error of the inspector."""

    def newest(self) -> int:
        """Raise the error."""
        raise RuntimeError("a fault of the code")


def test_states_are_written_when_one_changes_with_the_time_of_the_change(tmp_path: Path) -> None:
    now = [100.0]
    file = ProcessStateFile(tmp_path / "processes.json", lambda: now[0])
    file.write([GATEWAY, TABLES])
    now[0] = 101.0
    (tmp_path / "processes.json").unlink()
    file.write([GATEWAY, TABLES])
    assert read_process_states(tmp_path / "processes.json") == ()
    file.write([replace(GATEWAY, pid=None, state="starting", restarts=1, last_exit="signal SIGKILL"), TABLES])
    gateway, tables = read_process_states(tmp_path / "processes.json")
    assert gateway == ProcessState("the gateway", "starting", None, 1, "signal SIGKILL", GATEWAY.url, since=101.0)
    assert tables == replace(TABLES, since=100.0)


def test_process_is_named_with_its_port() -> None:
    shown = shown_process(GATEWAY)
    assert (shown.name, shown.tone, shown.port, shown.is_once) == ("Gateway", "ok", ":8080", False)
    assert shown_process(TABLES).is_once
    assert shown_process(ProcessState("DynamoDB", "starting")).tone == "warn"


def test_every_page_lists_the_processes_and_tells_which_is_gone(tmp_path: Path) -> None:
    site = make_site(notes_project(tmp_path))
    states = [GATEWAY, ProcessState("the recorder", "stopped", None, 5, "signal SIGKILL"), TABLES]
    ProcessStateFile(site.states).write(states)
    client = client_of(site)
    page = client.get("/requests", headers=PAGE).text
    assert "Gateway" in page and ":8080" in page
    assert "<strong>Recorder stopped:</strong> signal SIGKILL" in page
    assert "Table set-up" not in page
    assert "Table set-up" in client.get("/processes", headers=PAGE).text
    parts = client.get("/status", headers=OWN).json
    assert parts is not None
    assert "Recorder stopped" in parts["banners"] and "Gateway" in parts["processes"]


@pytest.mark.parametrize(
    ("path", "status", "title", "told"),
    [
        ("/nowhere", 404, "Not found", "The inspector has no page /nowhere."),
        ("/requests/none", 404, "Not recorded", "none"),
        ("/static", 404, "Not found", "no page /static"),
    ],
)
def test_page_that_is_not_there_is_explained(tmp_path: Path, path: str, status: int, title: str, told: str) -> None:
    client = client_of(make_site(notes_project(tmp_path)))
    reply = client.get(path, headers=PAGE)
    assert reply.status_code == status
    assert f"<h1>{title}</h1>" in reply.text and told in reply.text
    script = client.get(path, headers=OWN)
    assert (script.status_code, script.mimetype) == (status, "text/plain")


def test_error_of_the_inspector_itself_is_a_page(tmp_path: Path) -> None:
    site = make_site(notes_project(tmp_path))
    client = client_of(replace(site, recordings=FailingRecordings(tmp_path / "none.db")))
    reply = client.get("/requests", headers=PAGE)
    assert reply.status_code == 500
    assert "an error of the inspector itself" in reply.text
    assert "Traceback" not in reply.text


def test_rejected_request_gets_no_page(tmp_path: Path) -> None:
    client = client_of(make_site(notes_project(tmp_path)))
    reply = client.get("/requests", headers={**PAGE, "Host": "evil.example"})
    assert (reply.status_code, reply.mimetype) == (403, "text/plain")
    assert TOKEN not in reply.text
