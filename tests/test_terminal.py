from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from homeport.terminal import Palette, line_colour, palette_of, printable, show


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert palette_of(Screen()).on
    assert not palette_of(io.StringIO()).on
    monkeypatch.setenv("NO_COLOR", "1")
    assert not palette_of(Screen()).on


def test_without_colours_text_stays_as_it_is() -> None:
    assert Palette(False).paint("red", "text") == "text"
    assert Palette(True).paint(None, "text") == "text"
    assert Palette(True).paint("red", "text") == "\x1b[31mtext\x1b[0m"


@pytest.mark.parametrize(
    ("line", "colour"),
    [
        ("[ERROR] ValueError: boom", "red"),
        ('{"timestamp": "…", "level": "ERROR"}', "red"),
        ('{"timestamp": "…", "log_level": "ERROR"}', "red"),
        ("[WARNING]\t…", "yellow"),
        ('{"level": "WARNING"}', "yellow"),
        ("homeport: fault …", "cyan"),
        ("printed", None),
    ],
)
def test_lines_are_coloured_by_their_level(line: str, colour: str | None) -> None:
    assert line_colour(line) == colour


def test_control_characters_are_shown_as_codes() -> None:
    assert printable("a\x1b[2Jb\u00e9\n") == "a\\x1b[2Jbé\\x0a"
    assert printable("x" * 201) == "x" * 200 + "…"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full, a file on a disk that is full")
def test_only_unprintable_characters_are_lost() -> None:
    with contextlib.ExitStack() as stack:
        # What it still holds is written once more when it is closed.
        stack.enter_context(contextlib.suppress(OSError))
        full = stack.enter_context(Path("/dev/full").open("w"))
        shown = []
        for line in ("a line\n", "another\n"):
            show(full, line)
            shown.append(line)
    assert len(shown) == 2
