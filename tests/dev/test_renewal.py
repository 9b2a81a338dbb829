"""The functions' packages change while the functions run, by service/requirements.txt."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.environment import read_environment
from tests.support.project import notes_project, write_files
from tests.support.waiting import wait_until
from tests.support.wheels import write_wheel

READS = """
import time

def handler(event, context):
    try:
        import pocket
    except ModuleNotFoundError as error:
        return {"statusCode": 200, "body": str(error)}
    return {"statusCode": 200, "body": pocket.SAYS}
"""
# The request ends once it may, and in any case before API Gateway's own limit.
SLOW = """
import pathlib, time

def handler(event, context):
    ends = time.monotonic() + 8
    while time.monotonic() < ends and not pathlib.Path({may_end!r}).exists():
        time.sleep(0.05)
    return {{"statusCode": 200, "body": "old"}}
"""


@pytest.fixture(scope="module")
def may_end(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("orders") / "may_end"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, may_end: Path) -> Path:
    slow = SLOW.format(may_end=str(may_end))
    return notes_project(tmp_path_factory.mktemp("project"), get_note=READS, put_note=slow)


@pytest.fixture(scope="module")
def stack(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # What is installed here is of no use to anyone else.
    cache = tmp_path_factory.mktemp("cache")
    for made in read_environment().cache_dir.glob("[!.]*"):
        (cache / made.name).symlink_to(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEPORT_CACHE_DIR", str(cache))
        with running_stack(project, ("--no-data", "--reload")) as stack:
            yield stack


def await_text(stack: Stack, wanted: str) -> None:
    def read() -> str:
        return requests.get(f"{stack.url}/notes/1", timeout=60).text

    wait_until(lambda: read() == wanted, lambda: f"still {read()}\n{stack.read_output()}")


def await_printed(stack: Stack, text: str) -> None:
    wait_until(lambda: text in stack.read_output(), stack.read_output)


def test_requirements_that_cannot_be_installed_leave_the_old_ones(stack: Stack, project: Path) -> None:
    write_files(project, {"service/requirements.txt": "./no-such-file.whl\n"})
    await_printed(stack, "the functions' packages stay as they were: pip could not install requirements.txt")
    await_text(stack, "No module named 'pocket'")


def test_changed_requirements_are_installed_and_live_and_requests_that_run_end_on_the_old_ones(
    stack: Stack, project: Path, may_end: Path, tmp_path: Path
) -> None:
    await_text(stack, "No module named 'pocket'")
    answers: list[requests.Response] = []
    running = threading.Thread(target=lambda: answers.append(requests.put(f"{stack.url}/notes/1", timeout=60)))
    wheel = write_wheel(tmp_path, "pocket", "1.0", "SAYS = 'one'\n")
    installs = stack.read_output().count("installing functions packages")
    write_files(project, {"service/requirements.txt": f"{wheel}\n"})
    wait_until(lambda: stack.read_output().count("installing functions packages") > installs, stack.read_output)
    running.start()
    await_text(stack, "one")
    may_end.touch()
    running.join()
    assert [answer.text for answer in answers] == ["old"]
    await_printed(stack, "functions run on the new packages")
    assert "ended" not in stack.read_output()
