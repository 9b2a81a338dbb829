"""Ids and times as API Gateway writes them; random bytes and clock readings are arguments.

Times are in UTC and English whatever the locale.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from functools import lru_cache
from math import floor
from time import gmtime

from homeport.random_bytes import uuid_of

_ROOT = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}")
_PARENT = re.compile(r"[0-9a-fA-F]{16}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def short_id(random: bytes) -> str:
    """Return the request id of HTTP APIs and the extended one of REST APIs, ``JCJgriq-vHcEPMg=``, of 11 bytes."""
    return urlsafe_b64encode(random).decode("ascii")


def uuid_id(random: bytes) -> str:
    """Return the request id of REST APIs, of 16 bytes."""
    return uuid_of(random)


def trace_id(incoming: str | None, received: float, random: bytes) -> str:
    """Return X-Amzn-Trace-Id for the function: the client's if it names a root, else a new root.

    ``received`` is seconds since the epoch; ``random`` has 12 bytes.
    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    if incoming and _ROOT.fullmatch(_trace_parts(incoming).get("root", "")):
        return incoming
    return f"Root=1-{int(received):08x}-{random.hex()}"


def reply_trace_id(trace: str, segment: str) -> str:
    """Return X-Amzn-Trace-Id of a REST API's reply: ``Root=…;Parent=…;Sampled=…``, a parent of the client's kept."""
    parts = _trace_parts(trace)
    root, parent, sampled = parts.get("root", ""), parts.get("parent", ""), parts.get("sampled", "")
    if _PARENT.fullmatch(parent):
        return f"Root={root};Parent={parent};Sampled={sampled if sampled in ('0', '1') else '1'}"
    sampled = sampled if sampled in ("0", "1") else "0"
    return f"Root={root};Parent={segment};Sampled={sampled};Lineage=1:{segment[:8]}:0"


@lru_cache(maxsize=4096)
def resource_id(api_id: str, path: str) -> str:
    """Return the id of a REST API's resource: six letters and digits, the same at every start; the root's has ten."""
    digest = hashlib.sha256(f"{api_id}{path}".encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[: 10 if path == "/" else 6])


def _trace_parts(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name.lower(): value for name, _, value in pairs}


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def request_time(seconds: float) -> str:
    """Return a time as ``22/Sep/2026:11:03:21 +0000``."""
    return _request_time(floor(seconds))


@lru_cache(maxsize=4)
def _request_time(seconds: int) -> str:
    t = gmtime(seconds)
    return f"{t[2]:02d}/{_MONTHS[t[1] - 1]}/{t[0]:04d}:{t[3]:02d}:{t[4]:02d}:{t[5]:02d} +0000"


def claim_time(seconds: float) -> str:
    """Return ``Tue Sep 22 11:03:21 UTC 2026``, as Cognito authorizers print the claims ``exp`` and ``iat``."""
    t = gmtime(seconds)
    return f"{_DAYS[t[6]]} {_MONTHS[t[1] - 1]} {t[2]:02d} {t[3]:02d}:{t[4]:02d}:{t[5]:02d} UTC {t[0]:04d}"


def epoch_milliseconds(seconds: float) -> int:
    """Return seconds since the epoch as the whole milliseconds of ``timeEpoch``."""
    return int(seconds * 1000)
