"""hypercorn's connections, given back when their client is gone.

By itself hypercorn keeps a connection that its client closed until the idle timeout, which is a day here, since a
client that keeps its connection may use it again at any time: each Lambda environment that ends would leave some.
"""

from __future__ import annotations

from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer


class Connection(TCPServer):  # type: ignore[misc]
    """Waits for no idle timeout once nothing more can come."""

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()


def install() -> None:
    """Have hypercorn make these; it has no setting for the class."""
    run.TCPServer = Connection
