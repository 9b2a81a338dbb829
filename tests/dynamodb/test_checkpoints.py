"""A checkpoint is made when it is due, and nothing is lost when it can't be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from homeport.dynamodb.embedded.data_directory import JournalBacklog
from homeport.dynamodb.embedded.database import CheckpointPolicy
from tests.support.dynamodb import create_items_table, running_engine
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("backlog", "due"),
    [
        (JournalBacklog(0, 0), False),
        (JournalBacklog(2000, 400_000), False),
        (JournalBacklog(2001, 400_000), True),
        (JournalBacklog(10, 4_000_000), False),
        (JournalBacklog(10, 4_000_001), True),
    ],
)
def test_a_checkpoint_is_due_when_replaying_would_take_long(backlog: JournalBacklog, due: bool) -> None:
    assert CheckpointPolicy().is_due(backlog) is due


def test_fewer_writes_are_enough_while_nobody_writes() -> None:
    policy = CheckpointPolicy()
    assert not policy.is_due_when_idle(JournalBacklog(200, 400_000))
    assert policy.is_due_when_idle(JournalBacklog(201, 400_000))
    assert policy.is_due_when_idle(JournalBacklog(10, 400_001))


@pytest.mark.stack
def test_an_idle_engine_makes_a_checkpoint_so_that_the_next_start_replays_nothing(tmp_path: Path) -> None:
    with running_engine(tmp_path) as stand:
        client = stand.client()
        create_items_table(client)
        for first in range(0, 500, 25):
            items = [{"itemId": {"S": str(number)}, "text": {"S": "x" * 1000}} for number in range(first, first + 25)]
            client.batch_write_item(RequestItems={"items": [{"PutRequest": {"Item": item}} for item in items]})
        assert eventually(lambda: not (tmp_path / "journal-0000000000000000.log").exists())
        stand.kill_and_restart()
        assert client.scan(TableName="items", Select="COUNT")["Count"] == 500


@pytest.mark.stack
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of a running process can be set on Linux only (prlimit)")
def test_a_checkpoint_that_can_not_be_written_loses_nothing(tmp_path: Path) -> None:
    import resource

    log = tmp_path / "log"
    with running_engine(tmp_path / "data", checkpoint_after=20, log=log) as stand:
        limits = resource.prlimit(stand.process_id, resource.RLIMIT_FSIZE)
        resource.prlimit(stand.process_id, resource.RLIMIT_FSIZE, (60_000, limits[1]))
        client = stand.client()
        create_items_table(client)
        for number in range(90):
            client.put_item(TableName="items", Item={"itemId": {"S": str(number)}, "padding": {"S": "x" * 1000}})
        # The tables were taken back and made anew from the journals, while the engine went on.
        assert "no checkpoint was made, the journals stay" in log.read_text()
        assert client.scan(TableName="items", Select="COUNT")["Count"] == 90
        assert client.get_item(TableName="items", Key={"itemId": {"S": "89"}})["Item"]["itemId"] == {"S": "89"}
        stand.kill_and_restart()
        assert client.scan(TableName="items", Select="COUNT")["Count"] == 90
        assert stand.warnings == []
        assert eventually(lambda: len(list((tmp_path / "data").glob("journal-*"))) == 1)
        assert client.scan(TableName="items", Select="COUNT")["Count"] == 90
