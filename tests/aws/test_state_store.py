"""The store of what the services hold: SQLite, an entry a row."""

from __future__ import annotations

import copy
import os
import pickle
import sqlite3
from collections import OrderedDict, deque
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import pytest

from homeport.aws.embedded.protocols import PROTOCOLS, install_protocols
from homeport.aws.embedded.state import StateError, StateStore, live_state


class Scoped:
    """A stand-in for ministack's stores, whose entries are in ``_data``."""

    def __init__(self, data: dict[Any, Any] | None = None) -> None:
        self._data = data or {}


KINDS: dict[str, type[Any]] = {"region": Scoped}
KEY = ("000000000000", "us-east-1", "jobs")


def test_entries_are_read_back_with_their_types(tmp_path: Path) -> None:
    value = {
        "messages": [{"id": "1", "body": b"\x00", "at": 1.5}],
        "ids": {"a", "b"},
        ("a", 1): deque([1]),
        "order": OrderedDict(a=1),
        "made": datetime(2026, 1, 1, tzinfo=UTC),
    }
    store = StateStore(tmp_path / "state.db")
    store.save("sqs", {"queues": Scoped({KEY: value}), "count": 3}, KINDS)
    store.close()
    loaded = StateStore(tmp_path / "state.db").load(KINDS)
    assert loaded["sqs"]["queues"]._data == {KEY: value}
    assert loaded["sqs"]["count"] == 3


def test_entry_that_is_gone_is_gone_from_the_file(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state.db")
    queues = Scoped({KEY: 1, (*KEY[:2], "other"): 2})
    store.save("sqs", {"queues": queues}, KINDS)
    store.save("sns", {"topics": Scoped({KEY: 3})}, KINDS)
    del queues._data[KEY]
    store.save("sqs", {"queues": queues}, KINDS)
    store.close()
    loaded = StateStore(tmp_path / "state.db").load(KINDS)
    assert loaded["sqs"]["queues"]._data == {(*KEY[:2], "other"): 2}
    assert loaded["sns"]["topics"]._data == {KEY: 3}


def test_entry_that_changed_after_a_load_is_written(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state.db")
    store.save("sqs", {"queues": Scoped({KEY: [1]})}, KINDS)
    store.close()
    again = StateStore(tmp_path / "state.db")
    queues = again.load(KINDS)["sqs"]["queues"]
    queues._data[KEY].append(2)
    again.save("sqs", {"queues": queues}, KINDS)
    again.close()
    assert StateStore(tmp_path / "state.db").load(KINDS)["sqs"]["queues"]._data == {KEY: [1, 2]}


class _Harmful:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["HARM"],)


def test_file_with_anything_but_plain_types_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARM", str(tmp_path / "harm"))
    StateStore(tmp_path / "state.db").close()
    with sqlite3.connect(tmp_path / "state.db") as database:
        row = ("sqs", "queues", "", b"", pickle.dumps(_Harmful()))
        database.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", row)
    database.close()
    with pytest.raises(StateError, match="mkdir is not to be read"):
        StateStore(tmp_path / "state.db").load(KINDS)
    assert not (tmp_path / "harm").exists()


def test_file_in_use_of_another_format_or_no_database_is_an_error(tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state.db")
    store.save("sqs", {"count": 1}, KINDS)
    with pytest.raises(StateError, match="locked"):
        StateStore(tmp_path / "state.db", timeout=0.0)
    store.close()
    with sqlite3.connect(tmp_path / "state.db") as database:
        database.execute("PRAGMA user_version=9")
    database.close()
    with pytest.raises(StateError, match="format 9"):
        StateStore(tmp_path / "state.db")
    (tmp_path / "text.db").write_text("no database, but long enough to be taken for the head of one" * 3)
    with pytest.raises(StateError, match="not a database"):
        StateStore(tmp_path / "text.db")


def test_state_of_a_module_is_read_without_copies() -> None:
    module = ModuleType("queues")
    code = "def get_state():\n    return {'queues': copy.deepcopy(_queues), 'names': list(_queues)}\n"
    module.__dict__.update(copy=copy, _queues={"a": [1]})
    exec(code, module.__dict__)
    found = live_state(module)
    assert found["queues"] is module.__dict__["_queues"]
    assert found["names"] == ["a"]
    # The module itself still makes copies.
    assert module.__dict__["get_state"]()["queues"] is not module.__dict__["_queues"]


def test_protocols_are_those_of_botocores_models() -> None:
    session = botocore.session.get_session()
    responses, router = ModuleType("responses"), ModuleType("router")
    install_protocols(responses, router)
    names = {"states": "stepfunctions", "monitoring": "cloudwatch"}
    for service in PROTOCOLS:
        wanted = session.get_service_model(names.get(service, service)).metadata
        found = responses._service_model(service).metadata
        assert found["protocol"] == wanted["protocol"], service
        if found["protocol"] == "json":
            assert found["jsonVersion"] == wanted["jsonVersion"], service
    assert responses._service_model("s3") is None
