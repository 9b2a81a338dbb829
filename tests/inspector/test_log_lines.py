"""A function's log as lines with levels and places, and the links from there to the project's sources."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.inspector.invocations import failure_of
from homeport.inspector.log_lines import ShownLine, log_lines
from homeport.inspector.sources import ShownSources, editor_address
from homeport.recordings.build_recording import places_of_lines
from tests.support.inspector import make_body, make_recording
from tests.support.project import notes_project
from tests.support.site import OWN, client_of, make_site

FAILED = """START RequestId: 12 Version: $LATEST
[INFO]\t2026-11-30T12:00:01.250Z\t12\tlooking for 1
plain
[ERROR] KeyError: 'price'
Traceback (most recent call last):
\u00a0\u00a0File "/app/service/handlers/x.py", line 9, in handler
\u00a0\u00a0\u00a0\u00a0return total["price"]
END RequestId: 12
homeport: a hint
"""
NODE = """2026-11-30T12:00:01.250Z\t12\tERROR\tInvoke Error\t{"stack":["x"]}
    at handler (file:///app/x.mjs:3:9)
2026-11-30T12:00:01.251Z\t12\tINFO\tgoes on
"""


def test_python_s_log_has_levels_times_and_a_traceback_that_follows_its_error() -> None:
    assert log_lines(FAILED, {1: ("/app/service/handlers/x.py", 4), 2: ("/app/service/handlers/x.py", 5)}) == [
        ShownLine("START Version: $LATEST", "platform"),
        ShownLine("looking for 1", "INFO", "12:00:01.250", ("/app/service/handlers/x.py", 4)),
        ShownLine("plain", place=("/app/service/handlers/x.py", 5)),
        ShownLine("KeyError: 'price'", "ERROR"),
        ShownLine("Traceback (most recent call last):", "ERROR", follows=True),
        ShownLine(
            '  File "/app/service/handlers/x.py", line 9, in handler',
            "ERROR",
            place=("/app/service/handlers/x.py", 9),
            follows=True,
        ),
        ShownLine('    return total["price"]', "ERROR", follows=True),
        ShownLine("END", "platform"),
        ShownLine("a hint", "homeport"),
    ]


def test_node_s_log_has_levels_and_stack_lines() -> None:
    error, frame, further = log_lines(NODE, {})
    assert (error.level, error.tone, error.time) == ("ERROR", "bad", "12:00:01.250")
    assert (frame.place, frame.follows) == (("/app/x.mjs", 3), True)
    assert (further.level, further.text) == ("INFO", "goes on")


def test_json_log_has_the_message_the_further_members_and_the_trace() -> None:
    entry: dict[str, object] = {
        "timestamp": "2026-11-30T12:00:01Z",
        "level": "ERROR",
        "message": "no price",
        "requestId": "12",
    }
    entry |= {"location": "/var/task/app.py:handler:12", "errorType": "KeyError", "errorMessage": "'price'", "item": 7}
    trace = ['  File "/var/task/app.py", line 9, in total\n    return 1\n']
    first, frame, code = log_lines(json.dumps({**entry, "stackTrace": trace}), {})
    assert (first.text, first.place) == (
        'no price  KeyError: \'price\'  {"location": "/var/task/app.py:handler:12", "item": 7}',
        ("/var/task/app.py", 12),
    )
    assert (frame.place, frame.follows, code.text) == (("/var/task/app.py", 9), True, "    return 1")
    (report,) = log_lines('{"time":"2026-11-30T12:00:01Z","type":"platform.report","record":{}}', {})
    assert report.level == "platform"


def test_places_are_found_again_in_the_log_between_lambda_s_lines() -> None:
    noted = [("lost", "/a.py", 1), ("one", "/a.py", 2), ("two", "/a.py", 3)]
    assert list(places_of_lines(b"START\none more\nEND\ntwo\n", noted)) == [(1, "/a.py", 2), (3, "/a.py", 3)]


def test_failure_has_its_words_and_its_trace_from_the_innermost_line_on() -> None:
    record = make_recording().function
    assert record is not None
    assert failure_of(record) is None
    frames = ['  File "/a.py", line 1, in handler\n    f()\n', '  File "/b.py", line 2, in f\n']
    python = {"errorType": "KeyError", "errorMessage": "'price'", "stackTrace": frames}
    failure = failure_of(replace(record, error="Unhandled", payload=make_body(python)))
    assert failure is not None
    assert (failure.text, failure.places) == ("KeyError: 'price'", (("/b.py", 2), ("/a.py", 1)))
    node = {
        "errorType": "Error",
        "errorMessage": "no",
        "trace": ["Error: no", "    at f (/b.js:2:1)", "    at /a.js:1:1"],
    }
    failure = failure_of(replace(record, error="Unhandled", payload=make_body(node)))
    assert failure is not None and failure.places == (("/b.js", 2), ("/a.js", 1))
    timeout = failure_of(replace(record, error="Unhandled", payload=make_body("none")))
    assert timeout is not None and timeout.text == "Unhandled"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {"service/x.py": "one\ntwo\n", ".env": "SECRET=1", ".hidden/x.py": "SECRET", "notes.txt": "SECRET"}
    for name, text in files.items():
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text(text)
    (tmp_path / "outside.py").write_text("SECRET")
    (tmp_path / "project" / "leads_out.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "project" / "leads_to_env.py").symlink_to(tmp_path / "project" / ".env")
    return tmp_path / "project"


def test_source_is_found_by_each_of_its_names(root: Path) -> None:
    files = ShownSources(root, (root / "service",))
    for name in ("service/x.py", str(root / "service/x.py"), "/var/task/service/x.py", "/var/task/x.py"):
        assert files.find(name) == root / "service/x.py"


@pytest.mark.parametrize(
    "name",
    [
        *("../outside.py", "/etc/passwd", "service/../../outside.py", ".env", ".hidden/x.py", "notes.txt", "service"),
        *("leads_out.py", "leads_to_env.py", "none.py", "", "/var/task/../outside.py"),
    ],
)
def test_nothing_but_the_project_s_code_is_shown(root: Path, name: str) -> None:
    assert ShownSources(root).find(name) is None


def test_editors_are_known_by_name_or_by_address() -> None:
    assert editor_address("VSCode") == "vscode://file{path}:{line}"
    assert editor_address("x://{path}#{line}") == "x://{path}#{line}"
    assert editor_address("ed") == editor_address("") == ""


def test_lines_of_a_log_lead_to_the_source_page_or_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = notes_project(tmp_path)
    handler = next((root / "service" / "handlers").glob("get_*.py"))
    name = str(handler.relative_to(root))
    recording = make_recording(log="hello\n")
    assert recording.function is not None
    recording = replace(recording, function=replace(recording.function, places=((0, str(handler), 2),)))
    client = client_of(make_site(root, recordings=[recording]))
    page = f"/requests/{recording.summary.id}"
    monkeypatch.delenv("HOMEPORT_EDITOR", raising=False)
    shown = client.get(page, headers=OWN).text
    assert f'{name.replace("/", "%2F")}&amp;line=2#line">{name}:2</a>' in shown
    source = client.get(f"/source?file={name}&line=2", headers=OWN).text
    assert 'class="here" id="line"><span class="line-number">2</span>' in source
    monkeypatch.setenv("HOMEPORT_EDITOR", "vscode")
    assert f'href="vscode://file{handler}:2"' in client.get(page, headers=OWN).text
    assert client.get("/source?file=../x.py", headers=OWN).status_code == 404
