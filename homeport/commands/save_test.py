"""``homeport save-test``: write a recorded request down as a test."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from homeport.commands.record import open_recordings
from homeport.errors import HomeportError

FOLDER = Path("tests", "contract")
_DASHED = re.compile(r"-[A-Za-z0-9_][A-Za-z0-9_-]{2,}=?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add its options, except ``--project`` and ``--stage``."""
    parser.add_argument("id", metavar="ID", help="a request id, or its beginning, as homeport dev shows it")
    parser.add_argument("--out", metavar="FILE", type=Path, help=f"the test (default: a file in {FOLDER})")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def protect_ids(arguments: Sequence[str]) -> list[str]:
    """Return the words of a command line with an id that begins with a dash, as ids may, after ``--``."""
    if arguments[:1] != ["save-test"] or "--" in arguments:
        return list(arguments)
    ids = [word for word in arguments if _DASHED.fullmatch(word)]
    return [*(word for word in arguments if word not in ids), *(["--", *ids] if ids else [])]


def run(options: argparse.Namespace) -> int:
    """Write the test and print its file. Raises HomeportError."""
    from homeport.contract.save_test.prerequisites import find_steps
    from homeport.contract.save_test.saved_test import name_of_test, render
    from homeport.project.load import load_project
    from homeport.recordings.store import RecordingError

    recordings = open_recordings(options.project)
    if recordings.newest() == 0:
        raise RecordingError("nothing has been recorded yet", "start homeport dev, and send it a request")
    recording = recordings.get(options.id)
    file = options.out or options.project / FOLDER / f"{name_of_test(recording)}_{_file_name(recording.summary.id)}.py"
    if file.exists() and not options.force:
        raise HomeportError(f"{file} is there already", "give another --out, or --force")
    api = load_project(options.project.resolve(), options.stage).api
    text = render(find_steps(recording, recordings.before(recording), api), api)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    except OSError as error:
        raise HomeportError(f"{file} can't be written: {error.strerror}", "give another --out") from None
    print(file)
    return 0


def _file_name(id: str) -> str:
    return "".join(letter for letter in id if letter.isalnum())[:8].lower()
