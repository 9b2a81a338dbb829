"""The live list shows each recording once, also one that is stored while the page is being made."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.recordings.store import RecordingPage, Recordings, RecordingStore
from tests.support.inspector import make_recording
from tests.support.project import notes_project
from tests.support.site import OWN, client_of, make_site


class BusyRecordings(Recordings):
    """Recordings of a busy API: another one is stored before each reading, and after it."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._place, self._count = file, 0
        self.busy = True

    def _store_another(self) -> None:
        if self.busy:
            self._count += 1
            store = RecordingStore(self._place)
            store.add([make_recording(id=f"another-{self._count}")])
            store.close()

    def page(self, *arguments: Any, **options: Any) -> RecordingPage:
        """Return a page, as always."""
        self._store_another()
        found = super().page(*arguments, **options)
        self._store_another()
        return found

    def newest(self) -> int:
        """Return the newest number, as always."""
        found = super().newest()
        self._store_another()
        return found


@pytest.mark.parametrize("query", ["", "?method=GET"])
def test_request_stored_while_a_page_is_made_comes_with_the_next_look(tmp_path: Path, query: str) -> None:
    site = make_site(notes_project(tmp_path), recordings=[make_recording(id="first")])
    busy = BusyRecordings(tmp_path / ".homeport" / "inspector.db")
    client = client_of(replace(site, recordings=busy))
    page = client.get(f"/requests{query}", headers=OWN).get_data(as_text=True)
    shown, newest = re.findall(r"/requests/(another-\d+|first)", page), int(re.findall(r'data-newest="(\d+)"', page)[0])
    for busy.busy in (True, True, False):
        joined = "&" if query else "?"
        found = client.get(f"/requests/rows{query}{joined}after={newest}", headers=OWN).get_json()
        newest = found["newest"]
        shown += re.findall(r"/requests/(another-\d+)", found["html"])
    stored = [row.id for row in Recordings(tmp_path / ".homeport" / "inspector.db").page(size=100).rows]
    assert sorted(dict.fromkeys(shown)) == sorted(stored)
    assert len(stored) > 5
    rows = [id for id, before in zip(shown, ["", *shown], strict=False) if id != before]
    assert len(rows) == len(set(rows))
