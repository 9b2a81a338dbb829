"""``python -m tests.lint [PATH …]``: print what breaks the rules of ``words.py``, and exit with 1 if anything does."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lint.words import check_files


def python_files(places: list[Path]) -> list[Path]:
    """Return the Python files at and below these places, relative to the repository where they are in it."""
    found = [file for place in places for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))]
    return [file for file in found if "skeleton" not in file.parts]


def main(arguments: list[str]) -> int:
    """Check the given places, or the whole package."""
    problems = list(check_files(python_files([Path(argument) for argument in arguments or ["homeport"]])))
    print("\n".join(problems) if problems else "words: nothing to say")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
