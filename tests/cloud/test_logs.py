"""What deployed functions logged, as CloudWatch Logs has it: in the order of time, each line once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from homeport.cloud.logs import follow_cloud_logs, read_cloud_logs
from homeport.dev.logs import LogFilter

NAMES = {"get-item": "items-dev-get-item", "list-items": "items-dev-list-items"}


class CloudWatch:
    """Answers FilterLogEvents from ``events``: function, time in milliseconds, message."""

    def __init__(self, *events: tuple[str, int, str]) -> None:
        self.events = list(events)

    def pages(self, service: str, operation: str, token: tuple[str, str], **asked: Any) -> Iterator[dict[str, Any]]:
        assert (service, operation) == ("logs", "FilterLogEvents")
        found = [
            {"eventId": f"{number}", "timestamp": at, "message": f"{text}\n", "logStreamName": "stream"}
            for number, (name, at, text) in enumerate(self.events)
            if asked["logGroupName"] == f"/aws/lambda/{name}" and at >= asked["startTime"]
        ]
        yield {"events": found}


def test_lines_of_all_functions_come_in_the_order_of_time() -> None:
    aws = CloudWatch(
        ("items-dev-get-item", 1000, "first"), ("items-dev-list-items", 2000, "two\nlines"), ("other", 1, "no")
    )
    lines = list(read_cloud_logs(aws, NAMES, LogFilter()))  # type: ignore[arg-type]
    assert [(line.at, line.function, line.text) for line in lines] == [
        ("1970-01-01T00:00:01.000Z", "get-item", "first"),
        ("1970-01-01T00:00:02.000Z", "list-items", "two"),
        ("1970-01-01T00:00:02.000Z", "list-items", "lines"),
    ]


def test_only_the_chosen_lines_are_read() -> None:
    aws = CloudWatch(("items-dev-get-item", 1000, "old"), ("items-dev-get-item", 5000, "new"))
    chosen = LogFilter("1970-01-01T00:00:04.000Z")
    assert [line.text for line in read_cloud_logs(aws, NAMES, chosen)] == ["new"]  # type: ignore[arg-type]


def test_a_late_line_is_followed_once() -> None:
    aws = CloudWatch(("items-dev-get-item", 20_000, "first"))

    def wait(seconds: float) -> None:
        # It is older than the newest line, as CloudWatch may take its time.
        aws.events.append(("items-dev-list-items", 15_000 + len(aws.events), f"late {len(aws.events)}"))

    lines = follow_cloud_logs(aws, lambda: NAMES, LogFilter(), wait)  # type: ignore[arg-type]
    assert [line.text for line in islice(lines, 3)] == ["first", "late 1", "late 2"]
