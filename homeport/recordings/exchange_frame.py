"""The frame in which the gateway sends an exchange to the recorder, with the bytes as they went over the connection.

This module is all that the gateway imports of the package.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.runtime.worker.frames import FrameReader, pack

PARTS = (
    *("request_body", "reply_body", "event", "payload", "log"),
    *("authorizer_event", "authorizer_payload", "authorizer_log"),
)


@dataclass(frozen=True, slots=True)
class ExchangeFrame:
    """An exchange from the gateway: ``parts`` are its bodies by the names of PARTS, ``facts`` all else as JSON values.

    ``gateway/observers/recorder_client.py`` makes them. Facts with ``run`` are those of a run without a request.
    """

    facts: Mapping[str, Any]
    parts: Mapping[str, bytes]


def pack_facts(facts: Mapping[str, Any], body: bytes = b"") -> bytes:
    """Return a frame for the recorder.

    Its header is a pickle, which takes a quarter of the time of JSON. The recorder's socket is in the private folder of
    the run: whoever could write there could start processes as this user.
    """
    return pack(facts, body, pickle.dumps)


def facts_reader() -> FrameReader:
    """Return a reader of the frames that ``pack_facts`` makes."""
    return FrameReader(pickle.loads)


def to_frame(facts: Mapping[str, Any], parts: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a frame; ``parts`` are named as PARTS are, absent ones empty."""
    bodies = [parts.get(name, b"") for name in PARTS]
    return pack_facts({**facts, "sizes": list(map(len, bodies))}, b"".join(bodies))


def from_frame(header: Mapping[str, Any], body: bytes) -> ExchangeFrame:
    """Return the exchange that ``to_frame`` packed."""
    parts, start = {}, 0
    for name, size in zip(PARTS, header["sizes"], strict=True):
        parts[name] = body[start : start + size]
        start += size
    return ExchangeFrame(header, parts)
