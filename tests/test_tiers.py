"""The guard of unit tests, and the tiers of files."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tiers import LONG, PARTS, Guard, NotAUnitTest, file_tier, is_in_part, may_have

TESTS = Path(__file__).parent


@pytest.mark.stack
def test_guard_stops_a_process_and_a_connection_to_another_machine() -> None:
    guard = Guard()
    guard.active = True
    try:
        with pytest.raises(NotAUnitTest):
            subprocess.Popen([sys.executable, "-c", ""])
        with pytest.raises(NotAUnitTest), socket.socket() as connection:
            connection.connect(("192.0.2.1", 80))
        with pytest.raises(NotAUnitTest):
            os.system("true")
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass
    finally:
        guard.close()
    assert guard.violations == ["Popen.__init__", "socket.connect", "os.system"]


def test_tier_of_a_file_is_that_of_its_mark_or_its_folder(tmp_path: Path) -> None:
    marked = tmp_path / "test_a.py"
    marked.write_text("import pytest\n\npytestmark = pytest.mark.slow\n")
    assert file_tier(marked) == "slow"
    assert file_tier(TESTS / "lint" / "test_words.py") == "unit"
    assert file_tier(TESTS / "dev" / "test_dev.py") == "stack"
    assert file_tier(TESTS / "contract" / "test_items.py") == "stack"
    assert file_tier(TESTS / "contract_kit" / "commands" / "test_findings.py") == "unit"


def test_file_has_the_tiers_of_its_tests_beside_its_own(tmp_path: Path) -> None:
    file = tmp_path / "test_a.py"
    file.write_text("import pytest\n\npytestmark = pytest.mark.stack\n\n@pytest.mark.slow\ndef test_a(): pass\n")
    assert [may_have(file, mark) for mark in ("unit", "stack", "slow", "hypothesis")] == [False, True, True, False]
    assert may_have(TESTS / "gateway" / "test_properties.py", "hypothesis")


def test_files_that_run_first_are_there() -> None:
    assert [place for place in LONG if not (TESTS / place).is_file()] == []


def test_every_unit_test_is_in_one_part() -> None:
    for file in TESTS.rglob("*.py"):
        count = sum(is_in_part(file, part) for part in range(len(PARTS)))
        assert count == (1 if file.name.startswith("test_") else len(PARTS)), file
