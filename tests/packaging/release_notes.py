"""``python -m tests.packaging.release_notes 1.2.3``: the part of CHANGELOG.md on a version, for its release.

It needs the standard library alone. A release candidate, ``1.2.3rc1``, has the notes of its version, or else what is
unreleased.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^## (?:\[)?([^\]\s]+)(?:\])?(?: - (\d{4}-\d\d-\d\d))?$", re.MULTILINE)


def versions(changelog: str) -> list[str]:
    """Return the versions that a changelog has, in its order; the first may be ``Unreleased``."""
    return [found[1] for found in _HEADING.finditer(changelog)]


def release_notes(changelog: str, version: str) -> str:
    """Return what a changelog says of a version. Raises LookupError if that is nothing."""
    wanted = [version.partition("rc")[0], *([UNRELEASED] if "rc" in version else [])]
    headings = list(_HEADING.finditer(changelog))
    for number, heading in enumerate(headings):
        if heading[1] in wanted:
            end = headings[number + 1].start() if number + 1 < len(headings) else len(changelog)
            text = changelog[heading.end() : end].strip()
            if text:
                return text + "\n"
    raise LookupError(f"CHANGELOG.md says nothing of {version}: rename its part Unreleased")


def main() -> int:
    """Print the notes of the version that is given. Return 1 if there are none."""
    try:
        print(release_notes(CHANGELOG.read_text(encoding="utf-8"), sys.argv[1]), end="")
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
