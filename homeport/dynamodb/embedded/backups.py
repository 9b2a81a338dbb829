"""Backups of tables, and restores from them and to a point in time, which a table has to ask for first.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html
"""

from __future__ import annotations

import json
from typing import Any

from .storage.storage import Storage, backup_collection, backup_marker

# A response of ministack: status, headers, body.
Answer = Any


class Backups:
    """The backups and restores of ``dynamodb``, ministack's module. Their items are copied within the file."""

    def __init__(self, dynamodb: Any, storage: Storage) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        self._create, dynamodb._create_backup = dynamodb._create_backup, self.create
        self._restore, dynamodb._restore_table_from_backup = dynamodb._restore_table_from_backup, self.restore
        name = "_restore_table_to_point_in_time"
        self._restore_moment = getattr(dynamodb, name)
        setattr(dynamodb, name, self.restore_moment)

    def create(self, data: Any) -> Answer:
        """Carry out a CreateBackup."""
        table = self._table(data.get("TableName"))
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
            self._storage.fill(self._table(data["TargetTableName"]), backup_collection(backup))
        return answer

    def restore_moment(self, data: Any) -> Answer:
        """Carry out a RestoreTableToPointInTime. The only point in time that is kept is the latest one."""
        module = self._dynamodb
        source = data.get("SourceTableName") or module._normalize_table_name(data.get("SourceTableArn") or "")
        table = self._table(source)
        if table is None:
            return self._restore_moment(data)
        if not module._pitr_settings.get(source):
            message = f"Point in time recovery is not enabled for table '{source}'"
            return module.error_response_json("PointInTimeRecoveryUnavailableException", message, 400)
        if "RestoreDateTime" in data:
            message = "The embedded DynamoDB keeps no earlier states of a table: use UseLatestRestorableTime"
            return module.error_response_json("InvalidRestoreTimeException", message, 400)
        whole, table["items"] = table["items"], {}
        try:
            answer: Answer = self._restore_moment(data)
        finally:
            table["items"] = whole
        if answer[0] == 200:
            self._storage.fill(self._table(data["TargetTableName"]), self._storage.items_of(table).collection)
        return answer

    def _table(self, name: Any) -> Any:
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name)) if name else None
