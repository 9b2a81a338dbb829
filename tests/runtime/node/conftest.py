from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import SetupError
from tests.support.runtime_api import NodeEnvironment, node_environment, own_node

Start = Callable[..., NodeEnvironment]


@pytest.fixture(scope="session", autouse=True)
def node() -> None:
    """Skip the tests of this folder where there is no Node.js."""
    try:
        own_node()
    except SetupError as error:
        pytest.skip(str(error))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start environments of functions by their files; all are ended after the test."""
    with ExitStack() as stack:

        def start_environment(files: dict[str, str], **options: Any) -> NodeEnvironment:
            return stack.enter_context(node_environment(tmp_path / "task", files, **options))

        yield start_environment
