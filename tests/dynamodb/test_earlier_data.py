"""A data folder of a version that kept its tables in memory: ``earlier/`` was written by one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dynamodb import running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.stack

EARLIER = Path(__file__).parent / "earlier"


def seen_by(client: DynamoDBClient) -> dict[str, Any]:
    open_orders = client.query(
        TableName="orders",
        IndexName="byStatus",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "open"}},
    )
    table = client.describe_table(TableName="orders")["Table"]
    return {
        "keys": [(item["customer"]["S"], item["at"]["N"]) for item in client.scan(TableName="orders")["Items"]],
        "open": [item["at"]["N"] for item in open_orders["Items"]],
        "count": table["ItemCount"],
        "id": table["TableId"],
        "expiry": client.describe_time_to_live(TableName="orders")["TimeToLiveDescription"],
        "backups": [backup["BackupName"] for backup in client.list_backups()["BackupSummaries"]],
    }


def test_earlier_data_is_taken_over_once_and_is_there_after_a_kill(tmp_path: Path) -> None:
    for file in EARLIER.iterdir():
        shutil.copy(file, tmp_path)
    with running_engine(tmp_path) as stand:
        client = stand.client()
        first = seen_by(client)
        assert first == {
            "keys": [("c", "2"), ("c", "9"), ("d", "1")],
            "open": ["2", "9"],
            "count": 3,
            "id": "ae5e7145-0308-457c-a393-83313a856c91",
            "expiry": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"},
            "backups": ["first"],
        }
        assert stand.warnings == []
        item = client.get_item(TableName="orders", Key={"customer": {"S": "c"}, "at": {"N": "9"}})["Item"]
        assert (item["raw"], item["name"]) == ({"B": b"\x00\xff"}, {"S": "ü"})
        stand.kill_and_restart()
        assert sorted({file.name.partition("-")[0] for file in tmp_path.iterdir()}) == [
            "journal",
            "lock",
            "tables.sqlite",
        ]
        assert seen_by(client) == first
        arn = client.list_backups()["BackupSummaries"][0]["BackupArn"]
        client.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)
        numbers = [item["at"]["N"] for item in client.scan(TableName="restored")["Items"]]
        assert numbers == ["2", "9", "10"]
