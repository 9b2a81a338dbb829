"""Loaded by each Python process of the campaign's stack: a clock that can be set while they run.

The file that HOMEPORT_CHAOS_CLOCK names holds how many seconds the clock is ahead. The monotonic clock goes on, as it
does when an administrator or a time server sets a machine's clock.
"""

import os
import time
from typing import Any

_FILE = os.environ.get("HOMEPORT_CHAOS_CLOCK", "")

if _FILE:
    _true_time, _true_gmtime = time.time, time.gmtime

    _last = [0.0]

    def _now() -> float:
        # It is opened each time: a forked process of the kit closes the descriptors that it does not know. Where no
        # more files can be opened, the clock is as it was.
        try:
            descriptor = os.open(_FILE, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return _true_time() + _last[0]
        try:
            _last[0] = float(os.read(descriptor, 32) or 0)
        finally:
            os.close(descriptor)
        return _true_time() + _last[0]

    def _in_gmt(seconds: Any = None) -> time.struct_time:
        return _true_gmtime(_now() if seconds is None else seconds)

    time.time, time.gmtime = _now, _in_gmt
