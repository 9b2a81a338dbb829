"""What the contract tests talk to: the API at HOMEPORT_URL, or a stack started for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.contract.fixtures.stack import running_stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def api() -> Iterator[str]:
    """The base URL of a running API."""
    if os.environ.get("HOMEPORT_URL"):
        yield os.environ["HOMEPORT_URL"].rstrip("/")
        return
    with running_stack(ROOT) as stack:
        yield stack.url
