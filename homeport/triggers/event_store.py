"""The events that wait for their asynchronous invocation, as files: they outlive the process, whatever ends it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from homeport.triggers.retries.async_event import EventState


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event for a function. ``due`` is when it is tried next, in seconds since the epoch."""

    id: str
    function: str
    event: str
    origin: str
    state: EventState
    due: float


class EventStore:
    """A folder with a file for each event; a file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, function: str, event: bytes, origin: str, now: float) -> StoredEvent:
        """Keep a new event that is due at once."""
        found = StoredEvent(str(uuid.uuid4()), function, event.decode(), origin, EventState(now), now)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(found)
        return found

    def retry(self, event: StoredEvent, state: EventState, due: float) -> StoredEvent:
        """Keep an event for another try."""
        found = replace(event, state=state, due=due)
        self._write(found)
        return found

    def remove(self, event: StoredEvent) -> None:
        """Forget an event that is done."""
        self._file(event).unlink(missing_ok=True)

    def load(self) -> Iterator[StoredEvent]:
        """Yield what was kept, the oldest first."""
        found = []
        for file in self._folder.glob("*.json"):
            kept = json.loads(file.read_text(encoding="utf-8"))
            found.append(StoredEvent(**{**kept, "state": EventState(**kept["state"])}))
        yield from sorted(found, key=lambda event: event.state.sent)

    def _write(self, event: StoredEvent) -> None:
        file = self._file(event)
        unfinished = file.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(event)), encoding="utf-8")
        unfinished.replace(file)

    def _file(self, event: StoredEvent) -> Path:
        return self._folder / f"{event.id}.json"
