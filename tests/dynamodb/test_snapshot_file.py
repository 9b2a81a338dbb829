"""A snapshot's file is whole or refused, and never half written."""

from __future__ import annotations

import gzip
import json
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from homeport.dynamodb.snapshot import (
    SavedTable,
    SnapshotError,
    SnapshotHeader,
    read_counts,
    read_items,
    read_snapshot_header,
    write_snapshot,
)

HEAD = SnapshotHeader(
    "local", "2026-01-02T03:04:05+00:00", {"A": SavedTable({"BillingMode": "PAY_PER_REQUEST"}, "until")}
)
START = {
    "homeport": "snapshot",
    "version": 1,
    "stage": "local",
    "made": "2026-01-02T03:04:05+00:00",
    "tables": {"A": {"definition": {"BillingMode": "PAY_PER_REQUEST"}, "time_to_live": "until"}},
}
ITEM = {"id": {"S": "1"}, "data": {"M": {"x": {"BS": [b"\x00", b"\xff"]}}}}


def lines(file: Path, *values: Any) -> Path:
    file.write_bytes(gzip.compress("".join(f"{json.dumps(value)}\n" for value in values).encode()))
    return file


def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "made" / "a.jsonl.gz"
    with write_snapshot(file, HEAD) as take:
        take("A", ITEM)
    assert read_snapshot_header(file) == HEAD
    assert read_counts(file) == {"A": 1}
    assert list(read_items(file)) == [("A", ITEM)]
    written = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert written == [
        START,
        ["A", {"id": {"S": "1"}, "data": {"M": {"x": {"BS": ["AA==", "/w=="]}}}}],
        {"items": {"A": 1}},
    ]


def test_only_its_maker_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    with write_snapshot(file, HEAD):
        pass
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_text("before")
    with pytest.raises(ZeroDivisionError), write_snapshot(file, HEAD) as take:
        take("A", ITEM)
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl.gz"]
    assert file.read_text() == "before"


def test_a_place_that_can_not_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with (
        pytest.raises(SnapshotError, match="can't be written"),
        write_snapshot(tmp_path / "taken" / "a.jsonl.gz", HEAD),
    ):
        pass


@pytest.mark.parametrize(
    "values",
    [
        (),
        (None,),
        ({"something": "else"},),
        (START,),
        (START, ["A", {"id": {"S": "1"}}]),
        (START, {"items": {"A": 1}}),
        (START, {"items": {"A": 0}}, ["A", {"id": {"S": "1"}}]),
        (START, ["A", {"id": {"X": "1"}}], {"items": {"A": 1}}),
        (START, ["A", {"id": {"B": "no base64"}}], {"items": {"A": 1}}),
        (START, ["A", ["id"]], {"items": {"A": 1}}),
        ({**START, "tables": ["A"]}, {"items": {}}),
    ],
    ids=str,
)
def test_a_file_that_is_not_whole_is_rejected(tmp_path: Path, values: tuple[Any, ...]) -> None:
    with pytest.raises(SnapshotError, match="is damaged"):
        read_counts(lines(tmp_path / "a.jsonl.gz", *values))


PACKED = (gzip.compress(b"{" * 100_000, mtime=0), gzip.compress(b"\xff\n", mtime=0))


@pytest.mark.parametrize("content", [b"", b"not gzip", *PACKED])
def test_a_file_of_something_else_is_rejected(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(content)
    with pytest.raises(SnapshotError, match="is damaged"):
        read_counts(file)


def test_another_format_names_what_reads_it(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="format 2, this one reads 1"):
        read_snapshot_header(lines(tmp_path / "a.jsonl.gz", {**START, "version": 2}))


def test_a_missing_snapshot_is_reported_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="there is no snapshot a"):
        read_snapshot_header(tmp_path / "a.jsonl.gz")


@pytest.mark.stack
def test_memory_stays_bounded_however_much_there_is(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    tracemalloc.start()
    try:
        with write_snapshot(file, HEAD) as take:
            for number in range(8_000):
                take("A", {"id": {"S": str(number)}, "text": {"S": "x" * 4_000}})
        assert read_counts(file) == {"A": 8_000}
        assert sum(1 for _ in read_items(file)) == 8_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
