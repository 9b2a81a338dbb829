"""The hint for a port that can't be had names one that can."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from homeport.dev.processes import listen
from homeport.errors import SetupError

pytestmark = pytest.mark.unit


@pytest.fixture
def neighbours() -> Iterator[list[int]]:
    """Three ports in a row that are taken."""
    with ExitStack() as stack:
        for first in range(20_000, 60_000, 7):
            with suppress(SetupError), ExitStack() as attempt:
                listeners = [attempt.enter_context(listen("127.0.0.1", first + n, "--port")) for n in range(3)]
                stack.enter_context(attempt.pop_all())
                break
        yield [listener.getsockname()[1] for listener in listeners]


def hinted_port(port: int) -> int:
    with pytest.raises(SetupError) as raised:
        listen("127.0.0.1", port, "--port")
    found = re.fullmatch(r"stop it, or choose another port: --port (\d+)", raised.value.hint)
    assert found is not None
    return int(found[1])


def test_the_hint_for_a_taken_port_is_a_free_one(neighbours: list[int]) -> None:
    port = hinted_port(neighbours[0])
    assert port > neighbours[-1]
    with listen("127.0.0.1", port, "--port") as listener:
        assert listener.getsockname()[1] == port


def test_the_hint_for_the_last_port_lets_the_system_choose() -> None:
    with socket.socket() as last:
        last.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        last.bind(("127.0.0.1", 65_535))
        last.listen()
        assert hinted_port(65_535) == 0
