"""A CloudFormation stack: its status, the change sets that change it, its events, and its deletion.

A command follows the events while CloudFormation works: it shows a line for each, and the first cause of a failure.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from homeport.cloud.aws.client import AwsClient
from homeport.cloud.errors import AwsCallError, AwsNotFoundError, CloudError, StackStateError
from homeport.cloud.prompt import Prompt
from homeport.project.source.yaml_text import long_form, read_yaml
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


Start = Literal["create", "update", "recreate"]

_UPDATABLE = frozenset(
    ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
)
_ABSENT = frozenset(("", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"))
# The rollback of a first deploy: the stack is empty, and CloudFormation allows only its deletion.
_EMPTY = frozenset(("ROLLBACK_COMPLETE",))
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BODY = 51_200
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_UNCHANGED = ("didn't contain changes", "no updates are to be performed")
_QUICK, _SLOW = 0.25, 2.0
_ABANDONED_AFTER = timedelta(hours=1)
_SECRET = "****"
_TOKEN = re.compile(r"homeport-(\d{8}T\d{9})Z-(.+)")


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The status of a stack ("" without one) and its reason. ``by`` and ``since`` are of the operation in progress."""

    name: str
    status: str
    reason: str = ""
    by: str = ""
    since: datetime | None = None

    @property
    def is_there(self) -> bool:
        """The stack exists and a change set was executed on it."""
        return self.status not in _ABSENT

    @property
    def is_busy(self) -> bool:
        """An operation of CloudFormation is in progress."""
        return self.status.endswith("_IN_PROGRESS") and self.status not in _ABSENT

    @property
    def progress(self) -> str:
        """The operation in progress in words: ``being changed by alice since 2026-03-01 12:00:05 UTC``."""
        when = f" since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"being changed{f' by {self.by}' if self.by else ''}{when}"


def start_of_deploy(current: StackStatus, region: str, stage: str) -> Start:
    """Return how a deploy starts. Raises StackStateError with the command that recovers the stack."""
    if current.status in _ABSENT:
        return "create"
    if current.status in _UPDATABLE:
        return "update"
    if current.status in _EMPTY:
        return "recreate"
    raise_if_busy(current)
    raise StackStateError(
        f"the stack {current.name} is in {current.status}: {current.reason}", recovery_command(current, region, stage)
    )


def raise_if_busy(current: StackStatus) -> None:
    """Raise StackStateError while an operation of CloudFormation is in progress."""
    if current.is_busy:
        raise StackStateError(
            f"the stack {current.name} is {current.progress} ({current.status})",
            "homeport status shows how it goes; run this again when it is done",
        )


def recovery_command(current: StackStatus, region: str, stage: str) -> str:
    """Return the command that recovers a stack from its status."""
    aws = f"--stack-name {current.name} --region {region}"
    match current.status:
        case "UPDATE_ROLLBACK_FAILED":
            return f"aws cloudformation continue-update-rollback {aws}"
        case "UPDATE_FAILED" | "CREATE_FAILED":
            return f"aws cloudformation rollback-stack {aws}"
        case "IMPORT_ROLLBACK_FAILED":
            return f"aws cloudformation describe-stack-events {aws}"
        case _:
            return f"homeport destroy --stage {stage}"


