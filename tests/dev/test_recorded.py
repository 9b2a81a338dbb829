"""``homeport record``, ``replay`` and ``save-test`` beside stacks that run, as a person uses them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from homeport.child_process import DATABASE
from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.contract.har import from_har
from homeport.recordings.store import Recordings
from tests.support.commands import assert_one_clear_line, homeport_here
from tests.support.project import write_files
from tests.support.waiting import LAST_RESORT, wait_until

ROOT = Path(__file__).parents[2]
HELLO_SPEC = """
openapi: 3.0.3
info: {title: Hello, version: 1.0.0}
paths:
  /hello: {get: {operationId: hello, responses: {"200": {description: A greeting.}}}}
"""
HELLO = """
def handler(event, context):
    return {"statusCode": 200, "body": "hello"}
"""
CONFTEST = """
import os, pytest

@pytest.fixture
def homeport_url() -> str:
    return os.environ["HOMEPORT_URL"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The items API, in a folder of its own, without seeds."""
    root = tmp_path_factory.mktemp("items")
    for name in ("openapi.yaml", "service", "deploy/resources.yaml", "deploy/stages.yaml"):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(ROOT / name)
    return root


@pytest.fixture(scope="module")
def stack(project: Path) -> Iterator[Stack]:
    with running_stack(project, ("--no-data", "--inspected"), state=project / ".homeport") as stack:
        yield stack


@pytest.fixture(scope="module")
def other() -> Iterator[Stack]:
    """Another stack of the same API, empty."""
    with running_stack(ROOT) as stack:
        yield stack


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return homeport_here(project, *words)


def replay(file: Path, url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "homeport", "replay", str(file), "--url", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def id_of(reply: requests.Response) -> str:
    return reply.headers["Apigw-Requestid"]


def await_recorded(stack: Stack, reply: requests.Response) -> None:
    """Wait until a request is in the recorder's database, which it reaches after its response."""
    recordings = Recordings(stack.state / DATABASE)
    wait_until(lambda: any(each.id == id_of(reply) for each in recordings.page().rows), stack.read_output)


def test_recorded_requests_are_an_archive_that_can_be_replayed(
    project: Path, stack: Stack, other: Stack, tmp_path: Path
) -> None:
    made = requests.post(f"{stack.url}/items", json={"name": "Replayed"}, timeout=60)
    item = f"{stack.url}/items/{made.json()['itemId']}"
    await_recorded(stack, requests.get(item, headers={"Authorization": "Bearer abcdefgh"}, timeout=60))
    file = tmp_path / "x.har"
    done = run(project, "record", "--last", "2", "--out", str(file))
    assert (done.returncode, done.stderr) == (0, f"kept 2 exchanges in {file}\n")
    assert [call.method for call in from_har(file.read_text())] == ["POST", "GET"]
    assert "abcdefgh" not in file.read_text()
    replayed = replay(file, other.url)
    assert replayed.stdout == "every answer is as recorded\n", replayed.stderr
    assert "sent without Authorization" in replayed.stderr


def test_a_filter_chooses_what_is_kept(project: Path, stack: Stack) -> None:
    await_recorded(stack, requests.get(f"{stack.url}/items/no-such-one", timeout=60))
    done = run(project, "record", "--status", "4xx", "--operation", "getItem", "--filter", "NO-SUCH", "--out", "-")
    assert [call.status for call in from_har(done.stdout)] == [404]


def test_follow_keeps_what_comes_until_ctrl_c(project: Path, stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "x.har"
    command = [sys.executable, "-m", "homeport", "record", "--project", str(project), "--follow", "--out", str(file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"recording into {file}, Ctrl-C ends it\n"
        requests.get(f"{stack.url}/items/followed", timeout=60)
        wait_until(lambda: "followed" in file.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(LAST_RESORT) == 0
        assert process.stderr.read() == f"kept 1 exchanges in {file}\n"
    assert [call.url for call in from_har(file.read_text())] == [f"{stack.url}/items/followed"]


@pytest.mark.parametrize(("options", "kept"), [((), "Bearer ***"), (("--keep-secrets",), "Bearer abcdefgh")])
def test_a_port_in_front_of_any_url_records_too(
    other: Stack, tmp_path: Path, options: tuple[str, ...], kept: str
) -> None:
    file = tmp_path / "x.har"
    command = [sys.executable, "-m", "homeport", "record", "--url", other.url, "--out", str(file), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r" at (http://\S+) into", process.stderr.readline())
        assert found is not None
        headers = {"Authorization": "Bearer abcdefgh"}
        made = requests.post(f"{found[1]}/items", json={"name": "Passed on"}, headers=headers, timeout=60)
        assert made.status_code == 201
        assert requests.get(f"{found[1]}/items/{made.json()['itemId']}", timeout=60).json() == made.json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LAST_RESORT) == 0
    first, second = from_har(file.read_text())
    assert dict(first.headers)["Authorization"] == kept
    assert json.loads(second.reply_body) == made.json()
    assert replay(file, other.url).returncode == 0


def test_a_saved_test_runs_by_itself(project: Path, stack: Stack, other: Stack, tmp_path: Path) -> None:
    url = stack.url
    post = requests.post(f"{url}/items", json={"name": "Lamp", "price": 24.9}, timeout=60)
    get = requests.get(f"{url}/items/{post.json()['itemId']}", timeout=60)
    chosen = requests.post(f"{url}/items", data=b'{"itemId": "mine", "name": "Widget"}', timeout=60)
    again = requests.post(f"{url}/items", json={"itemId": "mine", "name": "Widget"}, timeout=60)
    put = requests.put(f"{url}/items/new-9", json={"name": "New"}, timeout=60)
    etag = {"If-Match": put.headers["ETag"]}
    changed = requests.patch(f"{url}/items/new-9", json={"price": 3}, headers=etag, timeout=60)
    listed = requests.get(f"{url}/items", timeout=60)
    deleted = requests.delete(f"{url}/items/new-9", timeout=60)
    gone = requests.get(f"{url}/items/new-9", timeout=60)
    bad = requests.post(f"{url}/items", json={"name": 5}, timeout=60)
    replies = (post, get, chosen, again, put, changed, listed, deleted, gone, bad)
    assert [reply.status_code for reply in replies] == [201, 200, 201, 409, 201, 200, 200, 204, 404, 400]
    for number, reply in enumerate(replies):
        file = tmp_path / f"test_saved_{number}.py"
        done = run(project, "save-test", id_of(reply)[:9], "--out", str(file))
        assert (done.returncode, done.stdout) == (0, f"{file}\n"), done.stderr
    write_files(tmp_path, {"conftest.py": CONFTEST})
    for _ in range(2):
        ran = pytest_in(tmp_path, other.url)
        assert ran.returncode == 0, ran.stdout
        assert "10 passed" in ran.stdout


def test_a_saved_test_fails_where_the_answer_is_another(project: Path, stack: Stack, tmp_path: Path) -> None:
    reply = requests.post(f"{stack.url}/items", json={"name": "Honest"}, timeout=60)
    file = tmp_path / "test_saved.py"
    assert run(project, "save-test", id_of(reply), "--out", str(file)).returncode == 0
    archive = file.with_suffix(".har")
    archive.write_text(archive.read_text().replace(r"\"active\"", r"\"draft\""))
    write_files(tmp_path, {"conftest.py": CONFTEST})
    assert "1 failed" in pytest_in(tmp_path, stack.url).stdout


def pytest_in(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        command, env={"HOMEPORT_URL": url}, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_test_that_is_there_is_not_written_over(project: Path, stack: Stack, tmp_path: Path) -> None:
    reply = requests.get(f"{stack.url}/items/none", timeout=60)
    file = tmp_path / "test_mine.py"
    file.write_text("mine")
    done = run(project, "save-test", id_of(reply), "--out", str(file))
    assert_one_clear_line(done, f"{file} is there already")
    assert file.read_text() == "mine"
    assert run(project, "save-test", id_of(reply), "--out", str(file), "--force").returncode == 0


def test_an_id_that_begins_with_a_dash_is_no_option(project: Path) -> None:
    assert_one_clear_line(run(project, "save-test", "-7X0teHh"), "no recorded request has the id '-7X0teHh'")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("record", "--keep-secrets"), "keeps no secrets"),
        (("record", "--url", "ftp://x"), "'ftp://x' is no http or https URL"),
        (("record", "--status", "4x"), "'4x' is no status"),
        (("record", "--out", "/no/such/folder/x.har"), "/no/such/folder/x.har can't be written"),
        (("save-test", "abc"), "'abc' is too short for an id"),
    ],
)
def test_impossible_command_is_one_clear_line(
    project: Path, stack: Stack, words: tuple[str, ...], message: str
) -> None:
    requests.get(f"{stack.url}/items/any", timeout=60)
    assert_one_clear_line(run(project, *words), message)


def test_where_nothing_was_recorded_it_is_said(tmp_path: Path) -> None:
    assert_one_clear_line(run(tmp_path, "record"), "nothing has been recorded yet")
    assert_one_clear_line(run(tmp_path, "save-test", "abcdef"), "nothing has been recorded yet")


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_a_request_just_before_the_end_is_recorded(tmp_path: Path, seconds: float) -> None:
    """The recorder, which starts with the first request, may not have begun, or may be importing."""
    write_files(tmp_path, {"openapi.yaml": HELLO_SPEC, "service/handlers/hello.py": HELLO})
    options = ("--dynamodb", "none", "--inspected")
    with running_stack(tmp_path, options, state=tmp_path / ".homeport") as stack:
        reply = requests.get(f"{stack.url}/hello", timeout=60)
        time.sleep(seconds)
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(LAST_RESORT) == 0
    assert [each.id for each in Recordings(tmp_path / ".homeport" / DATABASE).page().rows] == [id_of(reply)]
