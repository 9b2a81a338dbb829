"""Lines reach their files in order, and files stay bounded."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from homeport.rotating_log import RotatingLogWriter, rotated_file
from tests.support.logged import Logged
from tests.support.waiting import LAST_RESORT


def test_lines_are_written_in_order_and_folders_made(tmp_path: Path) -> None:
    files = RotatingLogWriter()
    first, second = tmp_path / "a" / "x.log", tmp_path / "b" / "y.log"
    for number in range(3):
        files.append(first, partial(str, f"{number}\n"))
        files.append(second, partial(str, f"{-number}\n"))
    files.flush()
    assert first.read_text() == "0\n1\n2\n"
    assert second.read_text() == "0\n-1\n-2\n"


def test_lines_are_written_without_a_flush(tmp_path: Path) -> None:
    RotatingLogWriter().append(tmp_path / "x.log", lambda: "line\n")
    deadline = time.monotonic() + LAST_RESORT
    while not (tmp_path / "x.log").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_file_that_grew_too_large_is_kept_beside_its_place_once(tmp_path: Path) -> None:
    files, file = RotatingLogWriter(max_bytes=10), tmp_path / "x.log"
    for text in ("first 12345\n", "second 1234\n", "third\n"):
        files.append(file, partial(str, text))
        files.flush()
    assert rotated_file(file).read_text() == "second 1234\n"
    assert file.read_text() == "third\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.log.1"]


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path: Path) -> None:
    files, file = RotatingLogWriter(), tmp_path / "logs" / "x.log"
    for _ in range(2):
        files.append(file, lambda: "line\n")
        files.flush()
        assert file.read_text() == "line\n"
        file.unlink()
        file.parent.rmdir()


def test_text_that_is_not_utf_8_stays_readable(tmp_path: Path) -> None:
    files, file = RotatingLogWriter(), tmp_path / "x.log"
    files.append(file, lambda: "\ud800\n")
    files.flush()
    assert file.read_text() == "\\ud800\n"


def test_a_place_that_cannot_be_written_is_reported_once(tmp_path: Path, logged: Logged) -> None:
    (tmp_path / "taken").write_text("")
    files = RotatingLogWriter()
    for _ in range(2):
        files.append(tmp_path / "taken" / "x.log", lambda: "line\n")
        files.flush()
    assert len(logged.messages) == 1
    assert "can't be written" in logged.messages[0]


def test_lines_that_keep_coming_keep_no_others_from_their_file(tmp_path: Path) -> None:
    files, file, asked = RotatingLogWriter(), tmp_path / "x.log", 0

    def line() -> str:
        nonlocal asked
        asked += 1
        if asked < 5000:
            files.append(file, line)
        return "line\n"

    files.append(file, line)
    files.flush()
    assert file.read_text() == "line\n"
    assert asked == 1
