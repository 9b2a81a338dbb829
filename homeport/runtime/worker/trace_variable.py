"""The environment variable that names an invocation's trace: https://docs.aws.amazon.com/lambda/latest/dg/python-tracing.html

It changes with every invocation. ``os.environ[…] = …`` calls setenv, and the C library keeps every value that it was
ever given; so here the variable is memory of this module's own, written over each time.
"""

from __future__ import annotations

import ctypes
import os

NAME = "_X_AMZN_TRACE_ID"
_LONGEST = 1024


class TraceVariable:
    """The variable, for this process and those that it starts."""

    def __init__(self) -> None:
        self._memory = ctypes.create_string_buffer(_LONGEST)
        self._putenv = ctypes.CDLL(None).putenv
        self._values: dict[bytes, bytes] = getattr(os.environ, "_data", {})

    def set(self, trace: str) -> None:
        """Have the variable name another trace."""
        entry = f"{NAME}={trace}".encode()
        if len(entry) >= _LONGEST or NAME.encode() not in self._values:
            # Beyond what API Gateway passes on; or the first time, which makes the name known.
            os.environ[NAME] = trace
            return
        self._memory.value = entry
        self._putenv(self._memory)
        self._values[NAME.encode()] = trace.encode()
