"""The guard of unit tests, and the tiers of files."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tiers import Guard, NotAUnitTest, file_tier

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
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass
    finally:
        guard.active = False
    assert guard.violations == ["subprocess.Popen", "socket.connect"]


def test_tier_of_a_file_is_that_of_its_mark_or_its_folder(tmp_path: Path) -> None:
    marked = tmp_path / "test_a.py"
    marked.write_text("import pytest\n\npytestmark = pytest.mark.slow\n")
    assert file_tier(marked) == "slow"
    assert file_tier(TESTS / "lint" / "test_words.py") == "unit"
    assert file_tier(TESTS / "dev" / "test_dev.py") == "stack"
    assert file_tier(TESTS / "contract" / "test_items.py") == "stack"
    assert file_tier(TESTS / "contract" / "kit" / "test_findings.py") == "unit"
