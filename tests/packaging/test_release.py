"""The changelog and the notes that a release takes from it."""

from __future__ import annotations

import re

import pytest

from tests.packaging.release_notes import CHANGELOG, UNRELEASED, release_notes, versions

pytestmark = pytest.mark.unit

TEXT = """\
# Changelog

## Unreleased

### Added

- What comes.

## 1.2.0 - 2026-03-01

### Fixed

- What was wrong.

## [1.1.0] - 2026-02-01

- The first.
"""


def test_notes_are_the_part_of_the_version() -> None:
    assert release_notes(TEXT, "1.2.0") == "### Fixed\n\n- What was wrong.\n"
    assert release_notes(TEXT, "1.1.0") == "- The first.\n"


def test_candidate_has_the_notes_of_its_version_or_what_is_unreleased() -> None:
    assert release_notes(TEXT, "1.3.0rc1") == "### Added\n\n- What comes.\n"
    assert release_notes(TEXT, "1.1.0rc2") == "### Added\n\n- What comes.\n"


def test_version_without_notes_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"CHANGELOG\.md says nothing of 1\.3\.0"):
        release_notes(TEXT, "1.3.0")


def test_changelog_has_the_shape_of_keep_a_changelog() -> None:
    text = CHANGELOG.read_text(encoding="utf-8")
    assert versions(text)[0] == UNRELEASED
    assert len(versions(text)) == len(re.findall(r"^## ", text, re.MULTILINE))
    kinds = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
