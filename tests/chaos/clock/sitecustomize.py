"""Loaded by each Python process of the campaign's stack: a clock that can be set while they run.

The file that HOMEPORT_CHAOS_CLOCK names holds how many seconds the clock is ahead. The monotonic clock goes on, as it
does when an administrator or a time server sets a machine's clock.
"""

import os
import time
from typing import Any

_FILE = os.environ.get("HOMEPORT_CHAOS_CLOCK")

if _FILE:
    _true_time, _true_gmtime = time.time, time.gmtime
    _descriptor = os.open(_FILE, os.O_RDONLY | os.O_CLOEXEC)

    def _now() -> float:
        return _true_time() + float(os.pread(_descriptor, 32, 0) or 0)

    def _in_gmt(seconds: Any = None) -> time.struct_time:
        return _true_gmtime(_now() if seconds is None else seconds)

    time.time, time.gmtime = _now, _in_gmt
