"""``homeport dev`` in a terminal: what it shows, its keys, and the terminal afterwards."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.support.project import notes_project, write_files
from tests.support.terminal import Terminal, in_terminal
from tests.support.waiting import LAST_RESORT, wait_until

FAILING = """
def helper(event):
    return event["nothing"]

def handler(event, context):
    return helper(event)
"""
FAULT = "NotesTable.PutItem=InternalServerError"


BARE = """
openapi: 3.0.3
info: {title: Bare, version: 1.0.0}
paths:
  /:
    get:
      operationId: greet
      responses: {"200": {description: A greeting.}}
"""
GREET = 'def handler(event, context):\n    return {"statusCode": 200}\n'


class Opener(NamedTuple):
    """The folder of a program in the place of the one that opens browsers, and the file of what it was given."""

    folder: Path
    opened: Path


class Shown(NamedTuple):
    """``homeport dev`` in a terminal, when it is ready."""

    terminal: Terminal
    url: str
    inspector: str


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = notes_project(tmp_path_factory.mktemp("notes"), get_note=FAILING)
    seed = '{"NotesTable": [{"noteId": "seeded", "text": "from the seed"}]}'
    return write_files(root, {"deploy/seed/local.json": seed})


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Opener:
    found = Opener(tmp_path_factory.mktemp("bin"), tmp_path_factory.mktemp("opened") / "opened")
    for name in ("xdg-open", "open"):
        write_files(found.folder, {name: f'#!/bin/sh\necho "$1" > {found.opened}\n'})
        (found.folder / name).chmod(stat.S_IRWXU)
    return found


@pytest.fixture(scope="module")
def running(project: Path, opener: Opener) -> Iterator[Shown]:
    """One stack for all that leaves it running; its faults are on."""
    path = f"{opener.folder}{os.pathsep}{os.environ['PATH']}"
    with dev_in_terminal(project, "--fault", FAULT, PATH=path) as terminal:
        url = url_of(terminal)
        yield Shown(terminal, url, terminal.wait_for(r"^inspector (http[\w:/.]+)")[1])


@pytest.fixture
def shown(running: Shown) -> Shown:
    """The shared stack, of which the test sees only what it brings about itself."""
    running.terminal.forget()
    return running


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A stack of the test's own, with neither tables nor inspector."""
    project = write_files(
        tmp_path,
        {
            "openapi.yaml": BARE,
            "deploy/stages.yaml": "stages: {local: {}}\n",
            "service/handlers/greet.py": GREET,
        },
    )
    with dev_in_terminal(project, "--dynamodb", "none", "--no-record", "--no-inspector") as terminal:
        yield terminal


def dev(project: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "homeport", "dev", "--project", str(project), "--no-data"]
    return [*command, "--port", "0", "--dynamodb-port", "0", *options]


def dev_in_terminal(project: Path, *options: str, **variables: str) -> AbstractContextManager[Terminal]:
    own = {**os.environ, "DISPLAY": ":0", "TERM": "xterm", **variables}
    own.pop("NO_COLOR", None)
    return in_terminal(dev(project, *options), own)


def url_of(terminal: Terminal) -> str:
    url = terminal.wait_for(r"^ready (\S+)")[1]
    terminal.wait_for("press \\? for help")
    return url


def is_raw(settings: list[int]) -> bool:
    return not settings[3] & (termios.ICANON | termios.ECHO)


@pytest.fixture
def without_faults(shown: Shown) -> Iterator[None]:
    shown.terminal.press("f")
    shown.terminal.wait_for("faults are off")
    yield
    shown.terminal.press("f")
    shown.terminal.wait_for("faults are on")


def test_the_keys_are_listed(shown: Shown) -> None:
    shown.terminal.press("?")
    for message in ("open the inspector", "switch faults off", "clear the local tables", "quit"):
        shown.terminal.wait_for(message)


def test_keys_that_mean_nothing_do_nothing(shown: Shown) -> None:
    shown.terminal.press("zZ1 \n\x1b[Aä?")
    # Keys are read in turn: what any of them said would come before the list.
    shown.terminal.wait_for("open the inspector")
    assert shown.terminal.shown.lstrip().startswith("\x1b[36mo\x1b[0m  open"), shown.terminal.shown


@pytest.mark.usefixtures("without_faults")
def test_each_request_is_one_aligned_coloured_line_and_a_failure_names_its_own_frame(shown: Shown) -> None:
    requests.put(f"{shown.url}/notes/1", data="text", timeout=60)
    requests.get(f"{shown.url}/notes/1", timeout=60)
    line = r"^\d\d:\d\d:\d\d \x1b\[{colour}m{status}\x1b\[0m {{1,8}}[\d.]+ ms {method} /notes/1"
    shown.terminal.wait_for(line.format(colour=32, status=204, method="PUT   "))
    shown.terminal.wait_for(line.format(colour=31, status=500, method="GET   "))
    shown.terminal.wait_for(r"KeyError: 'nothing' \(service/handlers/get_note.py:3 in helper\)")


