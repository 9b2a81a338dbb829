"""Chunked bodies, with a bound on what stands around the data."""

from __future__ import annotations

from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest

# What is kept of a line or a trailer that has not ended is looked through again with every read: without a bound a
# client that never ends one keeps the server's only reading thread busy.
LONGEST_LINE = 4096
LONGEST_TRAILER = 64 * 1024


class BoundedChunks(ChunkedReceiver):  # type: ignore[misc]
    """Refuses a chunk's size line, or a trailer, that does not end."""

    control_line: bytes
    trailer: bytes

    def received(self, data: bytes) -> int:
        """Take what came; gives how much of it belongs to this body."""
        taken = int(super().received(data))
        if len(self.control_line) > LONGEST_LINE or len(self.trailer) > LONGEST_TRAILER:
            self.error = BadRequest("a chunk's size line or the trailer does not end")
            self.completed = True
        return taken
