from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.endpoint import Endpoint, running_endpoint
from tests.support.runtime import Deploy, RunningParent, deployer, running_parent


@pytest.fixture(scope="session")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningParent]:
    with running_parent(tmp_path_factory.mktemp("runtime") / "project") as running:
        yield running


@pytest.fixture
def deploy(parent: RunningParent) -> Iterator[Deploy]:
    with deployer(parent) as function:
        yield function


@pytest.fixture
def dynamodb() -> Iterator[Endpoint]:
    with running_endpoint() as endpoint:
        yield endpoint
