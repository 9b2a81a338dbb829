"""What followed a request: runs over several hops, tried again, and in the order in which they began."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from homeport.recordings.followed import DEEPEST, FollowedItem, ancestors, follow
from homeport.recordings.links import Link
from homeport.recordings.run_store import Runs
from homeport.recordings.store import Bounds, Linked, Recordings, RecordingStore
from tests.support.inspector import RECEIVED, make_recording, make_run


def made(*ids: str) -> list[Link]:
    return [Link(id, taken=False, at=RECEIVED, what=f"sqs SendMessage {id}") for id in ids]


def taken(*ids: str, failed: bool = False, receives: int = 1) -> list[Link]:
    return [Link(id, taken=True, failed=failed, receives=receives) for id in ids]


def stored(folder: Path, *linked: Linked, bounds: Bounds | None = None) -> Runs:
    store = RecordingStore(folder / "inspector.db", bounds)
    store.add(linked)
    store.close()
    return Runs(folder / "inspector.db")


def shape(followed: tuple[FollowedItem, ...]) -> list[object]:
    return [(each.id, [(one.run.function, one.link.failed, shape(one.made)) for one in each.runs]) for each in followed]


def test_runs_are_followed_over_several_hops_whatever_was_stored_first(tmp_path: Path) -> None:
    runs = stored(
        tmp_path,
        Linked(make_run("last"), taken("sqs:2")),
        Linked(make_run("first"), [*taken("sqs:1"), *made("sqs:2")]),
        Linked(make_recording(), made("sqs:1", "sqs:nobody")),
    )
    assert shape(follow(runs, "request", 1)) == [
        ("sqs:1", [("first", False, [("sqs:2", [("last", False, [])])])]),
        ("sqs:nobody", []),
    ]
    assert [(each.owner, each.number) for each in ancestors(runs, 1)] == [("run", 2), ("request", 1)]


def test_each_attempt_is_shown_in_order(tmp_path: Path) -> None:
    runs = stored(
        tmp_path,
        Linked(make_recording(), made("sqs:1")),
        Linked(make_run("ship", started=RECEIVED + 9), taken("sqs:1", receives=2)),
        Linked(make_run("ship", started=RECEIVED + 1), taken("sqs:1", failed=True)),
    )
    ((one,)) = follow(runs, "request", 1)
    assert [(each.link.receives, each.link.failed) for each in one.runs] == [(1, True), (2, False)]
    assert one.what == "sqs SendMessage sqs:1"


def test_a_loop_of_functions_ends(tmp_path: Path) -> None:
    both = [*taken("sqs:1"), *made("sqs:1")]
    runs = stored(tmp_path, Linked(make_recording(), made("sqs:0")), Linked(make_run("loop"), [*taken("sqs:0"), *both]))
    assert len(follow(runs, "request", 1)) == 1
    assert [(each.owner, each.number) for each in ancestors(runs, 1)] == [("request", 1)]
    chain = [Linked(make_run(f"f{n}"), [*taken(f"sqs:{n}"), *made(f"sqs:{n + 1}")]) for n in range(3 * DEEPEST)]
    (tmp_path / "long").mkdir()
    long = stored(tmp_path / "long", Linked(make_recording(), made("sqs:0")), *chain)
    depth, level = 0, follow(long, "request", 1)
    while level and level[0].runs:
        depth, level = depth + 1, level[0].runs[0].made
    assert depth == DEEPEST + 1


def test_a_run_of_many_messages_is_cut(tmp_path: Path) -> None:
    many = [f"sqs:{number}" for number in range(150)]
    runs = stored(
        tmp_path, Linked(make_recording(), made(*many)), *(Linked(make_run("f"), taken(each)) for each in many)
    )
    found = follow(runs, "request", 1)
    assert sum(len(each.runs) for each in found) == 100
    assert any(each.is_cut for each in found)


def test_a_write_of_the_same_item_later_is_not_the_cause(tmp_path: Path) -> None:
    write = "dynamodb:orders:abc"
    runs = stored(
        tmp_path,
        Linked(make_recording(id="first-one"), [Link(write, taken=False, at=1000.2)]),
        Linked(make_recording(id="second-one"), [Link(write, taken=False, at=1500.4)]),
        Linked(make_run("index"), [Link(write, taken=True, at=1000.0)]),
        Linked(make_run("index"), [Link(write, taken=True, at=1500.0)]),
    )
    assert [[one.run.number for one in each.runs] for each in follow(runs, "request", 1)] == [[1]]
    assert [[one.run.number for one in each.runs] for each in follow(runs, "request", 2)] == [[2]]


def test_runs_come_back_as_they_were_by_page(tmp_path: Path) -> None:
    runs = stored(tmp_path, *(Linked(make_run("f", id=f"id-{number}", log=f"line {number}\n")) for number in range(5)))
    first = runs.page(size=2)
    assert ([row.id for row in first.rows], first.total) == (["id-4", "id-3"], 5)
    assert [row.id for row in runs.page(size=9, before=first.older).rows] == ["id-2", "id-1", "id-0"]
    assert [row.id for row in runs.page("LINE 3").rows] == ["id-3"]
    assert runs.page(function="g").rows == ()
    assert runs.get(2).invocation == make_run("f", id="id-1", log="line 1\n").invocation


def test_links_go_with_their_recordings(tmp_path: Path) -> None:
    linked = [Linked(make_recording(id=f"id-{number:04}"), made(f"sqs:{number}")) for number in range(25)]
    linked += [Linked(make_run("f", id=f"run-{number:04}"), taken(f"sqs:{number}")) for number in range(25)]
    runs = stored(tmp_path, *linked, bounds=Bounds(recordings=10))
    assert runs.page().total == 10
    with sqlite3.connect(tmp_path / "inspector.db") as database:
        assert database.execute("SELECT count(*), min(number) FROM links").fetchone() == (20, 16)


def test_a_file_of_the_version_before_keeps_its_recordings(tmp_path: Path) -> None:
    stored(tmp_path, Linked(make_recording(id="old-one", called=["GetItem"])))
    with sqlite3.connect(tmp_path / "inspector.db") as database:
        # As version 2 had it: neither runs nor links, and the tables of calls under another name.
        database.executescript("DROP TABLE runs; DROP TABLE run_details; DROP TABLE links; PRAGMA user_version = 2;")
        database.execute("UPDATE details SET detail = replace(detail, '\"resource\"', '\"table\"')")
    assert Runs(tmp_path / "inspector.db").page().rows == ()
    runs = stored(tmp_path, Linked(make_run("f")))
    function = Recordings(tmp_path / "inspector.db").get("old-one").function
    assert function is not None and [call.resource for call in function.calls] == ["items"]
    assert runs.page().total == 1


def test_links_of_the_version_before_stay(tmp_path: Path) -> None:
    stored(tmp_path, Linked(make_recording(), made("sqs:1")), Linked(make_run("ship"), taken("sqs:1")))
    with sqlite3.connect(tmp_path / "inspector.db") as database:
        database.executescript("ALTER TABLE links DROP COLUMN until; PRAGMA user_version = 3;")
    runs = stored(tmp_path)
    assert shape(follow(runs, "request", 1)) == [("sqs:1", [("ship", False, [])])]
