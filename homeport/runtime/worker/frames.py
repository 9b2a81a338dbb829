"""Messages between the processes of a stack: two lengths, a header, which is JSON by default, and bytes.

An event is never parsed on its way to the function.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

_PREFIX = struct.Struct("!II")
_CHUNK = 65536
_encode, _decode = json.JSONEncoder(separators=(",", ":")).encode, json.JSONDecoder().raw_decode

Frame = tuple[dict[str, Any], bytes]
Encode = Callable[[Mapping[str, Any]], bytes]
Decode = Callable[[bytes], dict[str, Any]]


def encode_json(header: Mapping[str, Any]) -> bytes:
    """Return a header as JSON."""
    return _encode(header).encode()


def decode_json(data: bytes) -> dict[str, Any]:
    """Return the header that ``encode_json`` wrote."""
    # Nothing stands around the JSON of a frame, so that the search for white space is left out.
    header: dict[str, Any] = _decode(data.decode())[0]
    return header


def pack(header: Mapping[str, Any], body: bytes = b"", encode: Encode = encode_json) -> bytes:
    """Return a frame as bytes."""
    head = encode(header)
    return b"".join((_PREFIX.pack(len(head), len(body)), head, body))


class FrameReader:
    """Joins the data that a socket gives to frames."""

    def __init__(self, decode: Decode = decode_json) -> None:
        self._buffer = bytearray()
        self._decode = decode

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
        header = self._decode(bytes(buffer[_PREFIX.size : _PREFIX.size + head]))
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
