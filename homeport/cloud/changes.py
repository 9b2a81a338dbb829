"""A change set as people read it: what is added, changed and removed, and which data that would lose. Pure.

What CloudFormation does to a stack, told from its events: a line each, and the first cause of a failure. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from homeport.terminal import Colour, Palette

Verb = Literal["add", "change", "replace", "remove"]

STATEFUL = frozenset(
    (
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::EFS::FileSystem",
        "AWS::Kinesis::Stream",
        "AWS::KMS::Key",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::Timestream::Table",
    )
)
"""Resources that hold data which nothing else can make again."""

_SIGNS: Mapping[Verb, tuple[str, Colour]] = {
    "add": ("+", "green"),
    "change": ("~", "yellow"),
    "replace": ("±", "red"),
    "remove": ("-", "red"),
}
_ORDER: tuple[Verb, ...] = ("add", "change", "replace", "remove")
_MOST_PROPERTIES = 4


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource.

    ``properties`` are those that change. ``certain`` is False where CloudFormation only says that it may be replaced.
    ``loses`` says that its data goes with it; ``keeps`` that it stays in the account, outside of the stack.
    """

    verb: Verb
    logical_id: str
    kind: str
    physical_id: str = ""
    properties: tuple[str, ...] = ()
    certain: bool = True
    loses: bool = False
    keeps: bool = False


