"""Backups of tables on demand, and restores from them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
"""

from __future__ import annotations

import json
from typing import Any

from .ministack_module import find_table, validation_error
from .storage.storage import Storage, backup_collection, backup_marker
from .validation.messages import INVALID

# A response of ministack: status, headers, body.
Answer = Any

_PAGE = 100


class Backups:
    """The backups and restores of ``dynamodb``, ministack's module. Their items are copied within the file."""

    def __init__(self, dynamodb: Any, storage: Storage) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        self._create, dynamodb._create_backup = dynamodb._create_backup, self.create
        self._restore, dynamodb._restore_table_from_backup = dynamodb._restore_table_from_backup, self.restore
        dynamodb._list_backups = self.list

    def create(self, data: Any) -> Answer:
        """Carry out a CreateBackup."""
        table = find_table(self._dynamodb, data.get("TableName"))
        if table is None:
            return self._create(data)
        whole, table["items"] = table["items"], {}
        try:
            answer: Answer = self._create(data)
        finally:
            table["items"] = whole
        if answer[0] == 200:
            arn = json.loads(answer[2])["BackupDetails"]["BackupArn"]
            collection = self._storage.copy_items(self._storage.items_of(table).collection)
            self._dynamodb._backups[arn]["_items_snapshot"] = backup_marker(collection)
        return answer

    def restore(self, data: Any) -> Answer:
        """Carry out a RestoreTableFromBackup."""
        backup = self._dynamodb._backups.get(data.get("BackupArn"))
        if backup is None:
            return self._restore(data)
        kept, backup["_items_snapshot"] = backup["_items_snapshot"], {}
        try:
            answer: Answer = self._restore(data)
        finally:
            backup["_items_snapshot"] = kept
        if answer[0] == 200:
            self._storage.fill(find_table(self._dynamodb, data["TargetTableName"]), backup_collection(backup))
        return answer

    def list(self, data: Any) -> Answer:
        """Carry out a ListBackups: a page of the backups of a table, or of all, that are of a type and of a time.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html
        """
        name = self._dynamodb._normalize_table_name(data.get("TableName"))
        first, end = data.get("TimeRangeLowerBound"), data.get("TimeRangeUpperBound")
        if first is not None and end is not None and first > end:
            return self._error("TimeRangeLowerBound is after TimeRangeUpperBound")
        # The backups that AWS Backup and a deletion make do not exist here.
        kinds = ("USER",) if data.get("BackupType", "USER") in ("USER", "ALL") else ()
        found = [
            _summary(arn, backup)
            for arn, backup in self._dynamodb._backups.items()
            if (name is None or backup["SourceTableDetails"]["TableName"] == name)
            and backup["BackupDetails"]["BackupType"] in kinds
            and (first is None or backup["BackupDetails"]["BackupCreationDateTime"] >= first)
            and (end is None or backup["BackupDetails"]["BackupCreationDateTime"] < end)
        ]
        after = data.get("ExclusiveStartBackupArn")
        if after is not None:
            place = next((place for place, each in enumerate(found, 1) if each["BackupArn"] == after), None)
            if place is None:
                return self._error(f"ExclusiveStartBackupArn is of no backup that is listed: {after}")
            found = found[place:]
        page = found[: data.get("Limit", _PAGE)]
        more = {"LastEvaluatedBackupArn": page[-1]["BackupArn"]} if len(page) < len(found) else {}
        return self._dynamodb.json_response({"BackupSummaries": page, **more})

    def _error(self, message: str) -> Answer:
        return validation_error(self._dynamodb, f"{INVALID}: {message}")


def _summary(arn: str, backup: Any) -> dict[str, Any]:
    table, details = backup["SourceTableDetails"], backup["BackupDetails"]
    return {
        **{name: table[name] for name in ("TableName", "TableId", "TableArn")},
        "BackupArn": arn,
        **{name: details[name] for name in ("BackupName", "BackupCreationDateTime", "BackupStatus", "BackupType")},
        "BackupSizeBytes": details["BackupSizeBytes"],
    }
