"""Times as API Gateway writes them, in UTC and English whatever the locale."""

from __future__ import annotations

from functools import lru_cache
from math import floor
from time import gmtime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def request_time(seconds: float) -> str:
    """``22/Sep/2026:11:03:21 +0000``."""
    return _request_time(floor(seconds))


@lru_cache(maxsize=4)
def _request_time(seconds: int) -> str:
    t = gmtime(seconds)
    return f"{t[2]:02d}/{_MONTHS[t[1] - 1]}/{t[0]:04d}:{t[3]:02d}:{t[4]:02d}:{t[5]:02d} +0000"


def claim_time(seconds: float) -> str:
    """``Tue Sep 22 11:03:21 UTC 2026``: how Cognito authorizers print the claims ``exp`` and ``iat``."""
    t = gmtime(seconds)
    return f"{_DAYS[t[6]]} {_MONTHS[t[1] - 1]} {t[2]:02d} {t[3]:02d}:{t[4]:02d}:{t[5]:02d} UTC {t[0]:04d}"


def epoch_milliseconds(seconds: float) -> int:
    """Seconds since the epoch as the whole milliseconds of ``timeEpoch``."""
    return int(seconds * 1000)
