"""Backups of tables on demand, and restores from them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
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

    def _table(self, name: Any) -> Any:
        return self._dynamodb._tables.get(self._dynamodb._normalize_table_name(name)) if name else None
