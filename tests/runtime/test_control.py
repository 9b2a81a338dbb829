"""The control socket: orders that are carried out, and those that are refused with a reason."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import HomeportError
from homeport.runtime.control import (
    ControlError,
    flush_log,
    read_faults,
    renew_environments,
    send_faults,
    send_holds,
    serve_control,
)
from homeport.runtime.faults import Fault, Faults


class Orders:
    """A stack that notes its orders."""

    def __init__(self, control: Path) -> None:
        self.seen: list[Any] = []
        self._faults = Faults()
        serve_control(control, self)

    def set_faults(self, faults: Faults) -> None:
        self._faults = faults

    def faults(self) -> Faults:
        return self._faults

    def set_holds(self, address: str, holds: tuple[Fault, ...]) -> None:
        self.seen.append([(address, hold.table, hold.action, hold.effect) for hold in holds])

    def renew_environments(self) -> None:
        self.seen.append("new")

    def flush_log(self) -> None:
        raise HomeportError("the disk is full")


@pytest.fixture
def control() -> Iterator[Path]:
    # A socket's path is at most about 100 bytes long.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "control"


def send(control: Path, line: bytes) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(control))
        connection.sendall(line + b"\n")
        return connection.makefile().readline()


def test_orders_reach_the_stack(control: Path) -> None:
    stack = Orders(control)
    renew_environments(control)
    send_holds(control, ["NotesTable/byDate.Query"], "@somewhere")
    send_holds(control, [], "@somewhere")
    send_faults(control, ["NotesTable=latency:1s"], seed=3)
    ((address, table, action, effect),) = stack.seen[1]
    assert (stack.seen[0], address, table, action) == ("new", "@somewhere", "NotesTable", "Query")
    assert effect.address == address
    assert stack.seen[2] == []
    assert read_faults(control) == stack.faults()
    assert stack.faults().seed == 3


def test_reason_of_a_refusal_is_told(control: Path) -> None:
    Orders(control)
    with pytest.raises(ControlError, match="the disk is full"):
        flush_log(control)
    with pytest.raises(ControlError, match="names 'Put'"):
        send_holds(control, ["NotesTable.Put"], "@somewhere")


@pytest.mark.parametrize("order", [b"", b"[]", b"{", b'{"hold": "*"}', b'{"environments": "old"}', b'{"faults": []}'])
def test_unknown_order_is_told_how_orders_are_written(control: Path, order: bytes) -> None:
    stack = Orders(control)
    assert send(control, order).startswith("an order is written")
    assert stack.seen == []


def test_socket_is_for_its_owner_alone(control: Path) -> None:
    Orders(control)
    assert control.stat().st_mode & 0o077 == 0


def test_faults_of_the_moment_are_json(control: Path) -> None:
    Orders(control)
    assert json.loads(send(control, b"{}")) == {"faults": [], "seed": 0}
