"""A call to DynamoDB that waits until who listens at an address lets it continue (``homeport/runtime/holds.py``)."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any


def socket_address(address: str) -> str:
    """Return an address as the socket module has it: ``@NAME`` is the abstract one, which has no file.

    A file would not be there in the /tmp of an execution environment.
    https://man7.org/linux/man-pages/man7/unix.7.html
    """
    return f"\0{address[1:]}" if address.startswith("@") else address


def wait_until_released(address: str, call: Mapping[str, Any]) -> None:
    """Announce a call and wait for a byte. Where nobody listens, or the other end is closed, the call continues."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(socket_address(address))
        connection.sendall(json.dumps(call).encode() + b"\n")
        connection.recv(1)