def test_faults_are_switched_off_and_on_again(shown: Shown) -> None:
    url, terminal = shown.url, shown.terminal
    assert requests.put(f"{url}/notes/1", data="text", timeout=60).status_code == 500
    terminal.press("f")
    terminal.wait_for("faults are off")
    assert requests.put(f"{url}/notes/1", data="text", timeout=60).status_code == 204
    terminal.press("f")
    terminal.wait_for(f"faults are on: {FAULT}")
    assert requests.put(f"{url}/notes/1", data="text", timeout=60).status_code == 500


def test_tables_are_cleared_only_after_a_yes(shown: Shown) -> None:
    terminal = shown.terminal
    items = f"{shown.inspector}/tables/NotesTable"
    put_through_inspector(shown.inspector, '{"noteId": "mine", "text": "kept"}')
    terminal.press("c")
    terminal.wait_for("clear all local tables and what other services hold\\?")
    terminal.press("n")
    terminal.wait_for("the tables stay as they are")
    assert "mine" in requests.get(items, timeout=60).text
    terminal.press("c")
    terminal.press("y")
    terminal.wait_for("clearing the local tables")

    def is_cleared() -> bool:
        shown = requests.get(items, timeout=60).text
        return "mine" not in shown and "seeded" in shown

    wait_until(is_cleared, lambda: terminal.shown)


def put_through_inspector(inspector: str, text: str) -> None:
    page = requests.get(f"{inspector}/tables", timeout=60).text
    token = page.split('homeport-token" content="')[1].split('"')[0]
    headers = {"Origin": inspector, "X-Homeport-Token": token}
    done = requests.put(f"{inspector}/tables/NotesTable/item", json={"text": text}, headers=headers, timeout=60)
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("key", ["o", "i"])
def test_the_inspector_is_opened_in_the_browser(shown: Shown, opener: Opener, key: str) -> None:
    opener.opened.unlink(missing_ok=True)
    shown.terminal.press(key)
    shown.terminal.wait_for(f"opening {shown.inspector}")
    wait_until(lambda: opener.opened.exists() and opener.opened.read_text() != "", lambda: "nothing was opened")
    assert opener.opened.read_text().strip() == shown.inspector


@pytest.mark.parametrize("way", ["q", "Ctrl-C", "SIGTERM", "SIGHUP", "failure"])
def test_the_terminal_is_as_before_however_it_ends(terminal: Terminal, way: str) -> None:
    before = terminal.settings()
    url_of(terminal)
    assert is_raw(terminal.settings())
    if way == "q":
        terminal.press("q")
    elif way == "Ctrl-C":
        terminal.press("\x03")
    elif way == "failure":
        end_the_gateway_again_and_again(terminal)
    else:
        terminal.process.send_signal(getattr(signal, way))
    assert terminal.process.wait(LAST_RESORT) == (2 if way == "failure" else 0)
    assert terminal.settings() == before


def end_the_gateway_again_and_again(terminal: Terminal) -> None:
    """Kill each gateway until the supervisor gives up."""
    while terminal.process.poll() is None:
        shown = subprocess.run(
            ["pgrep", "-f", "-P", str(terminal.process.pid), "homeport.gateway.process"],
            capture_output=True,
            text=True,
            check=False,
        )
        for pid in shown.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.05)


def test_after_suspension_and_fg_keys_work_again(shown: Shown) -> None:
    terminal = shown.terminal
    cooked = terminal.settings()
    cooked[3] |= termios.ICANON | termios.ECHO
    terminal.process.send_signal(signal.SIGSTOP)
    # What a shell does when its job stops.
    slave = os.open(Path(f"/proc/{terminal.process.pid}/fd/0").readlink(), os.O_RDWR | os.O_NOCTTY)
    termios.tcsetattr(slave, termios.TCSANOW, cooked)
    os.close(slave)
    terminal.process.send_signal(signal.SIGCONT)
    wait_until(lambda: is_raw(terminal.settings()), lambda: "keys would have to be entered")
    terminal.press("?")
    terminal.wait_for("open the inspector")


def test_without_a_terminal_there_are_no_keys_and_no_colours(tmp_path: Path) -> None:
    process = subprocess.Popen(
        dev(notes_project(tmp_path)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("ready "):
            requests.get(f"{line.split()[1]}/notes/1", timeout=60)
            process.stdin.write("q?")
            process.stdin.flush()
        if " ms GET " in line:
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=LAST_RESORT)
    shown = "".join(lines) + rest
    assert process.returncode == 0
    assert "\x1b" not in shown
    assert "press ?" not in shown
    assert "open the inspector" not in shown
    assert rest.endswith("stopped\n")
