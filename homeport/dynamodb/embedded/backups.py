"""Restores to a point in time, which a table has to ask for first.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html
"""

from __future__ import annotations

from typing import Any


class Backups:
    """The restores of ``dynamodb``, ministack's module."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        name = "_restore_table_to_point_in_time"
        self._restore = getattr(dynamodb, name)
        setattr(dynamodb, name, self.restore)

    def restore(self, data: Any) -> Any:
        """Carry out a RestoreTableToPointInTime. The only point in time that is kept is the latest one."""
        module = self._dynamodb
        source = data.get("SourceTableName") or module._normalize_table_name(data.get("SourceTableArn") or "")
        if source in module._tables and not module._pitr_settings.get(source):
            message = f"Point in time recovery is not enabled for table '{source}'"
            return module.error_response_json("PointInTimeRecoveryUnavailableException", message, 400)
        if source in module._tables and "RestoreDateTime" in data:
            message = "The embedded DynamoDB keeps no earlier states of a table: use UseLatestRestorableTime"
            return module.error_response_json("InvalidRestoreTimeException", message, 400)
        return self._restore(data)
