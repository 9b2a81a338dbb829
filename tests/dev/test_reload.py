"""Saved files are live, with the real watcher, gateway and workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from homeport.contract.fixtures.stack import Stack, running_stack
from tests.support.project import RESOURCES, SPEC, notes_project, write_files
from tests.support.waiting import wait_until

SHARED = (
    "from service.words import WORD\n\ndef handler(event, context):\n    return {'statusCode': 200, 'body': WORD}\n"
)
SAYS = 'def handler(event, context):\n    return {{"statusCode": 200, "body": "{text}"}}\n'


FIRST = SAYS.format(text="first")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notes_project(tmp_path_factory.mktemp("notes"), get_note=FIRST)


@pytest.fixture(scope="module")
def running(project: Path) -> Iterator[Stack]:
    with running_stack(project, ("--no-data", "--reload")) as stack:
        yield stack


@pytest.fixture
def stack(running: Stack, project: Path) -> Iterator[Stack]:
    """The stack that most of the tests change in turn; each finds it as it was at first."""
    yield running
    notes_project(project, get_note=FIRST)
    await_answer(running, (200, "first"))


def answer(stack: Stack, path: str = "/notes/1") -> tuple[int, str]:
    reply = requests.get(f"{stack.url}{path}", timeout=60)
    return reply.status_code, reply.text


def await_answer(stack: Stack, wanted: tuple[int, str], path: str = "/notes/1") -> None:
    wait_until(lambda: answer(stack, path) == wanted, lambda: f"{answer(stack, path)}\n{stack.read_output()}")


def await_printed(stack: Stack, text: str) -> None:
    """Ask until the console names what is wrong: the first answers may be of a file that was written half."""

    def is_printed() -> bool:
        answer(stack)
        return text in stack.read_output()

    wait_until(is_printed, stack.read_output)


def truncate_and_write(handler: Path, text: str) -> None:
    handler.write_text(SAYS.format(text=text))


def write_in_pieces(handler: Path, text: str) -> None:
    code = SAYS.format(text=text)
    with handler.open("w") as opened:
        opened.write(code[:20])
        opened.flush()
        opened.write(code[20:])


def rename_over(handler: Path, text: str) -> None:
    draft = handler.with_name("get_note.py.tmp")
    draft.write_text(SAYS.format(text=text))
    draft.replace(handler)


def keep_a_backup(handler: Path, text: str) -> None:
    backup = handler.with_name("get_note.py~")
    handler.rename(backup)
    handler.write_text(SAYS.format(text=text))
    backup.unlink()


def change_a_shared_module(handler: Path, text: str) -> None:
    if handler.read_text() != SHARED:
        handler.write_text(SHARED)
    (handler.parents[1] / "words.py").write_text(f"WORD = {text!r}\n")


def add_a_module(handler: Path, text: str) -> None:
    (handler.parents[1] / f"{text}.py").write_text(f"WORD = {text!r}\n")
    handler.write_text(SHARED.replace("service.words", f"service.{text}"))


SAVES = (truncate_and_write, write_in_pieces, rename_over, keep_a_backup, change_a_shared_module, add_a_module)


def assert_saves_are_live(stack: Stack, project: Path, count: int) -> None:
    """Save ``count`` times, each way in its turn, beside two clients that never stop, and ask once after each save."""
    handler = project / "service/handlers/get_note.py"
    done = threading.Event()
    others: set[tuple[int, str]] = set()

    def keep_asking() -> None:
        while not done.is_set():
            reply = answer(stack)
            if reply[0] != 200:
                others.add(reply)

    clients = [threading.Thread(target=keep_asking) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        for number in range(count):
            save, text = SAVES[number % len(SAVES)], f"saved{number}"
            save(handler, text)
            assert answer(stack) == (200, text), f"{save.__name__}\n{stack.read_output()}"
    finally:
        done.set()
        for client in clients:
            client.join()
    assert not others, f"{others}\n{stack.read_output()}"


def test_a_saved_file_is_live_in_the_next_request_however_it_was_saved(stack: Stack, project: Path) -> None:
    assert answer(stack) == (200, "first")
    assert_saves_are_live(stack, project, 3 * len(SAVES))
    wait_until(lambda: "reloaded: service/handlers/get_note.py" in stack.read_output(), stack.read_output)


@pytest.mark.slow
def test_two_hundred_saves_are_live_in_their_next_requests(stack: Stack, project: Path) -> None:
    assert_saves_are_live(stack, project, 200)


def test_a_request_soon_after_a_save_starts_one_environment(tmp_path: Path) -> None:
    """The supervisor reports a change that a request has taken up: the environment that runs it stays."""
    project = notes_project(tmp_path, get_note=FIRST)
    with running_stack(project, ("--no-data", "--reload")) as stack:
        rename_over(project / "service/handlers/get_note.py", "second")
        assert answer(stack) == (200, "second")
        wait_until(lambda: "reloaded: " in stack.read_output(), stack.read_output)
        answers = [answer(stack) for _ in range(20)]
        assert answers == [(200, "second")] * 20
        wait_until(lambda: stack.read_output().count(" 200 ") == 21, stack.read_output)
        assert stack.read_output().count(" cold ") == 1


def test_a_spec_behind_a_link_is_live_however_it_is_saved(tmp_path: Path) -> None:
    real = notes_project(tmp_path / "real", get_note=FIRST)
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("openapi.yaml", "service", "deploy"):
        (linked / name).symlink_to(real / name)
    with running_stack(linked, ("--no-data", "--reload")) as stack:
        assert answer(stack) == (200, "first")
        write_files(real, {"openapi.yaml": SPEC.replace("/notes/", "/written/")})
        await_answer(stack, (200, "first"), "/written/1")
        draft = real / "draft"
        draft.write_text(SPEC.replace("/notes/", "/renamed/"))
        draft.replace(real / "openapi.yaml")
        await_answer(stack, (200, "first"), "/renamed/1")
        write_files(real, {"service/handlers/get_note.py": SAYS.format(text="second")})
        await_answer(stack, (200, "second"), "/renamed/1")


def test_a_syntax_error_fails_requests_is_named_on_the_console_only_and_can_be_mended(
    stack: Stack, project: Path
) -> None:
    write_files(project, {"service/handlers/get_note.py": "def handler(event, context:\n"})
    await_answer(stack, (500, '{"message":"Internal Server Error"}'))
    await_printed(stack, "UserCodeSyntaxError")
    await_printed(stack, "get_note.py, line 1")
    write_files(project, {"service/handlers/get_note.py": SAYS.format(text="mended")})
    await_answer(stack, (200, "mended"))


def test_a_new_route_is_live_and_a_broken_spec_leaves_the_old_ones(stack: Stack, project: Path) -> None:
    assert answer(stack, "/hello")[0] == 404
    added = SPEC + '  /hello:\n    get: {operationId: hello, responses: {"200": {description: Hello.}}}\n'
    write_files(project, {"service/handlers/hello.py": SAYS.format(text="hello"), "openapi.yaml": added})
    await_answer(stack, (200, "hello"), "/hello")
    write_files(project, {"openapi.yaml": "openapi: 3.0.3\npaths: ["})
    await_printed(stack, "something is wrong now")
    assert answer(stack, "/hello") == (200, "hello")
    reads_a_table = f"import os\n\nNAME = os.environ['NOTES_TABLE']\n\n\n{FIRST}"
    write_files(project, {"service/handlers/hello.py": reads_a_table, "openapi.yaml": added})
    await_printed(stack, "hello reads NOTES_TABLE at the start, and has no access to its table: every request fails")


def test_a_new_table_is_made(stack: Stack, project: Path) -> None:
    more = RESOURCES.replace("NotesTable", "OtherTable").replace("\nResources:\n", "")
    spec = SPEC.replace("{NotesTable: [GetItem]}", "{OtherTable: [GetItem]}")
    handler = """
        import os, boto3
        table = boto3.resource("dynamodb").Table(os.environ["OTHER_TABLE"])
        def handler(event, context):
            table.get_item(Key={"noteId": "1"})
            return {"statusCode": 200, "body": "made"}
        """
    write_files(
        project,
        {"deploy/resources.yaml": RESOURCES + more, "openapi.yaml": spec, "service/handlers/get_note.py": handler},
    )
    await_answer(stack, (200, "made"))


def test_a_saved_seed_fills_empty_tables_and_names_those_that_it_leaves(stack: Stack, project: Path) -> None:
    seed = "deploy/seed/local.json"
    write_files(project, {seed: '{"NotesTable": [{"noteId": "1"}]}'})
    await_printed(stack, f"filled NotesTable with 1 item of {seed}")
    write_files(project, {seed: '{"NotesTable": [{"noteId": "2"}]}'})
    await_printed(stack, "left NotesTable as before, for it has items")
    (project / seed).unlink()


def test_a_request_that_is_running_ends_on_the_old_code(stack: Stack, project: Path) -> None:
    slow = "import time\n\n" + SAYS.format(text="old").replace("    return", "    time.sleep(1)\n    return")
    write_files(project, {"service/handlers/get_note.py": slow})
    await_answer(stack, (200, "old"))
    answers: list[tuple[int, str]] = []
    running = threading.Thread(target=lambda: answers.append(answer(stack)))
    running.start()
    time.sleep(0.3)
    write_files(project, {"service/handlers/get_note.py": SAYS.format(text="new")})
    await_answer(stack, (200, "new"))
    running.join()
    assert answers == [(200, "old")]
