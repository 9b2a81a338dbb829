"""The data directory: whatever moment the process dies at, the next start has every write."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.dynamodb.embedded.data_directory import DataDirectory, StoredState
from homeport.dynamodb.embedded.journal import DataDirectoryError, JournalRecord
from homeport.dynamodb.embedded.storage.item_file import ItemFileError

NEW = {"id": "new", "account": "000000000000", "region": "eu-central-1"}


def make_record(sequence: int) -> JournalRecord:
    return JournalRecord(sequence, 1763715000.0 + sequence, "PutItem", f'{{"n":{sequence}}}'.encode())


def open_store(directory: Path) -> tuple[DataDirectory, StoredState]:
    return DataDirectory.open(directory, NEW)


def write(store: DataDirectory, first: int, last: int) -> None:
    for sequence in range(first, last + 1):
        store.append(make_record(sequence))


def written_record(directory: Path) -> list[int]:
    """The numbers of all writes that a start would have: the fake state is the list of their numbers."""
    store, content = open_store(directory)
    store.close()
    return [*(content.state or []), *(record.sequence for record in content.records)]


def write_old_snapshot(directory: Path, sequence: int, state: list[int]) -> Path:
    """A snapshot of a version that kept the tables in memory."""
    payload = json.dumps(state, separators=(",", ":")).encode()
    header = {"kind": "homeport dynamodb snapshot", "format": 1, "sequence": sequence, "store": NEW}
    header.update(length=len(payload), crc32=zlib.crc32(payload))
    file = directory / f"snapshot-{sequence:016}.json"
    file.write_bytes(json.dumps(header).encode() + b"\n" + payload)
    return file


def make_old_directory(directory: Path) -> Path:
    """A directory of such a version: a snapshot after three writes, and a journal with one more."""
    store, _ = open_store(directory)
    write(store, 1, 3)
    store.checkpoint(3, "[1, 2, 3]")
    write(store, 4, 4)
    store.close()
    for file in directory.glob("tables.sqlite*"):
        file.unlink()
    return write_old_snapshot(directory, 3, [1, 2, 3])


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


def test_a_new_store_is_empty_and_keeps_who_it_is(tmp_path: Path) -> None:
    store, content = open_store(tmp_path / "a" / "b")
    store.close()
    assert content == StoredState(NEW, 0, None, (), ())
    _, again = DataDirectory.open(tmp_path / "a" / "b", {"id": "other", "account": "1", "region": "us-east-1"})
    assert again.identity == NEW


def test_writes_are_there_after_opening_again(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 5)
    store.close()
    _, content = open_store(tmp_path)
    assert content.records == tuple(make_record(n) for n in range(1, 6))


def test_tables_stand_for_the_writes_before_a_checkpoint(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 5)
    store.checkpoint(5, "[1, 2, 3, 4, 5]")
    write(store, 6, 7)
    store.close()
    assert names(tmp_path) == ["journal-0000000000000005.log", "lock", "tables.sqlite"]
    _, content = open_store(tmp_path)
    assert (content.sequence, content.state) == (5, [1, 2, 3, 4, 5])
    assert content.records == (make_record(6), make_record(7))


def test_the_backlog_counts_what_a_start_would_replay(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 5)
    size = store.backlog.bytes
    store.take_back(store.append(make_record(6)))
    assert (store.backlog.records, store.backlog.bytes) == (5, size)
    store.checkpoint(5, "[]")
    write(store, 6, 7)
    assert store.backlog.records == 2
    assert store.backlog.bytes == pytest.approx(size * 2 / 5)


class WatchedDirectory(DataDirectory):
    """A directory that calls ``look`` before it removes what a checkpoint covers."""

    look: Callable[[str], None] | None = None

    def retire(self, sequence: int) -> None:
        if self.look is not None:
            self.look(f"committed {sequence}")
        super().retire(sequence)


class FailingDirectory(DataDirectory):
    """A directory whose disk is full when the tables are committed, and only then."""

    def checkpoint(self, sequence: int, state: str) -> None:
        self._rotate(sequence)
        self.items.begin_again()
        raise ItemFileError("database or disk is full")


def make_history(directory: Path, look: Callable[[str], None]) -> None:
    """Two checkpoints with writes around them, calling ``look`` at every moment that files have changed."""
    store, _ = WatchedDirectory.open(directory, NEW)
    assert isinstance(store, WatchedDirectory)
    store.look = look
    look("new")
    write(store, 1, 3)
    look("written")
    store.checkpoint(3, "[1, 2, 3]")
    look("retired 3")
    write(store, 4, 5)
    with pytest.raises(ItemFileError):
        FailingDirectory.checkpoint(store, 5, "[1, 2, 3, 4, 5]")  # type: ignore[arg-type]
    look("not committed 5")
    write(store, 6, 7)
    store.checkpoint(7, "[1, 2, 3, 4, 5, 6, 7]")
    look("retired 7")
    store.close()


def test_the_process_may_die_at_every_step_of_a_checkpoint(tmp_path: Path) -> None:
    seen: dict[str, Path] = {}

    def look(moment: str) -> None:
        seen[moment] = tmp_path / f"at {moment}"
        shutil.copytree(tmp_path / "live", seen[moment])

    make_history(tmp_path / "live", look)
    assert {moment: written_record(copy) for moment, copy in seen.items()} == {
        "new": [],
        "written": [1, 2, 3],
        "committed 3": [1, 2, 3],
        "retired 3": [1, 2, 3],
        "not committed 5": [1, 2, 3, 4, 5],
        "committed 7": [1, 2, 3, 4, 5, 6, 7],
        "retired 7": [1, 2, 3, 4, 5, 6, 7],
    }


def test_half_written_files_of_a_dead_process_are_removed(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.close()
    (tmp_path / "snapshot-0000000000000003.json.4711.part").write_bytes(b'{"kind": "homeport dynamodb sn')
    (tmp_path / "journal-0000000000000003.log.4711.part").write_bytes(b"")
    assert written_record(tmp_path) == [1, 2, 3]
    assert names(tmp_path) == ["journal-0000000000000000.log", "lock", "tables.sqlite"]


def test_journals_that_a_killed_process_left_after_its_commit_are_removed(tmp_path: Path) -> None:
    store, _ = WatchedDirectory.open(tmp_path, NEW)
    assert isinstance(store, WatchedDirectory)
    write(store, 1, 3)
    store.retire = lambda sequence: None  # type: ignore[method-assign]
    store.checkpoint(3, "[1, 2, 3]")
    store.close()
    assert "journal-0000000000000000.log" in names(tmp_path)
    assert written_record(tmp_path) == [1, 2, 3]
    assert names(tmp_path) == ["journal-0000000000000003.log", "lock", "tables.sqlite"]


def test_snapshot_of_an_earlier_version_is_read_and_stays_until_a_checkpoint_is_made(tmp_path: Path) -> None:
    snapshot = make_old_directory(tmp_path)
    for _ in range(2):
        assert written_record(tmp_path) == [1, 2, 3, 4]
        assert snapshot.exists()
    store, content = open_store(tmp_path)
    assert (store.is_old, content.sequence, content.state) == (True, 3, [1, 2, 3])
    store.checkpoint(4, "[1, 2, 3, 4]")
    assert not store.is_old
    store.close()
    assert names(tmp_path) == ["journal-0000000000000004.log", "lock", "tables.sqlite"]
    assert written_record(tmp_path) == [1, 2, 3, 4]


def test_a_cut_off_write_at_the_end_is_dropped_with_a_warning_and_writing_goes_on(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.close()
    file = tmp_path / "journal-0000000000000000.log"
    file.write_bytes(file.read_bytes()[:-4])
    store, content = open_store(tmp_path)
    assert [record.sequence for record in content.records] == [1, 2]
    assert content.warnings == (
        f"{file} ended in a write that was cut short ({34 + 7 + 7 - 4} bytes, never answered); it was dropped",
    )
    write(store, 3, 4)
    store.close()
    assert written_record(tmp_path) == [1, 2, 3, 4]


def test_a_damaged_journal_stops_the_start_and_is_left_as_it_is(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.close()
    file = tmp_path / "journal-0000000000000000.log"
    damaged = file.read_bytes().replace(b'{"n":2}', b'{"n":9}')
    file.write_bytes(damaged)
    with pytest.raises(DataDirectoryError, match=r"is damaged at byte [0-9]+: record 2 is not as it was written"):
        open_store(tmp_path)
    assert file.read_bytes() == damaged


def leave_journals(directory: Path, *ends: int) -> None:
    """Journals that no checkpoint covers: each ends after one of these writes."""
    store, _ = open_store(directory)
    first = 1
    for end in ends:
        write(store, first, end)
        with pytest.raises(ItemFileError):
            FailingDirectory.checkpoint(store, end, "[]")  # type: ignore[arg-type]
        first = end + 1
    store.close()


def test_a_cut_off_write_before_another_journal_is_damage(tmp_path: Path) -> None:
    leave_journals(tmp_path, 3, 4)
    file = tmp_path / "journal-0000000000000000.log"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(DataDirectoryError, match=f"{file} is damaged at byte"):
        open_store(tmp_path)


def test_a_missing_journal_stops_the_start_and_is_named(tmp_path: Path) -> None:
    leave_journals(tmp_path, 2, 4, 6)
    (tmp_path / "journal-0000000000000002.log").unlink()
    with pytest.raises(DataDirectoryError, match="the journal of the writes after number 2 is missing") as raised:
        open_store(tmp_path)
    assert raised.value.hint.startswith("restore journal-0000000000000002.log")


def test_tables_without_their_journal_stop_the_start(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.checkpoint(3, "[1, 2, 3]")
    store.close()
    (tmp_path / "journal-0000000000000003.log").unlink()
    with pytest.raises(DataDirectoryError, match="the journal of the writes after number 3 is missing"):
        open_store(tmp_path)


def test_journals_without_their_tables_stop_the_start(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.checkpoint(3, "[1, 2, 3]")
    store.close()
    (tmp_path / "tables.sqlite").unlink()
    with pytest.raises(DataDirectoryError, match="the journal of the writes after number 0 is missing"):
        open_store(tmp_path)


def test_damaged_tables_stop_the_start_with_their_file_and_what_helps(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.checkpoint(3, "[1, 2, 3]")
    store.close()
    (tmp_path / "tables.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(DataDirectoryError, match=r"tables\.sqlite can't be read .*not a database") as raised:
        open_store(tmp_path)
    assert "start afresh" in raised.value.hint


def test_tables_of_another_format_are_rejected_by_its_number(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.checkpoint(3, "[1, 2, 3]")
    store.close()
    with sqlite3.connect(tmp_path / "tables.sqlite") as tables:
        tables.execute("UPDATE meta SET value = replace(value, '\"format\": 1', '\"format\": 2')")
    tables.close()
    with pytest.raises(DataDirectoryError, match=r"tables\.sqlite has format 2"):
        open_store(tmp_path)


def test_a_damaged_snapshot_of_an_earlier_version_stops_the_start(tmp_path: Path) -> None:
    file = make_old_directory(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"[1,2,3]", b"[1,9,3]"))
    with pytest.raises(
        DataDirectoryError, match=r"snapshot-0000000000000003\.json is damaged at byte [0-9]+: the state"
    ):
        open_store(tmp_path)


def test_a_snapshot_of_another_format_is_rejected_by_its_number(tmp_path: Path) -> None:
    file = make_old_directory(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(DataDirectoryError, match="has format 2"):
        open_store(tmp_path)


@pytest.mark.stack
def test_a_directory_in_use_names_the_process_that_has_it(tmp_path: Path) -> None:
    script = """
        import sys
        from pathlib import Path
        from homeport.dynamodb.embedded.data_directory import DataDirectory
        DataDirectory.open(Path(sys.argv[1]), {})
        print("open", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(DataDirectoryError, match=f"the data in {tmp_path} is in use by process {other.pid}"):
            open_store(tmp_path)
        other.communicate("")
    assert written_record(tmp_path) == []


def test_a_place_that_is_no_directory_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryError, match="can't use the data directory"):
        open_store(tmp_path / "file")
