"""The gateway's side of the connection to the worker parent."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from homeport.runtime.api import Unavailable
from homeport.runtime.host.parent_client import ParentClient
from homeport.runtime.worker.frames import FrameReader, pack, receive


def answers_late(listener: socket.socket, delay: float) -> None:
    """Be a parent on a busy machine: wait, then refuse to start a worker."""
    connection, _ = listener.accept()
    order = receive(connection, FrameReader())
    assert order is not None
    time.sleep(delay)
    connection.sendall(pack({"id": order[0]["id"], "failed": "no memory"}))
    connection.recv(1)
    connection.close()


def test_a_start_waits_longer_for_a_slow_parent_than_for_a_missing_one(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(place))
        listener.listen()
        parent = threading.Thread(target=answers_late, args=(listener, 0.2))
        parent.start()
        client = ParentClient(place, timeout=0.1)
        try:
            with pytest.raises(Unavailable, match="no worker can be started: no memory"):
                client.start({}, 1)
        finally:
            client.close()
            parent.join()


def test_a_start_without_a_parent_is_given_up_soon(tmp_path: Path) -> None:
    client = ParentClient(tmp_path / "s", timeout=0.05)
    try:
        with pytest.raises(Unavailable, match="the worker parent is not there"):
            client.start({}, 1)
    finally:
        client.close()
