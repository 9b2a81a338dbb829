"""The journal's files: what is written comes back, a cut-off end is told from damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.dynamodb.embedded.journal import (
    HEAD_SIZE,
    DataDirectoryError,
    Journal,
    JournalRecord,
    Segment,
    encode,
    encode_header,
    read_segment,
)

STORE = {"id": "s", "account": "000000000000", "region": "us-east-1"}
RECORDS = (
    JournalRecord(1, 1763715000.25, "PutItem", b'{"TableName":"items"}'),
    JournalRecord(2, 1763715001.5, "DeleteItem", b""),
    JournalRecord(3, 1763715002.75, "UpdateItem", '{"name":"Größe 🧺"}'.encode()),
)


def make_journal(folder: Path, records: tuple[JournalRecord, ...] = RECORDS) -> Path:
    file = folder / "journal-0000000000000000.log"
    header = encode_header(0, STORE)
    file.write_bytes(header + b"".join(encode(record) for record in records))
    return file


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    file = make_journal(tmp_path)
    assert read_segment(file) == Segment(0, STORE, RECORDS, file.stat().st_size, torn=False)


def test_appended_records_come_back(tmp_path: Path) -> None:
    file = make_journal(tmp_path, ())
    journal = Journal(file, file.stat().st_size)
    for record in RECORDS:
        journal.append(record)
    journal.close()
    assert read_segment(file).records == RECORDS


def test_a_record_that_is_taken_back_is_gone(tmp_path: Path) -> None:
    file = make_journal(tmp_path, ())
    journal = Journal(file, file.stat().st_size)
    journal.append(RECORDS[0])
    journal.take_back(journal.append(RECORDS[1]))
    journal.append(JournalRecord(2, 1.0, "PutItem", b"{}"))
    journal.close()
    assert read_segment(file).records == (RECORDS[0], JournalRecord(2, 1.0, "PutItem", b"{}"))


def test_every_cut_off_last_record_is_dropped_and_no_other(tmp_path: Path) -> None:
    file = make_journal(tmp_path)
    whole = file.read_bytes()
    kept = len(whole) - len(encode(RECORDS[2]))
    for size in range(kept + 1, len(whole)):
        file.write_bytes(whole[:size])
        assert read_segment(file) == Segment(0, STORE, RECORDS[:2], kept, torn=True)


def test_a_journal_cut_between_records_is_whole(tmp_path: Path) -> None:
    file = make_journal(tmp_path)
    file.write_bytes(file.read_bytes()[: -len(encode(RECORDS[2]))])
    assert read_segment(file).records == RECORDS[:2]
    assert not read_segment(file).torn


@pytest.mark.stack
def test_every_changed_byte_is_found_and_reported_with_its_place(tmp_path: Path) -> None:
    file = make_journal(tmp_path)
    whole = file.read_bytes()
    header = len(encode_header(0, STORE))
    starts = [header]
    for record in RECORDS:
        starts.append(starts[-1] + len(encode(record)))
    for place in range(header, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        file.write_bytes(damaged)
        start = max(each for each in starts if each <= place)
        with pytest.raises(DataDirectoryError, match=f"is damaged at byte {start}: .* not as it was written"):
            read_segment(file)
        assert file.read_bytes() == damaged


def test_the_hint_for_damage_keeps_what_stands_before(tmp_path: Path) -> None:
    file = make_journal(tmp_path)
    damaged = bytearray(file.read_bytes())
    damaged[len(encode_header(0, STORE)) + HEAD_SIZE + 2] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(DataDirectoryError) as raised:
        read_segment(file)
    place = len(encode_header(0, STORE))
    assert f"head -c {place} {file}" in raised.value.hint
    file.write_bytes(file.read_bytes()[:place])
    assert read_segment(file).records == ()


def test_a_journal_of_another_format_is_rejected_by_its_number(tmp_path: Path) -> None:
    file = make_journal(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"format": 1', b'"format": 7'))
    with pytest.raises(DataDirectoryError, match="has format 7; this version of homeport reads format 1"):
        read_segment(file)


@pytest.mark.parametrize("start", [b"", b"{}\n", b"[1]\n", b"garbage", b'{"kind": "else", "format": 1}\n'])
def test_a_file_that_is_no_journal_is_rejected(tmp_path: Path, start: bytes) -> None:
    file = tmp_path / "journal-0000000000000000.log"
    file.write_bytes(start)
    with pytest.raises(
        DataDirectoryError, match="the first line of a homeport dynamodb journal is not as it was written"
    ):
        read_segment(file)
