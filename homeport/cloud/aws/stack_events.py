"""Events of a CloudFormation stack: a line for each while it works, and the first cause of a failure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeport.terminal import Colour, Palette

_STACK = "AWS::CloudFormation::Stack"
# The reasons of resources that CloudFormation stopped because another one had failed.
_CASCADE = ("cancelled", "canceled", "the following resource(s) failed", "rollback requested", "resource creation canc")


@dataclass(frozen=True, slots=True)
class StackEvent:
    """An event of a resource, or of the stack itself."""

    id: str
    at: datetime
    logical_id: str
    kind: str
    status: str
    reason: str = ""
    token: str = ""
    physical_id: str = ""

    @property
    def of_stack(self) -> bool:
        """The event is the stack's own."""
        return self.kind == _STACK and self.physical_id.startswith("arn:") and ":stack/" in self.physical_id

    @property
    def failed(self) -> bool:
        """The event is a failure."""
        return self.status.endswith("_FAILED")


def read_event(found: Mapping[str, Any]) -> StackEvent:
    """Return an entry of DescribeStackEvents' ``StackEvents``."""
    return StackEvent(
        id=found["EventId"],
        at=found["Timestamp"],
        logical_id=found["LogicalResourceId"],
        kind=found.get("ResourceType", ""),
        status=found.get("ResourceStatus", ""),
        reason=found.get("ResourceStatusReason", ""),
        token=found.get("ClientRequestToken", ""),
        physical_id=found.get("PhysicalResourceId", ""),
    )


def failure_reason(status: str, events: Iterable[StackEvent]) -> str:
    """Return why an operation failed: its first cause, else the stack's status."""
    cause = first_cause(events)
    return f"{cause.logical_id} ({cause.kind}): {cause.reason}" if cause else f"the stack is in {status}"


def first_cause(events: Iterable[StackEvent]) -> StackEvent | None:
    """Return the failure that caused the others, None without any. ``events`` are one operation's, the oldest first."""
    failures = [event for event in events if event.failed]
    own = [event for event in failures if not _is_cascade(event.reason)]
    return next(iter([event for event in own if not event.of_stack] or own or failures), None)


def _is_cascade(reason: str) -> bool:
    return not reason or any(words in reason.lower() for words in _CASCADE)


@dataclass(slots=True)
class Progress:
    """Events as lines, with the time that each resource took."""

    palette: Palette
    began: datetime
    _started: dict[str, datetime] = field(default_factory=dict)

    def lines(self, events: Sequence[StackEvent]) -> Iterator[str]:
        """Yield the lines of new events, which come the oldest first."""
        for event in events:
            if event.status.endswith("_IN_PROGRESS") and not event.of_stack:
                if event.logical_id in self._started and event.at >= self._started[event.logical_id]:
                    continue
                self._started[event.logical_id] = event.at
            yield self._line(event)

    def _line(self, event: StackEvent) -> str:
        since = max(0.0, (event.at - self.began).total_seconds())
        status = self.palette.paint(_colour(event), f"{event.status:<28}")
        text = f"{since:7.1f} s  {status} {event.logical_id}"
        started = None if event.status.endswith("_IN_PROGRESS") else self._started.pop(event.logical_id, None)
        if started is not None:
            text += f" ({(event.at - started).total_seconds():.1f} s)"
        return f"{text}: {event.reason}" if event.failed and event.reason else text


def _colour(event: StackEvent) -> Colour:
    if event.failed or ("ROLLBACK" in event.status and event.of_stack):
        return "red"
    return "grey" if event.status.endswith("_IN_PROGRESS") else "green"