def request_token(who: str, at: datetime) -> str:
    """Return the ClientRequestToken of a change by this person: up to 128 letters, digits and hyphens.

    CloudFormation puts it into every event of the change.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", who).strip("-") or "somebody"
    return f"homeport-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z-{name}"[:128]


def person_in_token(token: str) -> str:
    """Return the person in a token, "" for a token of another tool."""
    found = _TOKEN.fullmatch(token)
    return found[2] if found else ""


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that can be executed. ``changes`` are as DescribeChangeSet has them."""

    id: str
    changes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ChangeSetRequest:
    """A request for a change set. ``url`` is the template's, for one that is too large for the call itself.

    ``parameters`` maps names to values, None for the previous value. ``start`` says whether there is a stack.
    """

    body: str
    url: str
    parameters: Mapping[str, str | None]
    start: Start
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class CloudStack:
    """The stack with a name."""

    aws: AwsClient
    name: str

    def status(self) -> StackStatus:
        """Return its status, and the person whose operation is in progress."""
        found = self._describe()
        if found is None:
            return StackStatus(self.name, "")
        current = StackStatus(self.name, found["StackStatus"], found.get("StackStatusReason", ""))
        if not current.is_busy:
            return current
        event = self._newest_start()
        by, since = (person_in_token(event.token), event.at) if event else ("", None)
        return StackStatus(self.name, current.status, current.reason, by, since)

    def outputs(self) -> dict[str, str]:
        """Return its outputs, none where there is no stack."""
        found = self._describe() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}

    def parameters(self) -> dict[str, str]:
        """Return its parameters' values. NoEcho ones are asterisks."""
        found = self._describe() or {}
        return {each["ParameterKey"]: each.get("ParameterValue", _SECRET) for each in found.get("Parameters", ())}

    def template(self) -> dict[str, Any]:
        """Return its template, empty where there is no stack."""
        try:
            body = self.aws.call("cloudformation", "GetTemplate", StackName=self.name)["TemplateBody"]
        except AwsNotFoundError:
            return {}
        return body if isinstance(body, dict) else read_template(body)

    def resources(self, kind: str) -> dict[str, str]:
        """Return the physical ids of its resources of a type, by logical id."""
        found = (each for each in self._summaries() if each["ResourceType"] == kind)
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in found}

    def delete_failures(self) -> frozenset[str]:
        """Return the logical ids of its resources whose deletion failed."""
        found = (each for each in self._summaries() if each["ResourceStatus"] == "DELETE_FAILED")
        return frozenset(each["LogicalResourceId"] for each in found)

    def _summaries(self) -> list[dict[str, Any]]:
        pages = self.aws.pages("cloudformation", "ListStackResources", StackName=self.name)
        try:
            return [each for page in pages for each in page["StackResourceSummaries"]]
        except AwsNotFoundError:
            return []

    def deleted_events(self) -> Iterator[StackEvent]:
        """Yield the events of deleted stacks that had its name. CloudFormation keeps them for 90 days."""
        for page in self.aws.pages("cloudformation", "ListStacks", StackStatusFilter=["DELETE_COMPLETE"]):
            for found in page["StackSummaries"]:
                if found["StackName"] == self.name:
                    yield from self._events(found["StackId"])

    def owner_of(self, physical_id: str) -> str:
        """Return the name of the stack that a resource belongs to, "" for none."""
        try:
            found = self.aws.call("cloudformation", "DescribeStackResources", PhysicalResourceId=physical_id)
        except AwsNotFoundError:
            return ""
        return next((str(each["StackName"]) for each in found["StackResources"]), "")

    def newest_token(self) -> str:
        """Return the ClientRequestToken of its newest event."""
        return next((event.token for event in self._events()), "")

    def create_change_set(self, request: ChangeSetRequest, prompt: Prompt) -> ChangeSet | None:
        """Create a change set and wait for it. Return None if nothing would change. Raises CloudError."""
        self._delete_abandoned(prompt.clock(), request.start)
        given = {"TemplateBody": request.body}
        if len(request.body.encode()) > LARGEST_BODY:
            given = {"TemplateURL": request.url}
        try:
            made = self.aws.call(
                "cloudformation",
                "CreateChangeSet",
                StackName=self.name,
                ChangeSetName=request.name,
                ChangeSetType="UPDATE" if request.start == "update" else "CREATE",
                Parameters=[_parameter(key, value) for key, value in sorted(request.parameters.items())],
                Capabilities=_CAPABILITIES,
                Description=request.description[:1024],
                **given,
            )
        except AwsCallError as error:
            if _is_unchanged(error.message):
                return None
            raise
        return self._await_change_set(made["Id"], prompt)

    def execute(self, change_set: ChangeSet, token: str) -> None:
        """Start to execute a change set. Raises StackStateError if another change was faster."""
        try:
            self.aws.call(
                "cloudformation",
                "ExecuteChangeSet",
                StackName=self.name,
                ChangeSetName=change_set.id,
                ClientRequestToken=token,
            )
        except AwsCallError as error:
            raise_if_busy(self.status())
            if error.code in ("InvalidChangeSetStatus", "ChangeSetNotFound", "ChangeSetNotFoundException"):
                message = f"the stack {self.name} was changed by somebody else since this plan was made"
                raise StackStateError(message, "run this again to plan anew") from error
            raise

    def delete_change_set(self, change_set_id: str) -> None:
        """Delete a change set."""
        self.aws.call("cloudformation", "DeleteChangeSet", StackName=self.name, ChangeSetName=change_set_id)

    def delete(self, token: str, retain: Sequence[str] = ()) -> str | None:
        """Start to delete it. Return its id, for ``follow``. ``retain`` are resources to leave (after a failure)."""
        found = self._describe()
        if found is None:
            return None
        kept = {"RetainResources": list(retain)} if retain else {}
        self.aws.call("cloudformation", "DeleteStack", StackName=self.name, ClientRequestToken=token, **kept)
        stack_id: str = found["StackId"]
        return stack_id

    def event_ids(self) -> frozenset[str]:
        """Return the ids of its events so far, for ``follow``."""
        return frozenset(event.id for event in self._events())

    def follow(
        self, prompt: Prompt, before: frozenset[str], stack_id: str | None = None
    ) -> tuple[str, list[StackEvent]]:
        """Print events until the operation ends. Return the status and the events since ``before``."""
        seen = set(before)
        events: list[StackEvent] = []
        began, pause = prompt.clock(), _QUICK
        progress: Progress | None = None
        while True:
            status = (self._describe(stack_id) or {}).get("StackStatus", "DELETE_COMPLETE")
            new = self._since(seen, stack_id)
            if new:
                progress = progress or Progress(prompt.palette, new[0].at)
                for line in progress.lines(new):
                    prompt.say(line)
                events += new
                seen |= {event.id for event in new}
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                return status, events
            prompt.sleep(pause)
            pause = _SLOW if (prompt.clock() - began).total_seconds() > 20 else pause

    def _since(self, seen: set[str], stack_id: str | None) -> list[StackEvent]:
        new = []
        for event in self._events(stack_id):
            if event.id in seen:
                break
            new.append(event)
        return new[::-1]

    def _events(self, stack_id: str | None = None) -> Iterator[StackEvent]:
        """Yield its events, the newest first."""
        try:
            for page in self.aws.pages("cloudformation", "DescribeStackEvents", StackName=stack_id or self.name):
                yield from map(read_event, page["StackEvents"])
        except AwsNotFoundError:
            return

    def _newest_start(self) -> StackEvent | None:
        starts = (event for event in self._events() if event.of_stack and event.status.endswith("_IN_PROGRESS"))
        return next(starts, None)

    def _describe(self, stack_id: str | None = None) -> dict[str, Any] | None:
        try:
            found = self.aws.call("cloudformation", "DescribeStacks", StackName=stack_id or self.name)["Stacks"]
        except AwsNotFoundError:
            return None
        return found[0] if found else None

    def _delete_abandoned(self, now: datetime, start: Start) -> None:
        """Delete change sets of interrupted deploys. A younger one may wait for the consent of a person."""
        try:
            pages = self.aws.pages("cloudformation", "ListChangeSets", StackName=self.name)
            found = [summary for page in pages for summary in page.get("Summaries", ())]
        except AwsNotFoundError:
            return
        for summary in found:
            is_own = summary["ChangeSetName"].startswith("homeport-")
            unused = summary.get("ExecutionStatus") in ("AVAILABLE", "UNAVAILABLE")
            if is_own and unused and now - summary["CreationTime"] > _ABANDONED_AFTER:
                self.delete_change_set(summary["ChangeSetId"])

    def _await_change_set(self, change_set_id: str, prompt: Prompt) -> ChangeSet | None:
        while True:
            found = self.aws.pages(
                "cloudformation", "DescribeChangeSet", StackName=self.name, ChangeSetName=change_set_id
            )
            pages = list(found)
            status, reason = pages[0]["Status"], pages[0].get("StatusReason", "")
            changes = tuple(change for page in pages for change in page.get("Changes", ()))
            if status == "CREATE_COMPLETE":
                return ChangeSet(change_set_id, changes)
            if status == "FAILED":
                self.delete_change_set(change_set_id)
                if _is_unchanged(reason):
                    return None
                raise CloudError(f"CloudFormation error the change: {reason}", "homeport check, or see the reason")
            prompt.sleep(_QUICK)


def _is_unchanged(reason: str) -> bool:
    return any(words in reason.lower() for words in _UNCHANGED)


def read_template(body: str) -> dict[str, Any]:
    """Return a template's text as a value. JSON is YAML."""
    value = read_yaml(body, long_form).value
    return value if isinstance(value, dict) else {}


def _parameter(key: str, value: str | None) -> dict[str, Any]:
    if value is None:
        return {"ParameterKey": key, "UsePreviousValue": True}
    return {"ParameterKey": key, "ParameterValue": value}
