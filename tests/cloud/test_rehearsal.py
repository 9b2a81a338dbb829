"""The short form of ``make rehearse``: an HTTP API from its first deploy to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud.rehearsal import rehearse
from tests.support.cloud import at_ministack

pytestmark = pytest.mark.slow


def test_a_stage_is_deployed_updated_broken_rolled_back_and_destroyed(tmp_path: Path) -> None:
    said: list[str] = []
    with at_ministack(tmp_path):
        rehearse(tmp_path / "http", "dev", 1, said.append)
    assert said[-1] == "destroyed: no stack, function, role, API, table, log group, alarm or bucket is left"
