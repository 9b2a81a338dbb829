"""The data directory: whatever moment the process dies at, the next start has every write."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.dynamodb.embedded.data_directory import DataDirectory, StoredState
from homeport.dynamodb.embedded.journal import DataDirectoryError, JournalRecord

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


def test_a_snapshot_stands_for_the_writes_before_it(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 5)
    store.rotate(5)
    store.write_snapshot(5, [1, 2, 3, 4, 5])
    store.finish_snapshot(5)
    write(store, 6, 7)
    store.close()
    assert names(tmp_path) == ["journal-0000000000000005.log", "lock", "snapshot-0000000000000005.json"]
    _, content = open_store(tmp_path)
    assert (content.sequence, content.state) == (5, [1, 2, 3, 4, 5])
    assert content.records == (make_record(6), make_record(7))


def test_the_backlog_counts_what_a_start_would_replay(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 5)
    store.take_back(store.append(make_record(6)))
    assert store.backlog.records == 5
    size = store.backlog.bytes
    store.rotate(5)
    write(store, 6, 7)
    store.write_snapshot(5, [])
    store.finish_snapshot(5)
    assert store.backlog.records == 2
    assert store.backlog.bytes == pytest.approx(size * 2 / 5)


def make_history(directory: Path, look: Callable[[str], None]) -> None:
    """Two snapshots with writes around them, calling ``look`` at every moment that files have changed."""
    store, _ = open_store(directory)
    look("new")
    write(store, 1, 3)
    store.rotate(3)
    look("rotated")
    write(store, 4, 5)
    store.write_snapshot(3, [1, 2, 3])
    look("saved")
    store.finish_snapshot(3)
    look("retired")
    write(store, 6, 6)
    store.rotate(6)
    write(store, 7, 7)
    look("rotated again, no snapshot yet")
    store.rotate(7)
    write(store, 8, 8)
    look("rotated a third time: the second snapshot failed")
    store.write_snapshot(7, [1, 2, 3, 4, 5, 6, 7])
    look("saved again")
    store.finish_snapshot(7)
    look("retired again")
    store.close()


def test_the_process_may_die_at_every_step_of_a_snapshot(tmp_path: Path) -> None:
    seen: dict[str, Path] = {}

    def look(moment: str) -> None:
        seen[moment] = tmp_path / f"at {moment}"
        shutil.copytree(tmp_path / "live", seen[moment])

    make_history(tmp_path / "live", look)
    assert {moment: written_record(copy) for moment, copy in seen.items()} == {
        "new": [],
        "rotated": [1, 2, 3],
        "saved": [1, 2, 3, 4, 5],
        "retired": [1, 2, 3, 4, 5],
        "rotated again, no snapshot yet": [1, 2, 3, 4, 5, 6, 7],
        "rotated a third time: the second snapshot failed": [1, 2, 3, 4, 5, 6, 7, 8],
        "saved again": [1, 2, 3, 4, 5, 6, 7, 8],
        "retired again": [1, 2, 3, 4, 5, 6, 7, 8],
    }


def test_half_written_files_of_a_dead_process_are_removed(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.close()
    (tmp_path / "snapshot-0000000000000003.json.4711.part").write_bytes(b'{"kind": "homeport dynamodb sn')
    (tmp_path / "journal-0000000000000003.log.4711.part").write_bytes(b"")
    assert written_record(tmp_path) == [1, 2, 3]
    assert names(tmp_path) == ["journal-0000000000000000.log", "lock"]


def test_old_files_that_were_not_removed_any_more_are_removed_now(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.rotate(3)
    store.write_snapshot(3, [1, 2, 3])
    store.close()
    assert written_record(tmp_path) == [1, 2, 3]
    assert names(tmp_path) == ["journal-0000000000000003.log", "lock", "snapshot-0000000000000003.json"]


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


def test_a_cut_off_write_before_another_journal_is_damage(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.rotate(3)
    write(store, 4, 4)
    store.close()
    file = tmp_path / "journal-0000000000000000.log"
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(DataDirectoryError, match=f"{file} is damaged at byte"):
        open_store(tmp_path)


def test_a_missing_journal_stops_the_start_and_is_named(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    for first in (1, 3, 5):
        write(store, first, first + 1)
        store.rotate(first + 1)
    store.close()
    (tmp_path / "journal-0000000000000002.log").unlink()
    with pytest.raises(DataDirectoryError, match="the journal of the writes after number 2 is missing") as raised:
        open_store(tmp_path)
    assert raised.value.hint.startswith("restore journal-0000000000000002.log")


def test_a_snapshot_without_its_journal_stops_the_start(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.rotate(3)
    store.write_snapshot(3, [1, 2, 3])
    store.finish_snapshot(3)
    store.close()
    (tmp_path / "journal-0000000000000003.log").unlink()
    with pytest.raises(DataDirectoryError, match="the journal of the writes after number 3 is missing"):
        open_store(tmp_path)


def test_the_journals_are_used_where_a_damaged_snapshot_left_them(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.rotate(3)
    store.write_snapshot(3, [1, 2, 3])
    write(store, 4, 4)
    store.close()
    file = tmp_path / "snapshot-0000000000000003.json"
    file.write_bytes(file.read_bytes()[:-1])
    store, content = open_store(tmp_path)
    store.close()
    assert [record.sequence for record in content.records] == [1, 2, 3, 4]
    assert "snapshot-0000000000000003.json is damaged" in content.warnings[0]


def test_a_damaged_snapshot_that_nothing_replaces_stops_the_start(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.rotate(3)
    store.write_snapshot(3, [1, 2, 3])
    store.finish_snapshot(3)
    store.close()
    file = tmp_path / "snapshot-0000000000000003.json"
    file.write_bytes(file.read_bytes().replace(b"[1,2,3]", b"[1,9,3]"))
    with pytest.raises(
        DataDirectoryError, match=r"snapshot-0000000000000003\.json is damaged at byte [0-9]+: the state"
    ):
        open_store(tmp_path)


def test_a_snapshot_of_another_format_is_rejected_by_its_number(tmp_path: Path) -> None:
    store, _ = open_store(tmp_path)
    write(store, 1, 3)
    store.rotate(3)
    store.write_snapshot(3, [1, 2, 3])
    store.finish_snapshot(3)
    store.close()
    file = tmp_path / "snapshot-0000000000000003.json"
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
