"""Messages between the gateway, the worker parent and the workers: two lengths, a JSON header, then raw bytes.

An event is never parsed on its way to the function.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

_PREFIX = struct.Struct("!II")
_CHUNK = 65536
_encode, _decode = json.JSONEncoder(separators=(",", ":")).encode, json.JSONDecoder().decode

Frame = tuple[dict[str, Any], bytes]


def pack(header: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Return a frame as bytes."""
    head = _encode(header).encode()
    return b"".join((_PREFIX.pack(len(head), len(body)), head, body))


class FrameReader:
    """Joins the data that a socket gives to frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add data."""
        self._buffer += data

    def take(self) -> Frame | None:
        """Return the next whole frame, None until there is one."""
        buffer = self._buffer
        if len(buffer) < _PREFIX.size:
            return None
        head, body = _PREFIX.unpack_from(buffer)
        end = _PREFIX.size + head + body
        if len(buffer) < end:
            return None
        header = _decode(buffer[_PREFIX.size : _PREFIX.size + head].decode())
        payload = bytes(memoryview(buffer)[_PREFIX.size + head : end])
        del buffer[:end]
        return header, payload


def receive(sock: socket.socket, reader: FrameReader) -> Frame | None:
    """Wait for the next frame on a blocking socket; None once the other end is closed."""
    while (frame := reader.take()) is None:
        data = sock.recv(_CHUNK)
        if not data:
            return None
        reader.feed(data)
    return frame
