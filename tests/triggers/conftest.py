"""A worker parent for the functions of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.runtime import RunningParent, running_parent


@pytest.fixture(scope="session")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningParent]:
    """Provide a worker parent."""
    with running_parent(tmp_path_factory.mktemp("triggers") / "project") as parent:
        yield parent
