"""Stacks for whole test modules: a project made on the spot, served by ``homeport dev``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeport.contract.fixtures.stack import Stack, running_stack
from homeport.http_headers import Header
from tests.support.made_project import Made, write_project
from tests.support.wire import Answer, ask

WITHOUT_TABLES = ("--no-data", "--dynamodb", "none")


@dataclass(frozen=True)
class Served:
    """A project that is being served."""

    stack: Stack
    root: Path

    def ask(self, method: str, target: str, headers: Iterable[Header] = (), body: bytes | None = None) -> Answer:
        """One request; ``target`` is as on the wire, so it has the stage, if any, in it."""
        return ask(self.stack.url, method, target, headers, body)


Serve = Callable[[Made], Served]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts the stack of a project; it runs until the module's tests are done."""
    with ExitStack() as stacks:

        def start(made: Made) -> Served:
            root = write_project(tmp_path_factory.mktemp("project"), made)
            return Served(stacks.enter_context(running_stack(root, WITHOUT_TABLES)), root)

        yield start