def read_changes(described: Iterable[Mapping[str, Any]], template: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes of DescribeChangeSet's ``Changes``; ``template`` is the one that the stack has now.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
    """
    resources = template.get("Resources") or {}
    changes = [
        _change(found["ResourceChange"], resources.get(found["ResourceChange"]["LogicalResourceId"], {}))
        for found in described
        if found.get("ResourceChange")
    ]
    return tuple(sorted(changes, key=lambda change: (_ORDER.index(change.verb), change.kind, change.logical_id)))


def losses(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Those by which data is lost."""
    return tuple(change for change in changes if change.loses)


def diff_lines(changes: Sequence[Change], palette: Palette) -> Iterator[str]:
    """The changes, one a line, and their count."""
    for change in changes:
        sign, colour = _SIGNS[change.verb]
        mild = change.verb == "remove" and change.keeps
        yield palette.paint("yellow" if mild else colour, f"  {sign} {_told(change)}")
    counts = [(verb, sum(change.verb == verb for change in changes)) for verb in _ORDER]
    yield ", ".join(f"{count} to {verb}" for verb, count in counts if count)


def loss_lines(changes: Iterable[Change], palette: Palette) -> Iterator[str]:
    """The data that goes, by name."""
    for change in losses(changes):
        how = "removed" if change.verb == "remove" else "replaced by an empty one"
        maybe = "" if change.certain else "may be "
        name = f" ({change.physical_id})" if change.physical_id else ""
        yield palette.paint("red", f"  DATA LOSS: {change.logical_id}{name} {maybe}{how}, with all it holds")


def _told(change: Change) -> str:
    text = f"{change.verb:<7} {change.logical_id}  {change.kind}"
    if change.properties:
        shown = ", ".join(change.properties[:_MOST_PROPERTIES])
        more = len(change.properties) - _MOST_PROPERTIES
        text += f"  [{shown}{f' and {more} more' if more > 0 else ''}]"
    if not change.certain:
        text += "  (perhaps: CloudFormation knows when it does it)"
    if change.keeps:
        text += f"  (stays in the account as {change.physical_id or 'it is'}, outside of the stack)"
    return text


def _change(found: Mapping[str, Any], present: Mapping[str, Any]) -> Change:
    verb = _verb(found)
    kept = _is_kept(verb, found.get("PolicyAction", ""), present)
    gone = verb in ("remove", "replace") and found["ResourceType"] in STATEFUL
    return Change(
        verb=verb,
        logical_id=found["LogicalResourceId"],
        kind=found["ResourceType"],
        physical_id=found.get("PhysicalResourceId", ""),
        properties=_properties(found),
        certain=not (verb == "replace" and found.get("Replacement") == "Conditional"),
        loses=gone and not kept,
        keeps=gone and kept,
    )


def _verb(found: Mapping[str, Any]) -> Verb:
    match found["Action"]:
        case "Add" | "Import":
            return "add"
        case "Remove":
            return "remove"
        case _:
            return "replace" if found.get("Replacement") in ("True", "Conditional") else "change"


def _is_kept(verb: Verb, policy_action: str, present: Mapping[str, Any]) -> bool:
    if policy_action:
        return "Retain" in policy_action or "Snapshot" in policy_action
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    policy = present.get("DeletionPolicy" if verb == "remove" else "UpdateReplacePolicy", "Delete")
    return policy in ("Retain", "RetainExceptOnCreate", "Snapshot")


def _properties(found: Mapping[str, Any]) -> tuple[str, ...]:
    targets = (detail.get("Target", {}) for detail in found.get("Details", ()))
    named = (target.get("Name") or target.get("Attribute", "") for target in targets)
    return tuple(dict.fromkeys(name for name in named if name))


_STACK = "AWS::CloudFormation::Stack"
# What CloudFormation says of resources that it stopped because another one had failed.
_CASCADE = ("cancelled", "canceled", "the following resource(s) failed", "rollback requested", "resource creation canc")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a resource, or to the stack itself."""

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
        """Whether it is the stack's own."""
        return self.kind == _STACK and self.physical_id.startswith("arn:") and ":stack/" in self.physical_id

    @property
    def failed(self) -> bool:
        """Whether it tells of a failure."""
        return self.status.endswith("_FAILED")


def read_event(found: Mapping[str, Any]) -> Event:
    """One of DescribeStackEvents' ``StackEvents``."""
    return Event(
        id=found["EventId"],
        at=found["Timestamp"],
        logical_id=found["LogicalResourceId"],
        kind=found.get("ResourceType", ""),
        status=found.get("ResourceStatus", ""),
        reason=found.get("ResourceStatusReason", ""),
        token=found.get("ClientRequestToken", ""),
        physical_id=found.get("PhysicalResourceId", ""),
    )


def first_cause(events: Iterable[Event]) -> Event | None:
    """The failure that all others follow from. ``events`` are one operation's, the oldest first."""
    failures = [event for event in events if event.failed]
    own = [event for event in failures if not _is_cascade(event.reason)]
    return next(iter([event for event in own if not event.of_stack] or own or failures), None)


def _is_cascade(reason: str) -> bool:
    return not reason or any(words in reason.lower() for words in _CASCADE)


@dataclass(slots=True)
class Progress:
    """Tells events as lines; remembers when each resource's work began."""

    palette: Palette
    began: datetime
    _started: dict[str, datetime] = field(default_factory=dict)

    def lines(self, events: Sequence[Event]) -> Iterator[str]:
        """The lines of new events, the oldest first."""
        for event in events:
            if event.status.endswith("_IN_PROGRESS") and not event.of_stack:
                if event.logical_id in self._started and event.at >= self._started[event.logical_id]:
                    continue
                self._started[event.logical_id] = event.at
            yield self._line(event)

    def _line(self, event: Event) -> str:
        since = max(0.0, (event.at - self.began).total_seconds())
        status = self.palette.paint(_colour(event), f"{event.status:<28}")
        text = f"{since:7.1f} s  {status} {event.logical_id}"
        started = None if event.status.endswith("_IN_PROGRESS") else self._started.pop(event.logical_id, None)
        if started is not None:
            text += f" ({(event.at - started).total_seconds():.1f} s)"
        return f"{text}: {event.reason}" if event.failed and event.reason else text


def _colour(event: Event) -> Colour:
    if event.failed or ("ROLLBACK" in event.status and event.of_stack):
        return "red"
    return "grey" if event.status.endswith("_IN_PROGRESS") else "green"
