"""The keys of logs in deploy/stages.yaml: the access log, and how long CloudWatch keeps a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from homeport.project.keys.section import Section, SectionKey
from homeport.project.keys.values import EitherValue, MapValue, TextValue
from homeport.project.source.cursor import Cursor

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Days. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


@dataclass(frozen=True, slots=True)
class RetentionValue:
    """Days for which CloudWatch keeps logs."""

    def read(self, cursor: Cursor, *, partial: bool = False) -> int | None:
        """Return the days."""
        days = cursor.whole(RETENTIONS[0], RETENTIONS[-1], "days")
        if days is not None and days not in RETENTIONS:
            near = min(RETENTIONS, key=lambda known: abs(known - days))
            cursor.error(f"CloudWatch does not know a retention of {days} days", f"take {near}")
            return None
        return days

    def schema(self, *, partial: bool = False) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"enum": list(RETENTIONS)}

    def words(self) -> str:
        """Return the type in words."""
        return f"days: {', '.join(map(str, RETENTIONS))}"


ACCESS_LOG = Section(
    "accessLog",
    (
        SectionKey(
            "format",
            EitherValue(dict, MapValue(TextValue(), "a field"), TextValue()),
            "Text with `$context` variables, or the fields of a line of JSON.",
            absent="JSON with the usual variables",
        ),
        SectionKey(
            "retention",
            RetentionValue(),
            "Days for which CloudWatch keeps the log.",
            absent="`logRetentionDays`",
        ),
    ),
)
