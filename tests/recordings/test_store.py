"""Recordings are bounded, found again, and read while they are written."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from homeport.recordings.database import RecordingError
from homeport.recordings.recording import Violation, from_json, to_json
from homeport.recordings.store import Bounds, RecordingFilter, Recordings, RecordingStore
from tests.support.inspector import make_recording


def filled(folder: Path, *recordings: object, bounds: Bounds | None = None) -> Recordings:
    store = RecordingStore(folder / "inspector.db", bounds)
    store.add(recordings)  # type: ignore[arg-type]
    store.close()
    return Recordings(folder / "inspector.db")


def test_a_recording_comes_back_as_it_was() -> None:
    recording = make_recording(method="PUT", body={"a": 1}, reply="ünï", called=["PutItem"], log="made\n")
    assert from_json(recording.summary, to_json(recording)) == recording


def test_pages_go_from_the_newest_to_the_oldest(tmp_path: Path) -> None:
    recordings = filled(tmp_path, *(make_recording(id=f"id-{number}") for number in range(5)))
    first = recordings.page(size=2)
    assert ([row.id for row in first.rows], first.total) == (["id-4", "id-3"], 5)
    second = recordings.page(size=2, before=first.older)
    last = recordings.page(size=2, before=second.older)
    assert ([row.id for row in second.rows], [row.id for row in last.rows]) == (["id-2", "id-1"], ["id-0"])
    assert last.older is None


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (RecordingFilter(method="put"), ["id-2"]),
        (RecordingFilter(status="404"), ["id-3"]),
        (RecordingFilter(status="4xx"), ["id-3"]),
        (RecordingFilter(operation="listItems"), ["id-1"]),
        (RecordingFilter(text="WIDGET"), ["id-2"]),
        (RecordingFilter(text="so it goes"), ["id-3"]),
        (RecordingFilter(text="100%"), []),
        (RecordingFilter(drift=True), ["id-1"]),
        (RecordingFilter(text="id-", method="GET", status="2xx"), ["id-1"]),
    ],
)
def test_filters_are_all_met(tmp_path: Path, wanted: RecordingFilter, ids: list[str]) -> None:
    recordings = filled(
        tmp_path,
        make_recording(id="id-1", operation="listItems", violations=(Violation("listItems", 200, "x", "o.yaml:1"),)),
        make_recording(id="id-2", method="PUT", body={"name": "Widget"}),
        make_recording(id="id-3", status=404, log="so it goes"),
    )
    assert [row.id for row in recordings.page(wanted).rows] == ids


def test_an_invalid_status_filter_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="'4x' is no status"):
        filled(tmp_path, make_recording()).page(RecordingFilter(status="4x"))


def test_an_id_may_be_short_or_the_functions(tmp_path: Path) -> None:
    recordings = filled(tmp_path, make_recording(id="a_cdefgh"), make_recording(id="abcdxxxx"))
    assert recordings.get("a_cd").summary.id == "a_cdefgh"
    assert recordings.get("f-abcd").summary.id == "abcdxxxx"


@pytest.mark.parametrize(
    ("id", "message"),
    [("abcd", "several ids begin with 'abcd'"), ("abc", "too short"), ("nothing", "no recorded request has the id")],
)
def test_an_ambiguous_or_unknown_id_is_rejected(tmp_path: Path, id: str, message: str) -> None:
    recordings = filled(tmp_path, make_recording(id="abcdefgh"), make_recording(id="abcdxxxx"))
    with pytest.raises(RecordingError, match=message):
        recordings.get(id)


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    bounds = Bounds(recordings=10)
    recordings = filled(tmp_path, *(make_recording(id=f"id-{number:04}") for number in range(25)), bounds=bounds)
    assert [row.id for row in recordings.page().rows] == [f"id-{number:04}" for number in range(24, 14, -1)]
    with pytest.raises(RecordingError):
        recordings.get("id-0014")


def test_the_store_keeps_within_its_bytes(tmp_path: Path) -> None:
    bounds = Bounds(size=50_000)
    recordings = filled(tmp_path, *(make_recording(id=f"id-{number:04}", reply="x" * 9000) for number in range(9)))
    assert recordings.page().total == 9
    filled(tmp_path, make_recording(id="last", reply="x" * 9000), bounds=bounds)
    assert recordings.page().rows[0].id == "last"
    with sqlite3.connect(tmp_path / "inspector.db") as database:
        assert 0 < database.execute("SELECT sum(size) FROM recordings").fetchone()[0] <= 50_000
        assert database.execute("SELECT count(*) FROM details").fetchone()[0] == recordings.page().total


def test_an_oversized_recording_is_kept_until_the_next(tmp_path: Path) -> None:
    recordings = filled(tmp_path, make_recording(id="huge", reply="x" * 9000), bounds=Bounds(size=100))
    assert [row.id for row in recordings.page().rows] == ["huge"]


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "inspector.db").write_bytes(b"not a database" * 1000)
    assert filled(tmp_path, make_recording(id="new-one")).page().rows[0].id == "new-one"


def test_a_file_of_another_version_is_replaced(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "inspector.db") as database:
        database.executescript("CREATE TABLE recordings (old TEXT); PRAGMA user_version = 999;")
    assert filled(tmp_path, make_recording(id="new-one")).page().total == 1


def test_a_missing_file_has_no_recordings(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "inspector.db")
    assert (recordings.page().rows, recordings.newest(), list(recordings.select())) == ((), 0, [])


@pytest.mark.stack
def test_a_page_of_ten_thousand_takes_a_fraction_of_reading_them_all(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path / "inspector.db")
    text = "a widget with a long description, " * 40
    for part in range(20):
        store.add(make_recording(id=f"{part:02}-{number:04}", reply=text) for number in range(500))
    recordings = Recordings(tmp_path / "inspector.db")
    started = time.perf_counter()
    assert sum(1 for _ in recordings.select()) == 10_000
    everything = time.perf_counter() - started
    filters = (RecordingFilter(), RecordingFilter(text="nowhere"), RecordingFilter(status="5xx"))
    for wanted in (*filters, RecordingFilter(text="00-0001")):
        started = time.perf_counter()
        recordings.page(wanted)
        assert time.perf_counter() - started < everything
    assert recordings.page().total == 10_000
    store.close()
