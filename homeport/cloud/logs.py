"""``homeport logs --stage S``: the log lines of deployed functions, from CloudWatch Logs."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from homeport.cloud.aws.client import AwsClient
from homeport.cloud.deploy_target import DeployTarget
from homeport.cloud.errors import AwsNotFoundError
from homeport.dev.logs import LogFilter
from homeport.runtime.logs import LogLine, timestamp

# Milliseconds: CloudWatch may show a line so much later than newer ones.
_LATE = 10_000
_PAUSE = 1.0


def function_names(target: DeployTarget) -> dict[str, str]:
    """Return the deployed functions: Lambda's names by the project's (``create-item``)."""
    prefix = f"{target.stack.name}-"
    return {
        name.removeprefix(prefix): name for name in target.stack.resources("AWS::Lambda::Function").values() if name
    }


def read_cloud_logs(aws: AwsClient, names: dict[str, str], choice: LogFilter) -> Iterator[LogLine]:
    """Return the lines so far, in the order of time."""
    start = _milliseconds(choice.since)
    lines = heapq.merge(*(_lines(aws, *item, start, set()) for item in names.items()), key=lambda line: line.at)
    return (line for line in lines if choice.takes(line))


def follow_cloud_logs(
    aws: AwsClient, functions: Callable[[], dict[str, str]], choice: LogFilter, sleep: Callable[[float], None]
) -> Iterator[LogLine]:
    """Yield the lines so far and then new ones, until Ctrl-C."""
    start, seen = _milliseconds(choice.since), set[str]()
    while True:
        names = functions()
        found = sorted(
            (line for item in names.items() for line in _lines(aws, *item, start, seen)), key=lambda line: line.at
        )
        yield from (line for line in found if choice.takes(line))
        if found:
            start = max(start, _milliseconds(found[-1].at) - _LATE)
        sleep(_PAUSE)


def _lines(aws: AwsClient, function: str, name: str, start: int, seen: set[str]) -> Iterator[LogLine]:
    parameters = {"logGroupName": f"/aws/lambda/{name}", "startTime": start}
    try:
        for page in aws.pages("logs", "FilterLogEvents", ("nextToken", "nextToken"), **parameters):
            for event in page.get("events", ()):
                known = event.get("eventId") or f"{event['timestamp']} {event['logStreamName']} {event['message']}"
                if known not in seen:
                    seen.add(known)
                    for text in event["message"].rstrip("\n").splitlines() or [""]:
                        yield LogLine(timestamp(event["timestamp"] / 1000), function, text)
    except AwsNotFoundError:
        return


def _milliseconds(at: str) -> int:
    if not at:
        return 0
    return int(datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(UTC).timestamp() * 1000)
