"""What the contract tests talk to."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def api(homeport_url: str) -> str:
    """The base URL of a running API: HOMEPORT_URL, or a stack that is started for the tests."""
    return homeport_url
