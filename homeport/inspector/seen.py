"""An exchange on its way from the gateway to the recorder: a frame with what was seen, and the bytes as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.runtime.worker.frames import pack

Headers = tuple[tuple[str, str], ...]
PARTS = (
    "request_body",
    "reply_body",
    "event",
    "payload",
    "log",
    "authorizer_event",
    "authorizer_payload",
    "authorizer_log",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """``facts`` is what is no body, as JSON has it (``homeport/gateway/handover.py`` makes it); ``parts`` the rest."""

    facts: Mapping[str, Any]
    parts: Mapping[str, bytes]


def to_frame(facts: Mapping[str, Any], parts: Mapping[str, bytes]) -> bytes:
    """A frame; ``parts`` are named as PARTS are, absent ones empty."""
    bodies = [parts.get(name, b"") for name in PARTS]
    return pack({**facts, "sizes": list(map(len, bodies))}, b"".join(bodies))


def from_frame(header: Mapping[str, Any], body: bytes) -> Seen:
    """What ``to_frame`` packed."""
    parts, start = {}, 0
    for name, size in zip(PARTS, header["sizes"], strict=True):
        parts[name] = body[start : start + size]
        start += size
    return Seen(header, parts)
