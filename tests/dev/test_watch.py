"""The files whose changes count: those that stay, not those that editors use while they save."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change, watch

from homeport.dev.watch import changes_in, lasting_paths, new_warnings, say_if_slow
from homeport.errors import Problem
from homeport.project.source_places import OWN_PLACES

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "name",
    [
        "get_note.py~",
        "get_note.py.bak",
        "get_note.py.tmp",
        "get_note.py.tmp.8123",
        "get_note.py.tmp.8123.1722512",
        "get_note.py.8123",
        "get_note.py.swp",
        "get_note.py.swx",
        "get_note.py.temp",
        "get_note.py___jb_tmp___",
        "get_note.py___jb_old___",
        "#get_note.py#",
        "4913",
        "sedK2wLx1",
        "tmpx0q_k3aa",
    ],
)
def test_a_file_that_an_editor_saves_by_is_temporary(name: str) -> None:
    assert not OWN_PLACES.has(Path("service", "handlers", name))


@pytest.mark.parametrize("name", ["dev.log", "nohup.out"])
def test_output_of_a_program_that_runs_is_no_source(name: str) -> None:
    assert not OWN_PLACES.has(Path("service", name))


@pytest.mark.parametrize(
    "name",
    [
        "get_note.py",
        "template.py",
        "tmp.py",
        "temperature.json",
        "v1.2.json",
        "2024.csv",
        "2024",
        "lib.so.6",
        "sed.py",
        "bak",
    ],
)
def test_a_file_of_the_project_is_not_temporary(name: str) -> None:
    assert OWN_PLACES.has(Path("service", "handlers", name))


def test_a_file_that_came_and_went_is_no_change(tmp_path: Path) -> None:
    kept, new, gone, removed = (str(tmp_path / name) for name in ("kept.py", "new.py", "gone", "removed.py"))
    for path in (kept, new):
        Path(path).write_text("")
    changes = {
        *((Change.added, path) for path in (new, gone)),
        *((Change.deleted, path) for path in (gone, removed, kept)),
        (Change.added, kept),
    }
    assert lasting_paths(changes) == {kept, new, removed}


def test_files_are_compared_where_the_system_follows_no_more_folders(tmp_path: Path) -> None:
    reasons: list[str] = []

    def full(*paths: Path, force_polling: bool = False, **options: Any) -> Iterator[set[tuple[Change, str]]]:
        if not force_polling:
            raise RuntimeError("Error creating recommended watcher: Too many open files (os error 24)")
        return watch(*paths, force_polling=True, **{**options, "poll_delay_ms": 20})

    def save_again_and_again() -> None:
        for number in count():
            (tmp_path / "get_note.py").write_text(f"{number}\n")
            if stop.wait(0.05):
                return

    stop = threading.Event()
    saving = threading.Thread(target=save_again_and_again)
    saving.start()
    found = next(changes_in([tmp_path], True, lambda *_: True, stop, reasons.append, follow=full))
    stop.set()
    saving.join()
    assert {Path(path).name for _, path in found} == {"get_note.py"}
    assert reasons == ["Too many open files (os error 24)"]


def test_only_slow_work_is_spoken_of() -> None:
    said: list[str] = []
    spoken = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        spoken.set()

    with say_if_slow("quick", say, seconds=600):
        pass
    with say_if_slow("slow", say, seconds=0.01):
        assert spoken.wait(60)
    assert said == ["slow"]


def test_a_reload_says_the_warnings_that_were_not_said_before() -> None:
    known = Problem("it has no backup", "deploy/resources.yaml", 3, severity="warning")
    moved, other = replace(known, line=9), replace(known, message="it is not used")
    wrong = replace(known, message="it is wrong", severity="error")
    assert new_warnings([moved, other, wrong], [known]) == [other]
