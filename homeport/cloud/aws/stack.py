"""A CloudFormation stack: the change sets that change it, and its deletion. A command follows its events meanwhile.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homeport.cloud.aws.client import AwsClient
from homeport.cloud.aws.stack_events import Progress, StackEvent, read_event
from homeport.cloud.aws.stack_status import StackStatus, Start, person_in_token, raise_if_busy
from homeport.cloud.errors import AwsCallError, AwsNotFoundError, CloudError, StackStateError
from homeport.cloud.prompt import Prompt
from homeport.project.source.yaml_text import long_form, read_yaml

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BODY = 51_200
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_UNCHANGED = ("didn't contain changes", "no updates are to be performed")
_QUICK, _SLOW = 0.25, 2.0
_ABANDONED_AFTER = timedelta(hours=1)
_SECRET = "****"


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
