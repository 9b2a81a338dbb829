"""The exchange log of a running stack, by request: ``homeport dev --record DIR`` writes it a moment after a reply."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from homeport.contract.stack.access import LoggedExchange, TracedCall
from homeport.gateway.observers.exchange_log import EXCHANGES
from homeport.rotating_log import rotated_file

# Seconds to wait for a request's line, and between two looks.
_LONGEST = 2.0
_PAUSE = 0.003


class LogReader:
    """A reader of the exchange log in ``folder``. ``target_of`` returns the logical id of a table or index by its ARN.

    ``flush`` has the stack write what waits. Lines are read once each. Of the requests, the last ``most`` are kept.
    """

    def __init__(
        self, folder: Path, target_of: Callable[[str], str], flush: Callable[[], None], most: int = 5_000
    ) -> None:
        self._file = folder / EXCHANGES
        self._target_of = target_of
        self._flush = flush
        self._most = most
        self._lines: dict[str, bytes] = {}
        self._number, self._position = 0, 0

    def find(self, request_id: str, timeout: float = _LONGEST) -> LoggedExchange | None:
        """Return what was logged of a request, None where it is not there within ``timeout`` seconds."""
        ends = time.monotonic() + timeout
        while request_id not in self._lines:
            # The exchange is noted once its reply is on its way, which may be a moment after the client has it.
            self._flush()
            self._read()
            if request_id in self._lines:
                break
            if not request_id or time.monotonic() > ends:
                return None
            time.sleep(_PAUSE)
        return to_logged(json.loads(self._lines[request_id]), self._target_of)

    def _read(self) -> None:
        """Read the lines that were written since the last time."""
        try:
            with self._file.open("rb") as log:
                number = os.fstat(log.fileno()).st_ino
                if number != self._number:
                    # A full file has got another name, and this one its place.
                    self._read_rest()
                    self._number, self._position = number, 0
                self._take(log)
        except FileNotFoundError:
            return
        while len(self._lines) > self._most:
            del self._lines[next(iter(self._lines))]

    def _read_rest(self) -> None:
        with suppress(FileNotFoundError), rotated_file(self._file).open("rb") as log:
            if os.fstat(log.fileno()).st_ino == self._number:
                self._take(log)

    def _take(self, log: BinaryIO) -> None:
        log.seek(self._position)
        data = log.read()
        # The last line may still be incomplete.
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        for line in whole.splitlines():
            self._lines[_request_id(line)] = line


def _request_id(line: bytes) -> str:
    # The id is at the beginning: {"requestId": "…", and a whole line may have megabytes.
    return line.split(b'"', 4)[3].decode()


def to_logged(entry: Mapping[str, Any], target_of: Callable[[str], str]) -> LoggedExchange:
    """Return an entry of the exchange log as a run shows it."""
    invocation = entry.get("invocation") or {}
    return LoggedExchange(
        event=entry["event"],
        log=entry["log"],
        calls=tuple(_to_call(each, target_of) for each in entry["requests"]),
        rejected=entry["refused"] or "",
        is_cold=invocation.get("initMs") is not None,
        function_request_id=invocation.get("requestId", ""),
    )


def _to_call(request: Mapping[str, Any], target_of: Callable[[str], str]) -> TracedCall:
    return TracedCall(
        action=request["operation"],
        target=target_of(request["resources"][0]) if request["resources"] else "",
        consistent=request["consistent"],
        error=request["error"] or "",
        request=request.get("request", {}),
        response=request.get("response", {}),
    )
