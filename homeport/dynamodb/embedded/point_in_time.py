"""Point-in-time recovery: a table that asks for it can be restored as it was at any moment since.

The file has a log of what each item was before its changes. A restore copies the table and undoes the changes after the
moment. AWS's latest moment is some minutes ago; here it is now.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from __future__ import annotations

import json
import time
from typing import Any

from .storage.storage import Storage
from .validation.messages import broken_constraint, constraint_error

Answer = Any

_DAY = 86400.0
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoverySpecification.html
_SHORTEST, _LONGEST = 1, 35


class PointInTimeRecovery:
    """The continuous backups of ``dynamodb``, ministack's module.

    Its setting of a table becomes the time since when the table can be restored, and for how many days.
    """

    def __init__(self, dynamodb: Any, storage: Storage) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        dynamodb._describe_continuous_backups = self.describe
        self._update, dynamodb._update_continuous_backups = dynamodb._update_continuous_backups, self.update
        name = "_restore_table_to_point_in_time"
        self._restore = getattr(dynamodb, name)
        setattr(dynamodb, name, self.restore)

    def take_over(self) -> None:
        """Begin now where an earlier version only noted that recovery is on."""
        settings = self._dynamodb._pitr_settings
        for scope, setting in settings.all_items():
            if setting is True:
                settings.set_scoped(*scope, {"since": time.time(), "days": _LONGEST})

    def describe(self, data: Any) -> Answer:
        """Carry out a DescribeContinuousBackups."""
        name = self._name(data.get("TableName"))
        if name not in self._dynamodb._tables:
            return self._error("TableNotFoundException", f"Table not found: {name}")
        return self._dynamodb.json_response({"ContinuousBackupsDescription": self._description(name)})

    def update(self, data: Any) -> Answer:
        """Carry out an UpdateContinuousBackups."""
        module, name = self._dynamodb, self._name(data.get("TableName"))
        if name not in module._tables:
            return self._error("TableNotFoundException", f"Table not found: {name}")
        asked = data.get("PointInTimeRecoverySpecification") or {}
        days = asked.get("RecoveryPeriodInDays", _LONGEST)
        if not _SHORTEST <= days <= _LONGEST:
            bound = f"greater than or equal to {_SHORTEST}" if days < 1 else f"less than or equal to {_LONGEST}"
            member = "pointInTimeRecoverySpecification.recoveryPeriodInDays"
            message = constraint_error(broken_constraint(days, member, f"have value {bound}"))
            return self._error("ValidationException", message)
        known = module._pitr_settings.get(name)
        if not asked.get("PointInTimeRecoveryEnabled"):
            module._pitr_settings.pop(name, None)
        else:
            since = known["since"] if known else module.time.time()
            module._pitr_settings[name] = {"since": since, "days": days}
        return module.json_response({"ContinuousBackupsDescription": self._description(name)})

    def restore(self, data: Any) -> Answer:
        """Carry out a RestoreTableToPointInTime."""
        module = self._dynamodb
        name = self._name(data.get("SourceTableName") or data.get("SourceTableArn"))
        table = module._tables.get(name)
        if table is None:
            return self._restore(data)
        if not module._pitr_settings.get(name):
            message = f"Point in time recovery is not enabled for table '{name}'"
            return self._error("PointInTimeRecoveryUnavailableException", message)
        moment = data.get("RestoreDateTime")
        earliest, latest = self._span(name)
        if (moment is None) == (data.get("UseLatestRestorableTime") is not True):
            message = "Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified"
            return self._error("ValidationException", message)
        # Clients send whole seconds.
        if moment is not None and not int(earliest) <= moment <= latest:
            message = "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime"
            return self._error("InvalidRestoreTimeException", message)
        whole, table["items"] = table["items"], {}
        try:
            answer: Answer = self._restore(data)
        finally:
            table["items"] = whole
        if answer[0] != 200:
            return answer
        target = module._tables.get(data["TargetTableName"])
        self._storage.fill(target, self._storage.items_of(table).collection, moment)
        return module.json_response({"TableDescription": self._summary(answer, table, moment or latest)})

    def forget(self, now: float) -> None:
        """Forget the changes that no restore asks for any more."""
        module = self._dynamodb
        for scope, setting in module._pitr_settings.all_items():
            table = module._tables.get_scoped(*scope)
            if setting and table is not None:
                self._storage.file.forget_changes(
                    self._storage.items_of(table).collection, now - setting["days"] * _DAY
                )

    def _summary(self, answer: Answer, source: Any, moment: float) -> dict[str, Any]:
        summary = {
            "SourceTableArn": source["TableArn"],
            "RestoreDateTime": moment,
            "RestoreInProgress": False,
        }
        return {**json.loads(answer[2])["TableDescription"], "RestoreSummary": summary}

    def _span(self, name: str) -> tuple[float, float]:
        """Return the earliest and the latest moment that a table can be restored to."""
        setting, now = self._dynamodb._pitr_settings.get(name), self._dynamodb.time.time()
        return max(setting["since"], now - setting["days"] * _DAY), now

    def _description(self, name: str) -> dict[str, Any]:
        setting = self._dynamodb._pitr_settings.get(name)
        described: dict[str, Any] = {"PointInTimeRecoveryStatus": "ENABLED" if setting else "DISABLED"}
        if setting:
            earliest, latest = self._span(name)
            described["RecoveryPeriodInDays"] = setting["days"]
            described["EarliestRestorableDateTime"], described["LatestRestorableDateTime"] = earliest, latest
        return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": described}

    def _name(self, name: Any) -> Any:
        return self._dynamodb._normalize_table_name(name)

    def _error(self, kind: str, message: str) -> Answer:
        return self._dynamodb.error_response_json(kind, message, 400)
