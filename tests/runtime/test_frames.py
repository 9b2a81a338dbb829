from __future__ import annotations

import socket

from homeport.runtime.worker.frames import FrameReader, pack, receive


def test_a_frame_survives_any_cut() -> None:
    data = pack({"id": "é"}, b"\x00body") + pack({})
    for cut in range(len(data) + 1):
        reader = FrameReader()
        reader.feed(data[:cut])
        frames = [frame for frame in (reader.take(), reader.take()) if frame is not None]
        reader.feed(data[cut:])
        while (frame := reader.take()) is not None:
            frames.append(frame)
        assert frames == [({"id": "é"}, b"\x00body"), ({}, b"")]


def test_the_end_of_the_stream_is_none() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(pack({"a": 1}, b"x" * 100_000))
        there.close()
        reader = FrameReader()
        assert receive(here, reader) == ({"a": 1}, b"x" * 100_000)
        assert receive(here, reader) is None
