"""A stage to name tables by."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.project.load import load_project
from homeport.project.model import Stage


@pytest.fixture
def stage() -> Stage:
    """The reference project's local one."""
    return load_project(Path(__file__).parents[3], "local").stage
