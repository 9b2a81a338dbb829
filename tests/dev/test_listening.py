"""A port that was asked for and can't be had is an error that names a free one; any other one is replaced."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.cli import make_parser
from homeport.commands.dev import dev_options
from homeport.dev.listening import WantedPort, listen
from homeport.dev.processes import DevOptions
from homeport.dev.run import reject_shared_data
from homeport.dev.run_listeners import open_listeners, own_port_error
from homeport.dev.running_instance import RunningInstance
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


def test_taken_port_that_nobody_asked_for_is_replaced_by_the_next_free_one(neighbours: list[int]) -> None:
    with WantedPort("127.0.0.1", neighbours[0], "--port", chosen=False).listen() as listener:
        assert neighbours[-1] < listener.getsockname()[1] < neighbours[-1] + 100


def test_taken_port_that_was_asked_for_is_an_error(neighbours: list[int]) -> None:
    with pytest.raises(SetupError, match=f"port {neighbours[0]} is in use by another program"):
        WantedPort("127.0.0.1", neighbours[0], "--port", chosen=True).listen()


def dev_options_of(*arguments: str) -> DevOptions:
    return dev_options(make_parser().parse_args(["dev", *arguments]))


def test_ports_without_an_option_may_be_replaced() -> None:
    assert [(each.port, each.chosen) for each in dev_options_of().ports()] == [
        (8080, False),
        (8000, False),
        (8081, False),
    ]
    asked = dev_options_of("--port", "8080", "--inspector-port", "9001").ports()
    assert [(each.port, each.chosen) for each in asked] == [(8080, True), (8000, False), (9001, True)]


def test_inspector_is_beside_the_port_that_the_api_got(neighbours: list[int], tmp_path: Path) -> None:
    options = replace(dev_options_of("--dynamodb", "none"), port=neighbours[0], inspector_port=neighbours[0] + 1)
    with ExitStack() as stack:
        found = open_listeners(options, (), 1, tmp_path, stack)
        assert found.inspector is not None
        api, inspector = (listener.getsockname()[1] for listener in (found.apis[0], found.inspector))
    assert neighbours[-1] < api < inspector


def test_a_chosen_port_of_another_stack_of_the_project_is_named_so() -> None:
    other = RunningInstance("http://127.0.0.1:8080", None, "local", inspector="http://127.0.0.1:8081")
    assert other.ports == {8080, 8081}
    for port in other.ports:
        assert f"port {port} is in use by the homeport dev of this project that runs, stage local at http" in str(
            own_port_error(port, [other])
        )
    assert own_port_error(8082, [other]) is None


def test_data_of_a_running_stack_are_not_shared() -> None:
    other = RunningInstance("http://127.0.0.1:8080", "http://127.0.0.1:8000", "local", "/project/.homeport/data")
    with pytest.raises(SetupError, match="runs already, stage local at http"):
        reject_shared_data(Path("/project/.homeport/data"), [other])
    reject_shared_data(Path("/elsewhere"), [other])
    reject_shared_data(None, [other])
