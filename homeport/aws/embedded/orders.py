"""Orders of the kit to the process of the services: empty them, give an archive of what they hold, take one.

An order is a request with ``X-Amz-Target: Homeport.NAME``. No page of a browser may send one. What archives need is
imported when one is made or taken: most processes never do.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from .archive_layout import OBJECTS, STATE, ArchiveError
from .state import StateError, StateStore

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_PART = 1 << 20
# What the services keep in memory alone can't be given away.
NOT_KEPT = "the services keep nothing: homeport dev was started with --no-data"


class ServiceOrders:
    """The orders. ``modules`` are the names of ministack's modules, ``module`` imports one of them.

    ``store`` has what they hold, and ``objects`` is the folder of S3's files; None where nothing is kept. ``save``
    writes what has changed into the store.
    """

    def __init__(
        self,
        store: StateStore | None,
        objects: Path | None,
        modules: tuple[str, ...],
        scoped: Mapping[str, type[Any]],
        module: Callable[[str], Any],
        save: Callable[[], None],
    ) -> None:
        self._store, self._objects, self._modules, self._scoped = store, objects, modules, scoped
        self._module, self._save = module, save

    async def carry_out(self, order: str, receive: Receive, send: Send) -> None:
        """Carry out an order and respond."""
        try:
            match order:
                case "Homeport.Clear":
                    self.clear()
                    await respond(send, 200, "", "")
                case "Homeport.Save":
                    await self._give(await _body(receive), send)
                case "Homeport.Load":
                    await self._take(receive)
                    await respond(send, 200, "", "")
                case _:
                    await respond(send, 400, "UnknownOperationException", f"there is no order {order}")
        except (ArchiveError, StateError) as error:
            await respond(send, 400, "ArchiveError", getattr(error, "message", str(error)))
        except (OSError, sqlite3.Error) as error:
            await respond(send, 500, "InternalServerError", str(error))

    def clear(self) -> None:
        """Empty every service."""
        self._reset()
        if self._objects is not None:
            shutil.rmtree(self._objects, ignore_errors=True)
        self._save()

    async def _give(self, asked: bytes, send: Send) -> None:
        """Respond with an archive; ``asked`` is a JSON object for its head."""
        import tempfile

        from .archive import write_archive

        store, objects = self._places()
        with tempfile.TemporaryDirectory(prefix="snapshot-", dir=objects.parent) as folder:
            self._save()
            state, file = Path(folder, STATE), Path(folder, "archive.tar.gz")
            store.copy_to(state)
            await asyncio.to_thread(write_archive, file, json.loads(asked or b"{}"), state, objects)
            size = str(file.stat().st_size).encode()
            headers = [(b"content-type", b"application/gzip"), (b"content-length", size)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            with file.open("rb") as parts:
                while part := parts.read(_PART):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def _take(self, receive: Receive) -> None:
        """Replace everything by what an archive holds, the request's body. Nothing changes where that is damaged."""
        import tempfile

        from .archive import unpack_archive

        store, objects = self._places()
        with tempfile.TemporaryDirectory(prefix="snapshot-", dir=objects.parent) as folder:
            file, unpacked = Path(folder, "archive.tar.gz"), Path(folder, "unpacked")
            with file.open("wb") as parts:
                async for part in _parts(receive):
                    parts.write(part)
            await asyncio.to_thread(unpack_archive, file, unpacked)
            store.take_over(unpacked / STATE)
            self._reset()
            shutil.rmtree(objects, ignore_errors=True)
            if (unpacked / OBJECTS).is_dir():
                (unpacked / OBJECTS).rename(objects)
        if "ministack.services.s3" in sys.modules:
            # It reads the files when it is imported, too.
            self._module("s3")._load_persisted_data()
        for name, stores in store.load(self._scoped).items():
            self._module(name).load_persisted_state(stores)

    def _places(self) -> tuple[StateStore, Path]:
        if self._store is None or self._objects is None:
            raise ArchiveError(NOT_KEPT)
        return self._store, self._objects

    def _reset(self) -> None:
        for name in self._modules:
            module = sys.modules.get(f"ministack.services.{name}")
            if module is not None:
                module.reset()


async def respond(send: Send, status: int, code: str, message: str) -> None:
    """Respond as a JSON service of AWS does; an empty ``code`` is no error."""
    body = json.dumps({"__type": code, "message": message} if code else {}).encode()
    await send_whole(send, status, "application/x-amz-json-1.0", body)


async def send_whole(send: Send, status: int, kind: str, body: bytes) -> None:
    """Send a response in one piece."""
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    return b"".join([part async for part in _parts(receive)])


async def _parts(receive: Receive) -> Any:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ArchiveError("the request broke off")
        yield message.get("body", b"")
        if not message.get("more_body"):
            return
