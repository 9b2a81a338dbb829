"""Who writes each line of a function's log: the innermost line of its own code."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from homeport.runtime.worker.log_places import LogPlaces

CODE = """
import logging

def handler(write, log):
    write("plain\\n")
    write("first ")
    write("rest\\n")
    write("two\\nlines\\n")
    helper(write)
    log.warning("by logging")

def helper(write):
    write("helped\\n")
"""


class NotingStream:
    """A stream that notes who writes, as the worker's do."""

    def __init__(self, places: LogPlaces) -> None:
        self._places = places

    def write(self, text: str) -> int:
        """Note the writer."""
        self._places.note(text)
        return len(text)


@pytest.mark.parametrize(("folder", "is_own"), [("service", True), (".venv/lib", False), ("x/site-packages", False)])
def test_each_line_has_the_place_that_wrote_it(tmp_path: Path, folder: str, is_own: bool) -> None:
    file = tmp_path / folder / "app.py"
    places = LogPlaces([str(tmp_path)])
    stream, found = NotingStream(places), dict[str, object]()
    exec(compile(CODE, str(file), "exec"), found)
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(stream))
    found["handler"](stream.write, log)  # type: ignore[operator]
    lines = [("plain", 5), ("first ", 6), ("two", 8), ("lines", 8), ("helped", 13), ("by logging", 10)]
    assert places.take() == ([(text, str(file), line) for text, line in lines] if is_own else [])
    assert places.take() == []
